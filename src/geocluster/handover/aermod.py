"""A study as a run of AERMOD, so that a chosen option can be confirmed by the regulatory model.

Sources, receptors, averaging times and outputs are written; meteorology is AERMET's, which the user
supplies: until then each file makes AERMOD stop with an error. docs/aermod.md says what differs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import InputError
from geocluster.files import check_folder, write_csv
from geocluster.handover.averages import Averages, averages_of, output_lines, pollutant_fields
from geocluster.handover.receptors import Net, net_about, net_on_cells, points_of, receptor_lines
from geocluster.handover.releases import (
    Release,
    group_names,
    groups_of,
    releases_of,
    source_lines,
)
from geocluster.handover.runstream import (
    PLACEHOLDER,
    ascii_text,
    block,
    card,
    comment,
    short_ids,
)
from geocluster.tables import GREENHOUSE_GASES, pollutants_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

    from geocluster.study import Study

DEFAULT_PARK_G_S = 1.0
LEAST_PEOPLE = 100
AERMAP_RECEPTORS = "aermap_receptors.rou"


@dataclass
class HandOver:
    """All that is written, before it is.

    Attributes
    ----------
    sources : GeoDataFrame
        Of the study, and the park's releases at a site where one is asked for.
    releases : list of Release
        As AERMOD takes them.
    groups : list of str
        Of each source.
    urban : ndarray of bool
        Of each source.
    averages : dict
        Of each pollutant that is emitted.
    points : DataFrame
        Single receptors.
    elevated : bool
        Whether the study knows the ground: AERMOD then reads receptors from AERMAP's output.
    """

    study: Study
    sources: gpd.GeoDataFrame
    releases: list[Release]
    groups: list[str]
    urban: np.ndarray
    averages: dict[str, Averages]
    nets: list[Net]
    points: pd.DataFrame
    elevated: bool
    notes: list[str] = field(default_factory=list)
    park_g_s: float | None = None
    site_id: str | None = None


def export_aermod(
    study: Study,
    out: str | Path,
    *,
    site_id: str | None = None,
    results: str | Path | None = None,
    park_emission_g_s: float = DEFAULT_PARK_G_S,
) -> dict[str, Path]:
    """Write a study as runs of AERMOD: an input file a pollutant, tables of names, a README.

    Parameters
    ----------
    study : Study
        As `read_study` gives it.
    out : str or Path
        A new folder.
    site_id : str, optional
        A candidate site of a finished run: the park's releases are added there.
    results : str or Path, optional
        That run's folder; `maps/<folder of the study>` unless told.
    park_emission_g_s : float
        Of the whole park, shared among its releases. [g/s]

    Returns
    -------
    dict of str to Path
        Name to path: ``aermod_<pollutant>.inp``, ``sources.csv``, ``receptors.csv``,
        ``README.txt``. The same study gives the same bytes.

    Raises
    ------
    InputError
        Where the folder holds something already, nothing is emitted, or there is no such site.

    Examples
    --------
    >>> import tempfile, warnings
    >>> from geocluster.study import read_study
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     study = read_study("data/regions/andijan")
    >>> files = export_aermod(study, tempfile.mkdtemp())
    >>> sorted(files)[:3]
    ['README.txt', 'aermod_nox.inp', 'aermod_pm10.inp']
    """
    from geocluster.handover.readme import readme

    target = Path(out)
    check_folder(target)
    if target.is_dir() and any(target.iterdir()):
        raise InputError(str(target), "it exists already: name another folder, or remove it")
    given = hand_over(study, site_id, results, park_emission_g_s)
    texts = {f"aermod_{name}.inp": run_of(given, name) for name in given.averages}
    texts["README.txt"] = readme(given, list(texts))
    target.mkdir(parents=True, exist_ok=True)
    files = {}
    for name, text in texts.items():
        files[name] = target / name
        files[name].write_bytes(text.encode("ascii"))
    files["sources.csv"] = write_csv(source_table(given), target / "sources.csv")
    files["receptors.csv"] = write_csv(given.points, target / "receptors.csv")
    return files


def hand_over(
    study: Study,
    site_id: str | None = None,
    results: str | Path | None = None,
    park_emission_g_s: float = DEFAULT_PARK_G_S,
) -> HandOver:
    """Gather what is written; parameters as for `export_aermod`."""
    from geocluster.handover.park import site_of, urban_flags, with_park

    sources, site = study.sources, None
    if site_id is not None:
        folder = Path(results) if results is not None else _usual_results(study)
        site = site_of(folder, site_id, study.region.crs)
        sources = with_park(study, site, park_emission_g_s)
    pollutants = _emitted(sources)
    if not pollutants:
        raise InputError(
            study.region.name, "nothing to hand over: no source emits a pollutant of the air"
        )
    rates = np.column_stack([_rates(sources, name) for name in pollutants])
    points, notes = points_of(study.homes, study.places, sources)
    nets = [net_on_cells(study.region.grid(study.settings.grid.cell_m))]
    if site is not None:
        place = site.geometry.representative_point()
        nets.append(net_about(float(place.x.iloc[0]), float(place.y.iloc[0])))
    return HandOver(
        study=study,
        sources=sources,
        releases=releases_of(sources),
        groups=groups_of(sources, rates),
        urban=urban_flags(study, sources),
        averages={name: _averages(study, name) for name in pollutants},
        nets=nets,
        points=points,
        elevated="ground_m" in sources and bool(sources["ground_m"].notna().any()),
        notes=notes,
        park_g_s=None if site is None else park_emission_g_s,
        site_id=site_id,
    )


def _usual_results(study: Study) -> Path:
    return Path("maps") / study.folder.resolve().name


def _emitted(sources: gpd.GeoDataFrame) -> list[str]:
    return [
        name
        for name in pollutants_of(sources)
        if name not in GREENHOUSE_GASES and (_rates(sources, name) > 0).any()
    ]


def _rates(sources: gpd.GeoDataFrame, pollutant: str) -> np.ndarray:
    return sources[f"emission_{pollutant}_g_s"].to_numpy(dtype=float)


def _averages(study: Study, pollutant: str) -> Averages:
    """What the run would calculate, and what the study's limits of this pollutant are stated in."""
    from geocluster.exposure.limits import read_limits
    from geocluster.steps.dispersion import statistics_for

    limits = read_limits(study.settings.limits())
    held = {pollutant, "no2"} if pollutant == "nox" else {pollutant}
    own = limits[limits["pollutant"].isin(held)]
    asked = [name for name in statistics_for(study) if not name.startswith("p")]
    return averages_of(asked, dict(zip(own["limit_id"], own["statistic"], strict=True)))


def run_of(given: HandOver, pollutant: str) -> str:
    """The input file of one pollutant."""
    rates = _rates(given.sources, pollutant)
    present = [one for one in given.releases if rates[one.row] > 0]
    averages = given.averages[pollutant]
    urban = any(given.urban[one.row] for one in present)
    sources = source_lines(
        given.sources, given.releases, rates, given.groups, given.urban, elevated=given.elevated
    )
    groups = group_names(present, given.groups)
    lines = [
        comment("Written by geocluster. README.txt says what to supply and what differs."),
        *block("CO", _control(given, pollutant, averages, urban)),
        *block("SO", sources),
        *block("RE", _receptors(given)),
        *block("ME", weather_lines(given.study.weather)),
        *block("OU", output_lines(pollutant, averages, groups)),
    ]
    return "\n".join(lines)


def _control(given: HandOver, pollutant: str, averages: Averages, urban: bool) -> list[str]:
    title = f"{ascii_text(given.study.region.name, 40)}: {pollutant}"
    what = "" if given.site_id is None else f", park at {ascii_text(given.site_id, 12)}"
    lines = [
        card("CO", "TITLEONE", title + what),
        # FLAT is no regulatory default, and AERMOD drops it in silence where DFAULT stands.
        card("CO", "MODELOPT", *(["DFAULT", "CONC"] if given.elevated else ["CONC", "FLAT"])),
        card("CO", "AVERTIME", *averages.times),
    ]
    if urban:
        (name,) = short_ids([given.study.region.name])
        lines.append(card("CO", "URBANOPT", f"{people_inside(given.study):.0f}", name))
    lines.append(card("CO", "POLLUTID", *pollutant_fields(pollutant)))
    return [
        *lines,
        card("CO", "RUNORNOT", "RUN"),
        card("CO", "ERRORFIL", f"{pollutant}_errors.txt"),
    ]


def people_inside(study: Study) -> float:
    """The people of the region, at least as many as AERMOD takes for a town."""
    homes = study.homes
    own = homes[homes["inside"].astype(bool)] if "inside" in homes else homes
    return max(float(own["people"].sum()), LEAST_PEOPLE)


def _receptors(given: HandOver) -> list[str]:
    """Receptors; over known ground those that AERMAP gives heights to, from its output."""
    lines = receptor_lines(given.nets, given.points)
    if not given.elevated:
        return lines
    told = comment("Run AERMAP on the receptors below: it knows the ground and the hills.")
    return [told, *(f"** {line}" for line in lines), card("RE", "INCLUDED", AERMAP_RECEPTORS)]


def weather_lines(weather: xr.Dataset) -> list[str]:
    """The ME pathway: files to supply, and placeholders that stop AERMOD until they are filled."""
    attrs = getattr(weather, "attrs", {})
    place = ""
    if "latitude" in attrs and "longitude" in attrs:
        place = f" at {float(attrs['latitude']):.4f} N {float(attrs['longitude']):.4f} E"
    first = PLACEHOLDER
    return [
        comment("SUPPLY the two files of AERMET, and a number for each word that begins with ?."),
        comment(f"The study's own weather{place}: {attrs.get('origin', 'origin not stated')}."),
        card("ME", "SURFFILE", "aermet.sfc"),
        card("ME", "PROFFILE", "aermet.pfl"),
        card("ME", "SURFDATA", f"{first}STATION", f"{first}YEAR"),
        card("ME", "UAIRDATA", f"{first}STATION", f"{first}YEAR"),
        comment("ME SITEDATA  ?STATION ?YEAR     only where AERMET read measurements of a site"),
        card("ME", "PROFBASE", f"{first}ELEVATION", "METERS"),
    ]


def source_table(given: HandOver) -> pd.DataFrame:
    """A row a source of AERMOD: its name there and in the study, and its figures' origins."""
    import pandas as pd

    rows = [one.row for one in given.releases]
    own = given.sources.iloc[rows].reset_index(drop=True)
    kept = [
        name
        for name in map(str, own.columns)
        if name in ("source_id", "name", "sector", "source_type")
        or (name.startswith("emission_") and name.endswith("_g_s"))
        or name.endswith("_origin")
    ]
    ids = {
        "aermod_id": [one.aermod_id for one in given.releases],
        "aermod_type": [one.kind for one in given.releases],
        "group": [given.groups[row] for row in rows],
        "urban": [bool(given.urban[row]) for row in rows],
        "share_of_source": [round(one.share, 9) for one in given.releases],
        "x": [round(one.place[0], 2) for one in given.releases],
        "y": [round(one.place[1], 2) for one in given.releases],
    }
    return pd.concat([pd.DataFrame(ids), pd.DataFrame(own[kept])], axis=1)
