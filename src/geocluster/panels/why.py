"""Why a park may not stand at a place: the answer for the terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from geocluster.errors import InputError
from geocluster.panels.words import figure

if TYPE_CHECKING:
    import pandas as pd

    from geocluster.study import Study


class Answer(NamedTuple):
    """The verdict, some lines for each rule that excludes the place, and notes."""

    lines: list[str]
    notes: list[str]


def answer_at(study: Study, longitude: float, latitude: float) -> Answer:
    """Why a park may not stand at a place, and what it would take.

    Parameters
    ----------
    study : Study
        As `read_study` gives it; only its suitable land is computed.
    longitude, latitude : float
        Of the place. [degrees]

    Raises
    ------
    InputError
        Where the place lies outside the study's grid.
    """
    import geopandas as gpd

    from geocluster.siting.why import why
    from geocluster.steps.siting import suitable_of

    if not (abs(longitude) <= 180 and abs(latitude) <= 90):
        told = f"{longitude:g},{latitude:g} is no place: longitude first, then latitude, in degrees"
        raise InputError("--at", told)
    place = gpd.GeoSeries.from_xy([longitude], [latitude], crs="EPSG:4326").to_crs(study.region.crs)
    grid = study.grid()
    half = float(grid.attrs["cell_m"]) / 2
    if not (
        abs(grid.x - place.x.iloc[0]).min() <= half and abs(grid.y - place.y.iloc[0]).min() <= half
    ):
        told = (
            f"{longitude:g},{latitude:g} lies outside {study.region.name}: longitude first, then "
            "latitude"
        )
        raise InputError("--at", told)
    suitable = suitable_of(study, grid)
    return _in_words(why(suitable, place), study, str(suitable.attrs["distance_error"]))


def _in_words(table: pd.DataFrame, study: Study, error: str) -> Answer:
    import geopandas as gpd

    verdict = str(table.attrs["verdict"])
    nearest = table.attrs["nearest_suitable"]
    if nearest is not None:
        there = gpd.GeoSeries.from_xy([nearest["x"]], [nearest["y"]], crs=study.region.crs)
        there = there.to_crs("EPSG:4326")
        verdict += f" It is at {there.x.iloc[0]:.4f},{there.y.iloc[0]:.4f}."
    lines = [verdict]
    for row in table[table["excluded"]].to_dict("records"):
        lines += [
            f"- {row['reason']}{_distance(row['distance_m'], str(row['nearest']))}",
            f"    it would take: {row['what_it_would_take']}",
            f"    from: {row['source']} ({row['grade']})",
        ]
    rest = table[~table["excluded"] & (table["note"] != "")]
    unchecked = rest["note"].str.startswith("not checked")
    notes = [f"{row['reason']}: {row['note']}" for row in rest[~unchecked].to_dict("records")]
    if unchecked.any():
        notes.append(f"not checked: {'; '.join(rest['reason'][unchecked])}")
    return Answer(lines, [*notes, error])


def _distance(metres: float, nearest: str) -> str:
    """How far the rule's layer is; nothing where it knows no distance, such as a slope."""
    if not math.isfinite(metres):
        return ""
    return f": {figure(metres)} m" + (f" to {nearest}" if nearest else "")
