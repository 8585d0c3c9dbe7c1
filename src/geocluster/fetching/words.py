"""What a fetch writes in words: study.toml, SOURCES.md and the closing message."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geocluster.fetching.request import Told

if TYPE_CHECKING:
    from geocluster.region import Region

# A first run should take minutes; study.toml says how to look closer.
USUAL_CELLS = 20_000
CELLS_M = (100, 250, 500, 1_000, 2_000, 5_000, 10_000)
KINDS_TOLD = 6
TABLES = ("sources", "homes", "places", "land")


def cell_size(region: Region) -> int:
    """The smallest round cell of 250 m or more with which a first run takes minutes. [m]"""
    x_min, y_min, x_max, y_max = region.boundary.bounds
    area = (x_max - x_min) * (y_max - y_min)
    return next((cell for cell in CELLS_M[1:] if area / cell**2 <= USUAL_CELLS), CELLS_M[-1])


def study_toml(told: Mapping[str, Told], region: Region, version: str) -> str:
    """The text of study.toml, as a person would write it.

    Parameters
    ----------
    told : mapping of Told
        What each step left behind.
    region : Region
        For the size of a cell.
    version : str
        Of geocluster.
    """
    lines = [
        f"# {_one_line(region.name)}: fetched by geocluster {version}; SOURCES.md says what comes "
        "from where.",
        "# Every key is explained in docs/input.md; what is assumed here is replaced by better",
        "# input of your own.",
        "",
        "[region]",
        f"name = {_text(region.name)}",
        'boundary = "boundary.geojson"',
    ]
    credits = [one.facts["credit"] for one in told.values() if one.facts.get("credit")]
    if credits:
        lines.append(f"credits = [{', '.join(map(_text, credits))}]")
    lines += ["", "[inputs]", *_features(told), "", *_weather(told), "", *_people(told)]
    if "terrain" in told:
        lines += ["", "# Heights of the ground.", f"dem = {_file(told['terrain'])}"]
    lines += [
        "",
        "[grid]",
        f"cell_m = {cell_size(region)}    # a smaller cell shows more and takes longer",
        "",
        "# [exposure]",
        '# statistics = "limits"    # also days and percentiles, as limits are stated in; slower',
        "",
        "# The park that looks for a place; docs/input.md has its releases, and siting's weights.",
        "# [park]",
        "# area_ha = 100",
        "# protection_zone_m = 500",
    ]
    return "\n".join(lines) + "\n"


def _features(told: Mapping[str, Told]) -> list[str]:
    own = [
        "# Stacks with their emissions in g/s, or plants with what they make, are better:",
        '# sources = "sources.csv"',
        '# plants = "plants.csv"',
    ]
    if "features" not in told:
        return ["# Without features nothing is known of industry, roads, water or schools.", *own]
    return [
        "# © OpenStreetMap contributors, ODbL 1.0: industry, homes, roads, water, schools, ...",
        f"osm = {_file(told['features'])}",
        "# It does not know emissions: they are assumed by sector and area, and marked so.",
        *own,
    ]


def _weather(told: Mapping[str, Told]) -> list[str]:
    if "weather" not in told:
        return ["# Weather is required: EPW or hourly CSV, see docs/weather.md.",
                '# weather = "weather.epw"']  # fmt: skip
    one = told["weather"]
    return [f"# {_one_line(one.what)}; {_one_line(one.licence)}", f"weather = {_file(one)}"]


def _people(told: Mapping[str, Told]) -> list[str]:
    raster = '# population = "population.tif"    # WorldPop or GHS-POP'
    if "people" not in told or not told["people"].files:
        return ["# People are required: a raster, or a list of towns.", raster,
                '# towns = "towns.csv"']  # fmt: skip
    one = told["people"]
    key = "population" if one.files[0].endswith(".tif") else "towns"
    lines = [f"# {_one_line(one.what)}", f"{key} = {_file(one)}"]
    if key == "towns":
        lines[1:1] = ["# They are spread over the residential areas near each town: assumed."]
        lines += ["# A raster is better, and then counts instead:", raster]
    return lines


def _file(one: Told) -> str:
    return _text(one.files[0])


def _text(value: str) -> str:
    """A text as TOML writes it."""
    return json.dumps(_one_line(value), ensure_ascii=False)


def _one_line(value: str) -> str:
    """A text without anything that would end a line or a comment."""
    return " ".join("".join(c if c.isprintable() else " " for c in value).split())


def sources_md(told: Mapping[str, Told], name: str, version: str) -> str:
    """The text of SOURCES.md: each part, where it comes from, its licence, when it was fetched."""
    lines = [
        f"# Sources of {_cell(name)}",
        "",
        f"Fetched by geocluster {version}. Maps and tables made from this folder name its sources;",
        'what is made from OpenStreetMap says "© OpenStreetMap contributors".',
        "",
        "| file | what | from | licence | fetched (UTC) |",
        "|---|---|---|---|---|",
    ]
    for one in (step for step in told.values() if step.files):
        cells = (", ".join(one.files), one.what, one.source, one.licence, one.fetched)
        lines.append("| " + " | ".join(map(_cell, cells)) + " |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return _one_line(text).replace("|", "\\|")


def closing_lines(
    told: Mapping[str, Told], left_out: list[str], folder: Path, fault: str | None
) -> list[str]:
    """What was fetched, what is missing, and the next command."""
    lines = []
    for name, one in told.items():
        lines.append(f"{name:9} {one.what}")
        lines += [f"{'':9} {line}" for line in _counted(one.facts.get("counts", {}))]
    missing = [f"{name} left out" for name in left_out]
    missing += [f"{name}: {note}" for name, one in told.items() for note in one.notes]
    if "terrain" not in told and "terrain" not in left_out:
        missing.append("terrain: flat ground, unless you give --dem")
    lines += ["", "missing or doubtful:", *(f"  {line}" for line in missing)] if missing else []
    where = os.path.relpath(folder) if not str(os.path.relpath(folder)).startswith("..") else folder
    shown = f'"{where}"' if " " in str(where) else str(where)
    if fault is not None:
        lines += ["", "it does not run yet:", f"  {fault}", "then:"]
    else:
        lines += ["", "next:"]
    lines += [f"  geocluster run {shown}"]
    return lines


def _counted(counts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = []
    for table in (name for name in TABLES if name in counts):
        kinds = counts[table]
        most = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
        told = ", ".join(f"{kind} {number:,}" for kind, number in most[:KINDS_TOLD])
        more = f", {len(most) - KINDS_TOLD} kinds more" if len(most) > KINDS_TOLD else ""
        total = sum(kinds.values())
        lines.append(f"{table} {total:,}" + (f": {told}{more}" if kinds else ""))
    return lines
