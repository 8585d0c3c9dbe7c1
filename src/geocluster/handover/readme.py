"""The README beside the input files: what to supply, what differs, what is assumed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from geocluster.handover.aermod import AERMAP_RECEPTORS, people_inside
from geocluster.handover.releases import PARK
from geocluster.handover.runstream import ascii_text

if TYPE_CHECKING:
    from geocluster.handover.aermod import HandOver
    from geocluster.handover.averages import Averages

SECONDS_A_CASE = 2.3e-6  # measured: AERMOD 24142, a source x receptor x hour of stacks
HOURS = 8760
MOST_LISTED = 60
LOW_WIND = {
    "keep": "hours under 1 m/s as they are, with at least 1 m/s at the stack",
    "drop": "hours under 1 m/s left out as calms",
    "raise": "hours under 1 m/s raised to 1 m/s",
}


def readme(given: HandOver, files: list[str]) -> str:
    """The text, in ASCII, wrapped."""
    name = ascii_text(given.study.region.name)
    parts = [
        (f"{name}: a study of geocluster as runs of AERMOD", _files(files)),
        ("What to supply", _supply(given)),
        ("What is in it", _contents(given)),
        ("What AERMOD does otherwise than geocluster", _differences(given)),
        ("Averages and ranks", _averages(given)),
        ("What is assumed", _assumed(given)),
    ]
    lines = []
    for title, body in parts:
        lines += [title, "=" * len(title)]
        for text in body:
            lines += textwrap.wrap(
                ascii_text(text, 2000), 96, initial_indent="- ", subsequent_indent="  ",
                break_long_words=False, break_on_hyphens=False,
            )  # fmt: skip
        lines.append("")
    return "\n".join(lines)


def _files(files: Iterable[str]) -> list[str]:
    return [
        *(f"{name}: one run, started with `aermod {name} {name[:-4]}.out`" for name in files),
        "sources.csv: the name of each source there (aermod_id) and in the study (source_id)",
        "receptors.csv: what stands at each single receptor",
    ]


def _supply(given: HandOver) -> list[str]:
    lines = [
        "aermet.sfc and aermet.pfl: AERMET's surface and profile files, at least one year. The "
        "study's own weather is no input for AERMET: it has classes of stability, not heat flux.",
        "?STATION, twice in the ME pathway of each .inp: the numbers of the surface and of the "
        "upper-air station, as in the head of aermet.sfc",
        "?YEAR, twice: the first year of the data",
        "?ELEVATION: the station's ground, m above sea level",
        "Until then AERMOD stops with error 208 (illegal numerical field), before it runs.",
    ]
    if not given.elevated:
        return lines
    lines.append(
        f"{AERMAP_RECEPTORS}: AERMAP's output for the receptors, which stand as comments in the RE "
        "pathway. geocluster knows the sources' ground, not AERMAP's hill heights."
    )
    if given.sources["ground_m"].isna().any():
        lines.append("?GROUND, in the SO pathway: the height of a base, m above sea level")
    return lines


def _contents(given: HandOver) -> list[str]:
    study = given.study
    receptors = sum(net.size for net in given.nets) + len(given.points)
    hours = len(given.releases) * receptors * HOURS * SECONDS_A_CASE / 3600
    nets = ", ".join(
        f"grid {net.name} {net.x[1]} x {net.y[1]} every {net.x[2]:g} m" for net in given.nets
    )
    lines = [
        f"{len(given.releases)} sources of AERMOD from {len(given.sources)} of the study; what "
        f"emits nothing of a pollutant is left out of its file. Metres in {_crs_name(study)}.",
        *_shapes(given),
        f"{receptors} receptors on the ground: {nets}, and {len(given.points)} single ones. The "
        "grid REGION stands on centres of the study's own cells.",
        *given.notes,
        f"About {_rounded(hours)} of CPU a run and year of hours for stacks and volumes; areas and "
        "lines take several times as long.",
    ]
    if given.urban.any():
        lines.append(
            f"{int(given.urban.sum())} sources are urban. URBANOPT has the people of the whole "
            f"region, {people_inside(study):.0f}: give those of the town that the sources stand in."
        )
    if given.site_id is not None:
        lines.append(
            f"The park at site {given.site_id}: {given.park_g_s:g} g/s, "
            f"{'a unit release' if given.park_g_s == 1 else 'as you gave it'}, shared among its "
            f"releases (group {PARK}) at one point inside the site. The concentrations of that "
            "group go with the figure in proportion."
        )
    return lines


def _shapes(given: HandOver) -> list[str]:
    kinds = {one.kind for one in given.releases}
    lines = []
    if "AREAPOLY" in kinds:
        lines.append(
            "Areas are AREAPOLY; one of several parts or with holes is several, cut through "
            "each hole, as AERMOD takes none. Ground and emission stay the same."
        )
    if "LINE" in kinds:
        lines.append(
            "Lines are LINE, a source a straight piece, at least 1 m wide; at bends their ends "
            "overlap a little, which geocluster's polygons do not."
        )
    if "source_type" in given.sources and (given.sources["source_type"] == "flare").any():
        lines.append("Flares are stacks with the effective figures of SCREEN3.")
    if "POINTHOR" in kinds or "POINTCAP" in kinds:
        lines.append(
            "Horizontal and capped stacks are POINTHOR and POINTCAP with their own figures."
        )
    return lines


def _crs_name(study: object) -> str:
    crs = study.region.crs  # type: ignore[attr-defined]
    return f"{crs.name} ({crs.to_string()[:40]})"


def _rounded(hours: float) -> str:
    return f"{60 * hours:.0f} minutes" if hours < 1.5 else f"{hours:.0f} hours"


def _differences(given: HandOver) -> list[str]:
    plume = given.study.settings.plume
    lines = [
        "geocluster: Pasquill classes, Briggs' rise and a lid, as ISC3. AERMOD: profiles of wind "
        "and turbulence by similarity, a skewed plume in convective air, plumes that pass the lid.",
        f"Low wind: geocluster takes {LOW_WIND[plume.low_wind]}. AERMOD lets the plume meander and "
        "has least values of turbulence; calms count in no mean of either.",
        "Urban: AERMOD warms the night above a town by its people, geocluster has urban curves. "
        "With POLLUTID SO2 AERMOD lets urban SO2 decay with a half-life of 4 hours.",
        f"geocluster counts nothing beyond {plume.reach_m / 1000:g} km of a source; AERMOD has no "
        "such limit.",
        "Without BPIP's figures there is no downwash at buildings in either.",
        "Terrain: AERMOD weighs plumes over and around hills, geocluster cuts plume heights."
        if given.elevated
        else "MODELOPT is CONC FLAT without DFAULT, as the study is flat: DFAULT would drop FLAT. "
        "For a regulatory run give heights by AERMAP and DFAULT CONC.",
    ]
    if not (plume.final_rise and plume.stack_tip_downwash and plume.buoyancy_induced_dispersion):
        lines.append("The study turns parts of its plume off; AERMOD runs with all of its own.")
    if getattr(plume, "deposition", None):
        lines.append("Deposition is not handed over: what these runs emit stays in the air.")
    if getattr(given.study.settings, "weather_places", None):
        lines.append("The study has several places of weather; a run of AERMOD has one.")
    return lines


def _averages(given: HandOver) -> list[str]:
    lines = [
        "The rank of a percentile is that of one full year (8,760 hours, 365 days). H1H turns off "
        "AERMOD's own design values of SO2, NO2 and PM25, which follow US standards."
    ]
    for pollutant, averages in given.averages.items():
        lines.append(f"{pollutant}: PERIOD{_ranks(averages)}")
        if averages.unanswered:
            lines.append(f"{pollutant}, not answered: {', '.join(averages.unanswered)}")
    if "nox" in given.averages:
        lines.append("Limits of NO2 are listed under nox: these runs have no chemistry.")
    return lines


def _ranks(averages: Averages) -> str:
    said = [
        f"{hours} h rank {rank} ({', '.join(what)})"
        for hours, ranks in averages.ranks.items()
        for rank, what in ranks.items()
    ]
    return "".join(f"; {part}" for part in said)


def _assumed(given: HandOver) -> list[str]:
    """Each source of which a figure is not reported; the heaviest first where they are many."""
    sources = given.sources
    columns = [
        name for name in ("emission_origin", "stack_origin", "location_origin") if name in sources
    ]
    if not columns:
        return ["No source says where its figures come from."]
    table = sources[columns].astype(object).where(sources[columns].notna(), "reported")
    rows = np.flatnonzero((table != "reported").any(axis=1).to_numpy())
    if not len(rows):
        return ["Every figure of every source is reported."]
    rates = np.column_stack(
        [sources[f"emission_{name}_g_s"].to_numpy(dtype=float) for name in given.averages]
    )
    weight = (rates / rates.sum(axis=0)).sum(axis=1)
    order = rows[np.argsort(-weight[rows], kind="stable")]
    names: dict[int, str] = {}
    for one in given.releases:
        names.setdefault(one.row, one.aermod_id)
    lines = [f"{len(rows)} of {len(sources)} sources have figures that nobody reported:"]
    for row in order[:MOST_LISTED]:
        what = ", ".join(
            f"{name.removesuffix('_origin')} {table[name].iloc[row]}" for name in columns
        )
        lines.append(f"{names[row]} {_name(given, row)}: {what}")
    if len(rows) > MOST_LISTED:
        lines.append(f"and {len(rows) - MOST_LISTED} more: see sources.csv.")
    return lines


def _name(given: HandOver, row: int) -> str:
    source = given.sources.iloc[row]
    return ascii_text(source.get("name")) or ascii_text(source["source_id"])
