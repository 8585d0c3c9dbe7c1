"""Text on the map: what is cleaned, how columns are named to a reader, and the fixed words.

Every word of ours that a reader sees in the page's script stands in `WORDS`.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata

from geocluster.letters import legible, short_words, without_marks
from geocluster.tables import POLLUTANTS

LONGEST_NAME = 90

WORDS: dict[str, str] = {
    "above": "above",
    "allocated": "allocated",
    "assumed": "assumed",
    "below": "below",
    "by_keyboard": "Map: arrows move it, + and - zoom, Enter tells what is in the middle",
    "candidate": "Candidate site",
    "close": "Close",
    "demonstration": "DEMONSTRATION",
    "highest": "the highest value",
    "dossier": "The dossier, for print: a page a candidate",
    "every_rule": "by the first reason",
    "factor": "factor",
    "g_s": "g/s",
    "here": "At this place",
    "km": "km",
    "layers": "Layers",
    "legend": "Legend",
    "m": "m",
    "none": "None",
    "north": "N",
    "nothing_here": "nothing drawn here",
    "not_valid": "Hatched areas are not for decisions.",
    "one_rule": "Which rule's land is shown",
    "opacity": "Opacity",
    "panel": "About this map",
    "print": "Print",
    "rank": "rank",
    "review": "Weigh the criteria yourself: the review page",
    "scale_holds": "The scale bar holds in the middle of the map (web Mercator).",
    "sized": "Sources of",
    "surface": "Surface",
    "t_yr": "t/yr",
    "to": "to",
    "ug_m3": "µg/m³",
    "unnamed": "without a name",
    "wind": "Wind",
    "zoom_in": "Zoom in",
    "zoom_out": "Zoom out",
}

STATISTICS: dict[str, str] = {
    "mean": "mean",
    "max_1h": "highest hour",
    "max_24h": "highest day",
    "max_10min": "highest 10 minutes",
    "p98_1h": "98th percentile of hours",
    "p99_24h": "99th percentile of days",
}

_STATISTIC_PATTERNS = (
    (re.compile(r"p(\d+(?:\.\d+)?)_(1h|24h)"), "percentile {0} of {1}s"),
    (re.compile(r"h(\d+)_(1h|24h)"), "highest {1} no. {0}"),
    (re.compile(r"(?=(?:hours|days)_above_(\d+(?:\.\d+)?)$)(hours|days).*"), "{1} above {0} µg/m³"),
)
_SPANS = {"1h": "hour", "24h": "day"}

AVERAGING: dict[str, str] = {
    "1y": "annual",
    "24h": "24 hours",
    "8h": "8 hours",
    "1h": "1 hour",
    "10min": "10 minutes",
    "peakseason": "peak season",
}
# Pollutants of limits that no source emits.
_FORMED = {"o3": "O₃"}

# Longest suffix first: the unit is part of a column's name.
_UNITS: tuple[tuple[str, str], ...] = (
    ("_persons_ug_m3_per_g_s", "persons × µg/m³ per g/s"),
    ("_ug_m3_per_g_s", "µg/m³ per g/s"),
    ("_per_ha", "per ha"),
    ("_percent", "%"),
    ("_ug_m3", "µg/m³"),
    ("_kt_yr", "kt/yr"),
    ("_t_yr", "t/yr"),
    ("_m_s", "m/s"),
    ("_mw", "MW"),
    ("_g_s", "g/s"),
    ("_km2", "km²"),
    ("_ppm", "ppm"),
    ("_pct", "%"),
    ("_deg", "°"),
    ("_ha", "ha"),
    ("_km", "km"),
    ("_m", "m"),
    ("_k", "K"),
)
_LABELS: dict[str, str] = {
    "burden": "burden",
    "members": "sites in the cluster",
    "member_names": "members",
    "top_three_share": "among the first three",
    "pareto": "no other is as good in everything and better in something",
    "coord_err_m": "position uncertain by",
    "radiative_loss": "share of heat radiated",
    "urban": "disperses as in a town",
    "built_up_share_3km": "of the land within 3 km built up",
    "stack_origin": "stack figures",
    "emission_origin": "emission figures",
    "location_origin": "location",
    "nearest_home_m": "nearest homes",
    "ground_m": "ground above sea level",
    "worst_home": "added at the worst-hit home",
    "worst_home_name": "worst-hit home",
    "worst_place": "added at the worst-hit school or hospital",
    "worst_place_name": "worst-hit school or hospital",
    "minutes_trunk_road": "minutes by road to a trunk road",
    "slope_mean": "mean slope",
    "steep_share": "steeper than 8%",
    "by_products_in_reach": "by-products in reach",
    "by_products": "which by-products",
    "land_price": "price of land",
    "land_price_currency": "currency",
    "criteria_notes": "assumed, or drawn by hand",
}


def clean(value: object, limit: int = LONGEST_NAME) -> str:
    """Text from data, fit to be shown: one line, no control or direction marks, not too long.

    It is not escaped: that is done where it enters a page.

    Examples
    --------
    >>> clean("  Olmaliq\\u202e\\n plant ")
    'Olmaliq plant'
    >>> clean("x" * 200, limit=5)
    'xxxx…'
    >>> clean(float("nan"))
    ''
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    text = str(value)
    if text in ("<NA>", "NaT"):
        return ""
    text = without_marks(text[: 20 * limit])
    text = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    text = short_words(" ".join(text.split()))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def json_for_page(data: object) -> str:
    """JSON that can stand inside a script element: no tag can end it, no address is in it.

    Examples
    --------
    >>> json_for_page({"name": "</script>"})
    '{"name":"\\\\u003c/script>"}'
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    text = legible(text).replace("<", "\\u003c").replace("://", ":\\/\\/")
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def pollutant_label(pollutant: str) -> str:
    """How a reader sees a pollutant.

    Examples
    --------
    >>> pollutant_label("so2"), pollutant_label("so2_low")
    ('SO₂', 'SO₂ (low case)')
    """
    for case in ("low", "high"):
        if pollutant.endswith(f"_{case}"):
            return f"{pollutant_label(pollutant.removesuffix(f'_{case}'))} ({case} case)"
    known = POLLUTANTS | _FORMED
    return known.get(pollutant, clean(pollutant.replace("_", " ")))


def statistic_label(statistic: str) -> str:
    """How a reader sees a statistic.

    Examples
    --------
    >>> [statistic_label(name) for name in ("max_1h", "p95.1_24h", "h19_1h", "days_above_50")]
    ['highest hour', 'percentile 95.1 of days', 'highest hour no. 19', 'days above 50 µg/m³']
    """
    if statistic in STATISTICS:
        return STATISTICS[statistic]
    for pattern, told in _STATISTIC_PATTERNS:
        if found := pattern.fullmatch(statistic):
            number, over = found.groups()
            return told.format(number, _SPANS.get(over, over))
    return clean(statistic.replace("_", " "))


def limit_name(name: object, level: object = None) -> str:
    """What a set of limits is called on the map.

    Examples
    --------
    >>> limit_name("eu-2024-2881"), limit_name("who-2021-interim", "1")
    ('EU 2024/2881', 'WHO 2021 interim 1')
    """
    first, _, rest = clean(name, 40).partition("-")
    rest = re.sub(r"(?<=\d)-(?=\d)", "/", rest).replace("-", " ")
    upper = first.upper() if len(first) <= 4 else first
    return " ".join(part for part in (upper, rest, clean(level, 12)) if part)


def limit_in_words(limit_id: str) -> str:
    """A limit's short id as a reader wants it.

    Examples
    --------
    >>> limit_in_words("eu-2024-2881_so2_1y"), limit_in_words("plant_rule")
    ('EU 2024/2881, SO₂, annual', 'plant rule')
    """
    name, *rest = limit_id.split("_")
    if len(rest) < 2 or rest[0] not in POLLUTANTS | _FORMED:
        return clean(limit_id.replace("_", " "), 60)
    averaging = AVERAGING.get(rest[1], rest[1])
    return clean(", ".join([limit_name(name), pollutant_label(rest[0]), averaging, *rest[2:]]), 80)


def split_unit(column: str) -> tuple[str, str]:
    """A column's name without its unit, and the unit.

    Examples
    --------
    >>> split_unit("distance_to_road_m")
    ('distance_to_road', 'm')
    """
    for suffix, unit in _UNITS:
        if column.endswith(suffix) and len(column) > len(suffix):
            return column.removesuffix(suffix), unit
    return column, ""


def unit_in_words(unit: str) -> str:
    """A unit of the tables as a reader sees it.

    Examples
    --------
    >>> unit_in_words("persons x ug/m3 per g/s")
    'persons × µg/m³ per g/s'
    """
    return unit.replace(" x ", " × ").replace("ug/m3", "µg/m³").replace("m2", "m²")


def column_label(column: str) -> tuple[str, str, str]:
    """What a reader sees for a column: label, unit, and kind of figure.

    The kind is "count" (whole numbers), "share" (shown in percent), "emission" (shown also in
    tonnes a year) or "figure" (three digits that count).

    Examples
    --------
    >>> column_label("so2_mean_ug_m3")
    ('SO₂, mean', 'µg/m³', 'figure')
    >>> column_label("emission_nox_g_s")
    ('NOₓ emission', 'g/s', 'emission')
    >>> column_label("people_within_1000_m"), column_label("workers_within_30_min")
    (('people within 1,000 m', '', 'count'), ('workers within 30 min', '', 'count'))
    >>> column_label("worst_home_nox_ug_m3")
    ('NOₓ added at the worst-hit home', 'µg/m³', 'figure')
    """
    within = re.match(r"^[a-z]+_within_[0-9]+_(?:m|km|min)$|^people_above_.+$", column)
    if column == "people" or within:
        return _grouped(clean(column.replace("_", " "))), "", "count"
    base, unit = split_unit(column)
    if column.endswith(("_share", "_share_3km")):
        return (
            _LABELS.get(column, clean(column.removesuffix("_share").replace("_", " "))),
            "%",
            "share",
        )
    emission = re.match(r"^(low_|high_)?emission_(.+)$", base)
    if emission and unit == "g/s":
        case = f", {emission.group(1)[:-1]} case" if emission.group(1) else ""
        return f"{pollutant_label(emission.group(2))} emission{case}", unit, "emission"
    worst = re.match(r"^(worst_(?:home|place))_(.+)$", base)
    if worst and unit == "µg/m³":
        return f"{pollutant_label(worst.group(2))} {_LABELS[worst.group(1)]}", unit, "figure"
    if unit == "µg/m³":
        return _concentration_label(base), unit, "figure"
    if base.startswith("distance_") and not base.startswith("distance_to_"):
        base = "distance_to_" + base.removeprefix("distance_")
    if base in POLLUTANTS:
        return POLLUTANTS[base], unit, "figure"
    kind = "count" if column.startswith(("people", "members", "workers")) else "figure"
    return _LABELS.get(column, _LABELS.get(base, clean(base.replace("_", " ")))), unit, kind


def _grouped(text: str) -> str:
    """Distances in a text with a mark between thousands."""
    return re.sub(r"(?<=within )\d{4,}", lambda found: f"{int(found[0]):,}", text)


def _concentration_label(base: str) -> str:
    for pollutant in sorted(POLLUTANTS, key=len, reverse=True):
        if base.startswith(f"{pollutant}_"):
            rest = base.removeprefix(f"{pollutant}_")
            case = next((c for c in ("low", "high") if rest.startswith(f"{c}_")), "")
            rest = rest.removeprefix(f"{case}_") if case else rest
            highest = rest.endswith("_highest")
            words = statistic_label(rest.removesuffix("_highest"))
            label = f"{POLLUTANTS[pollutant]}, {words}"
            label += f" ({case} case)" if case else ""
            return label + (", highest in the area" if highest else "")
    return clean(base.replace("_", " "))


def figure(value: float, kind: str = "figure") -> str:
    """A number as tables of the panel print it: three digits that count.

    Examples
    --------
    >>> figure(1234567, "count"), figure(0.012345), figure(0.256, "share"), figure(5230.0)
    ('1,234,567', '0.0123', '26', '5,230')
    """
    if value is None or not math.isfinite(value):
        return "–"
    if kind == "share":
        return f"{100 * value:.0f}"
    if kind == "count" or value == 0:
        return f"{value:,.0f}".replace("-", "−")
    digits = 2 - math.floor(math.log10(abs(value)))
    rounded = round(value, digits)
    text = f"{rounded:,.{max(digits, 0)}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "−")
