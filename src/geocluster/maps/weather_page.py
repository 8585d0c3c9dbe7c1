"""A weather as one page: its rose, stability, light winds, completeness and mixing heights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.maps import weather_charts as charts
from geocluster.maps import weather_numbers as numbers
from geocluster.maps.html_page import HtmlPage, filled, turnable
from geocluster.maps.switch import in_each, texts_of_markup
from geocluster.maps.text import clean
from geocluster.sentences import tell_markup
from geocluster.words import SOURCE, Words

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

LONGEST_NOTE = 2_000
FACTS = {
    "origin": "Origin",
    "stability_origin": "Stability",
    "mixing_height_origin": "Mixing height",
    "latitude": "Latitude",
    "longitude": "Longitude",
    "time_zone": "Hours ahead of UTC",
    "time_zone_origin": "Time zone",
    "anemometer_height_m": "Height of the wind [m]",
    "typical_year": "Typical year",
}


class WeatherPage(HtmlPage):
    """A page of a weather, complete in one HTML file: read without a script, with no address."""


def draw_weather(
    weather: xr.Dataset,
    *,
    title: str = "Weather",
    notes: Sequence[str] = (),
    language: str = SOURCE,
) -> WeatherPage:
    """The page of a weather.

    Parameters
    ----------
    weather : xarray.Dataset
        As `geocluster.read_weather` returns it: hours, or a wind rose.
    title : str
        Its heading.
    notes : sequence of str
        What was warned of while reading.
    language : {"en", "ru", "uz"}
        In which the page opens; a reader may choose another one.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> hours = {"wind_speed_m_s": [0.0, 2.5], "wind_from_deg": [0.0, 90.0], "stability": [6, 4],
    ...          "mixing_height_m": [10_000.0, 800.0], "temperature_k": [280.0, 281.0]}
    >>> weather = xr.Dataset({name: ("hour", values) for name, values in hours.items()})
    >>> "Wind rose" in draw_weather(weather, title="Two hours").html
    True
    """
    hourly = "time" in weather.coords
    parts = [_rose, _classes, _stability]
    if hourly:
        parts = [_rose, _classes, _light, _stability, _mixing, _calendar]
    shown = [part(weather) for part in parts]
    html = filled(
        "weather",
        language=Words(language).language,
        title=clean(title),
        subtitle=_subtitle(weather),
        figures=_figures(weather),
        notes=[clean(note, LONGEST_NOTE) for note in notes],
        charts=shown,
        facts=_facts(weather.attrs),
    )
    texts = in_each(texts_of_markup(html))
    return WeatherPage(turnable(tell_markup(html, language), language, texts))


def _subtitle(weather: xr.Dataset) -> str:
    if "time" not in weather.coords:
        return f"A wind rose, spread into {weather.sizes['hour']:,} representative hours"
    first, last = weather["time"].to_index()[[0, -1]]
    return f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}, local standard time, hourly"


def _figures(weather: xr.Dataset) -> list[dict[str, str]]:
    speed, weight = weather["wind_speed_m_s"].values.astype(float), numbers.weight_of(weather)
    rose = numbers.rose_table(weather).sum(axis=1)
    moving = weight[speed > 0].sum()
    mean = float((speed * weight)[speed > 0].sum() / moving) if moving else 0.0
    told = {
        "hours": (f"{_hours(weather):,.0f}", "hours"),
        "mean": (f"{mean:.2f} m/s", "mean wind, without calms"),
        "calm": (f"{weight[speed == 0].sum():.1f}%", "calms"),
        "light": (f"{weight[speed < 1].sum():.1f}%", "under 1 m/s, calms among them"),
        "sector": (str(rose.idxmax()), f"most frequent: {rose.max():.1f}% of the hours"),
    }
    if "time" in weather.coords:
        missing, filled = (weather.attrs.get(key, 0) for key in ("hours_missing", "hours_filled"))
        complete = 100 * weather.sizes["hour"] / (weather.sizes["hour"] + missing)
        words = f"of the hours from first to last; {missing:,} missing, {filled:,} filled"
        told["complete"] = (f"{complete:.1f}%", words)
    return [{"key": key, "value": value, "label": label} for key, (value, label) in told.items()]


def _hours(weather: xr.Dataset) -> float:
    return float(weather["frequency"].sum()) if "frequency" in weather else weather.sizes["hour"]


def _rose(weather: xr.Dataset) -> dict[str, Any]:
    table = numbers.rose_table(weather)
    calm = 100 - float(table.to_numpy().sum())
    shown = table.assign(all=table.sum(axis=1))
    return _chart(
        "rose",
        "Wind rose",
        [("", charts.rose_svg(table, max(calm, 0.0)))],
        keys=charts.SPEED_KEYS,
        text="Where the wind comes from, in percent of all hours.",
        tables=[("Figures [%]", shown, "{:.2f}")],
    )


def _stability(weather: xr.Dataset) -> dict[str, Any]:
    tables = numbers.stability_tables(weather)
    if "time" not in weather.coords:
        table = tables[""]
        return _chart(
            "stability",
            "Stability",
            [("", charts.rows_svg(table, numbers.CLASSES))],
            keys=charts.CLASS_KEYS,
            text="A very unstable to F stable; in percent of the season.",
            tables=[("Figures [%]", table, "{:.1f}")],
        )
    drawings = [
        (name, charts.stacked_svg(table, charts.CLASS_COLOURS, f"Stability by hour, {name}"))
        for name, table in tables.items()
    ]
    shown = [(f"{name} [%]", table, "{:.1f}") for name, table in tables.items()]
    text = "A very unstable to F stable; in percent of the hours of that time of day."
    return _chart(
        "stability",
        "Stability by hour of day and season",
        drawings,
        keys=charts.CLASS_KEYS,
        text=text,
        tables=shown,
        wide=True,
    )


def _light(weather: xr.Dataset) -> dict[str, Any]:
    table = numbers.light_winds(weather)
    return _chart(
        "light",
        "Calms and winds under 1 m/s",
        [("", charts.light_svg(table))],
        keys=charts.LIGHT_KEYS,
        text="In percent of the hours of that time of day. A calm counts in no mean; the plume "
        "raises a wind under 1 m/s to 1 m/s at the stack's top.",
        tables=[("Figures [%]", table, "{:.1f}")],
    )


def _mixing(weather: xr.Dataset) -> dict[str, Any]:
    table = numbers.mixing_by_hour(weather)
    no_lid = 100 * float((weather["mixing_height_m"] >= numbers.NO_LID_M).mean())
    return _chart(
        "mixing",
        "Mixing height by hour of day [m]",
        [("", charts.mixing_svg(table))],
        text="Line: median; band: 10th to 90th percentile; of the hours with a lid. "
        f"{no_lid:.1f}% of all hours have none (10,000 m).",
        tables=[("Figures [m], no lid [%]", table, "{:,.0f}")],
    )


def _calendar(weather: xr.Dataset) -> dict[str, Any]:
    table = numbers.completeness(weather)
    by = "day" if len(table.columns) > 12 else "month"
    shown = table.mean(axis=1).to_frame("complete")
    return _chart(
        "calendar",
        f"Completeness by {by}",
        [("", charts.calendar_svg(table))],
        keys=[("all hours", "#3f8f7b"), ("half of them", "#9ab9a9"), ("none", "#f4e3d7")],
        text="Between the first and the last hour; filled hours count as there.",
        tables=[("Mean of the row [%]", shown, "{:.1f}")],
    )


def _classes(weather: xr.Dataset) -> dict[str, Any]:
    table = numbers.mixing_by_class(weather)
    table.columns = ["share [%]", "mean wind [m/s]", "mean mixing height [m]"]
    text = "Mixing height of the hours with a lid; – where none has one."
    chart = _chart(
        "classes", "Classes of stability", [], text=text, tables=[("", table, "{:,.1f}")]
    )
    return chart | {"open": True}


def _chart(
    key: str,
    title: str,
    drawings: Sequence[tuple[str, str]],
    *,
    tables: Sequence[tuple[str, pd.DataFrame, str]],
    keys: Sequence[tuple[str, str]] = (),
    text: str = "",
    wide: bool = False,
) -> dict[str, Any]:
    return {
        "key": key,
        "title": title,
        "drawings": [{"name": name, "svg": svg} for name, svg in drawings],
        "legend": keys,
        "text": text,
        "wide": wide,
        "open": False,
        "tables": [_table(name, table, form) for name, table, form in tables],
    }


def _table(name: str, table: pd.DataFrame, form: str) -> dict[str, Any]:
    rows = [
        (clean(str(row)), ["–" if np.isnan(cell) else form.format(cell) for cell in cells])
        for row, cells in zip(table.index, table.to_numpy(dtype=float), strict=True)
    ]
    return {"name": name, "columns": [str(column) for column in table.columns], "rows": rows}


def _facts(attrs: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (words, clean(_plain(attrs[key]), LONGEST_NOTE))
        for key, words in FACTS.items()
        if key in attrs
    ]


def _plain(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,g}".replace("-", "−")
    return str(value)
