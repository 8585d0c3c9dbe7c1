"""A whole study folder whose every text is written by someone who means harm."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
from shapely import LineString, Point, Polygon, box

BASE = 69.15, 41.05
# What ends the part of a page, a file or a terminal that a name stands in.
TEXTS = (
    "<script>window.hacked=1</script>",
    '"><img src=x onerror="window.hacked=1">',
    "</script><script>window.hacked=1</script>",
    "</style></title></textarea></svg><svg onload=window.hacked=1>",
    "<!--<script>",
    "]]></name><evil/>",
    "javascript:window.hacked=1",
    "${window.hacked=7*7}`",
    "{{7*7}} {% raise %} {0} {kind} %s %(name)s %n",
    "&lt;b&gt; &amp; &#60;i&#62;",
    "quotes \" ' ` « » „ “ ʻ ʼ \\ \\\\ \\n \\u003c",
    "two\nlines\r\nand\ttabs",
    "nul\x00bell\x07escape\x1b[31mred\x1b]0;title\x07",
    "left \u202eright\u2066 zero\u200bwidth\ufeff\u200d",
    "long" * 2_500,
    '=HYPERLINK("http://x","y")',
    "+1+1",
    "-1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    "＝1+1",
    "🏭🇺🇿👩‍🔬",
    "[red]markup[/red] [/] [bold",
    "../../etc/passwd",
    "nan",
    "NULL",
    "1e5",
    "true",
    "line\u2028and\u2029paragraph",
)
# One text that holds all of them, for what there is only one of.
ALL = " ~ ".join(text for text in TEXTS if len(text) < 1_000)
PRINTABLE = " ~ ".join(text for text in TEXTS if text.isprintable() and "/" not in text)[:4_000]


def quoted(text: str) -> str:
    """As a basic string of TOML."""
    return '"' + "".join(_toml(letter) for letter in text) + '"'


def _toml(letter: str) -> str:
    plain = letter.isprintable() and letter not in '"\\'
    return letter if plain else f"\\U{ord(letter):08x}"


def write_study(folder: Path) -> Path:
    """The folder, with inputs as GeoPackage, GeoJSON and CSV."""
    folder.mkdir()
    for name, table in tables().items():
        if name.endswith(".gpkg"):
            table.to_file(folder / name, driver="GPKG")
        else:
            (folder / name).write_text(geojson(table), encoding="utf-8")
    for name, text in texts().items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return folder


def geojson(table: gpd.GeoDataFrame) -> str:
    """By the letter: GDAL would mend what another program writes."""
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {key: row[key] for key in table.columns if key != "geometry"},
                    "geometry": row["geometry"].__geo_interface__,
                }
                for row in table.to_dict("records")
            ],
        }
    )


def at(east: float, north: float) -> tuple[float, float]:
    """Degrees of a place in km from the south-western corner."""
    return BASE[0] + east / 83.9, BASE[1] + north / 111.1


def square(east: float, north: float, side: float) -> Polygon:
    return box(*at(east, north), *at(east + side, north + side))


def tables() -> dict[str, gpd.GeoDataFrame]:
    count = range(len(TEXTS))
    spots = [at(2 + 0.35 * (n % 8), 3 + 0.35 * (n // 8)) for n in count]
    sources = {
        "source_id": TEXTS, "name": TEXTS, "sector": TEXTS, "fuel": TEXTS, "note": TEXTS,
        "stack_height_m": 40.0, "stack_diameter_m": 2.0, "exit_velocity_m_s": 10.0,
        "exit_temperature_k": 400.0, "emission_so2_g_s": [20.0 + n for n in count],
        "emission_nox_g_s": 5.0, "emission_origin": "assumed",
    }  # fmt: skip
    homes = {"name": TEXTS, "origin": TEXTS, "people": [4_000.0 - 100 * n for n in count]}
    houses = [square(4.2 + 0.5 * (n % 6), 5.2 + 0.5 * (n // 6), 0.5) for n in count]
    zones = {"name": TEXTS[:3], "note": TEXTS[:3], "currency": TEXTS[3:6], "area_ha": 60.0}
    sites = {"name": TEXTS[:16], "note": TEXTS[:16]}
    grounds = [square(0.5 + 0.9 * (n % 8), 0.3 + 1.1 * (n // 8), 0.8) for n in range(16)]
    kinds = ["industrial", "road", "water", "protected", "power", *TEXTS]
    lines = [LineString([at(0, 0.2 * n), at(13, 0.2 * n + 1)]) for n in range(len(kinds))]
    land = {"kind": kinds, "name": [ALL, *TEXTS, *TEXTS][: len(kinds)], "origin": ALL}
    edge = box(*at(0, 0), *at(14.3, 11.1))
    prices = {"price_per_ha": [1_000.0, 2_000.0], "currency": TEXTS[1], "type": TEXTS[2:4]}
    return {
        "boundary.geojson": _table({"name": [ALL]}, [edge]),
        "sources.gpkg": _table(sources, [Point(*spot) for spot in spots]),
        "homes.gpkg": _table(homes, houses),
        "places.geojson": _table(
            {"kind": TEXTS, "name": TEXTS[::-1], "capacity": 90.0},
            [Point(*at(4.4 + 0.4 * (n % 7), 5.4 + 0.4 * (n // 7))) for n in count],
        ),
        "zones.geojson": _table(zones, [Point(*at(11, 2 + 2 * n)) for n in range(3)]),
        "proposed.geojson": _table(sites, grounds),
        "land.geojson": _table(land, [square(2, 3, 2.5), *lines[1:]]),
        "prices.geojson": _table(prices, [square(0, 0, 7), square(7, 0, 7)]),
        "not_valid.geojson": _table(
            {"reason": [ALL, TEXTS[14]]}, [square(12, 9, 1), square(13, 0, 1)]
        ),
    }


def _table(columns: dict, shapes: list) -> gpd.GeoDataFrame:
    columns = {name: list(v) if isinstance(v, tuple) else v for name, v in columns.items()}
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4326)


def texts() -> dict[str, str]:
    rose = ["wind_from_deg,wind_speed_m_s,stability,temperature_k,hours"]
    for direction in range(0, 360, 45):
        for stability, speed in (("B", 2.0), ("D", 4.0), ("F", 1.2)):
            rose.append(f"{direction},{speed},{stability},288,{10 + direction // 45}")
    rules = "rule_id,kind,keep_away_m,reason,source,grade\n" + "".join(
        ",".join(_field(text) for text in row) + "\n"
        for row in (
            ("homes", "homes", "300", ALL, ALL, "assumed"),
            ("water", "water", "50", TEXTS[0], TEXTS[1], "assumed"),
            ("odd", TEXTS[0], "50", TEXTS[2], TEXTS[3], "assumed"),
        )
    )
    limits = f"""set = {quoted("own")}
name = {quoted(ALL)}
source = {quoted(ALL)}
date = {quoted(TEXTS[0])}
[[limit]]
pollutant = "so2"
averaging = "1y"
statistic = "mean"
value_ug_m3 = 20
grade = "read"
allowed = {quoted(ALL)}
level = {quoted(TEXTS[1])}
printed = {quoted(ALL)}
note = {quoted(ALL)}
"""
    table1 = "region,co2_kt_yr,so2_kt_yr,nox_kt_yr\n" + "".join(
        f"{_field(text)},{n + 1},{n + 2},{n + 3}\n" for n, text in enumerate((ALL, *TEXTS))
    )
    return {
        "weather.csv": "\n".join(rose) + "\n",
        "weather ';<b>&.csv": "\n".join(rose) + "\n",
        "rules.csv": rules,
        "own.toml": limits,
        "table1.csv": table1,
        "study.toml": settings(),
    }


def _field(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def settings() -> str:
    said, odd = quoted(ALL), quoted(PRINTABLE)
    return f"""[region]
name = {said}
boundary = "boundary.geojson"
credits = [{said}, {quoted(TEXTS[14])}]
[inputs]
sources = "sources.gpkg"
homes = "homes.gpkg"
places = "places.geojson"
zones = "zones.geojson"
land = "land.geojson"
land_prices = "prices.geojson"
weather = "weather.csv"
not_valid = "not_valid.geojson"
table1 = "table1.csv"
[weather]
note = {said}
latitude = 41.1
longitude = 69.23
[[weather_places]]
name = {odd}
file = "weather ';<b>&.csv"
note = {said}
latitude = 41.1
longitude = 69.2
within_km = 3
[grid]
cell_m = 1000
[plume]
reach_m = 20000
[exposure]
limits = ["who-2021", "own.toml"]
[park]
area_ha = 50
[park.emissions]
so2 = 3.0
[park.harm]
source = {said}
unit = {quoted(TEXTS[1])}
grade = "assumed"
per_person_ug_m3_year = {{ so2 = 1.5 }}
[[park.releases]]
name = {said}
share = 0.5
release_height_m = 10.0
initial_sigma_y_m = 23.3
initial_sigma_z_m = 9.3
[[park.releases]]
name = {quoted(TEXTS[0])}
share = 0.5
stack_height_m = 40.0
stack_diameter_m = 1.2
exit_velocity_m_s = 10.0
exit_temperature_k = 423.0
[siting]
rules = "rules.csv"
proposed = "proposed.geojson"
fringe_km = 20
finalists = 1
max_sites = 4
[siting.together]
parks = 2
samples = 3
[[facilities]]
name = {said}
[[facilities]]
name = {quoted(TEXTS[15])}
[dossier]
candidates = 3
docx = true
"""
