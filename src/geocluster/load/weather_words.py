"""Words of the command line about weather: its options, and one line of what was read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from geocluster.errors import InputError

if TYPE_CHECKING:
    import xarray as xr


def columns_of(words: Sequence[str] | None) -> dict[str, str]:
    """Columns by known names from ``name=column``.

    Examples
    --------
    >>> columns_of(["wind_speed_kmh=V, km/h"])
    {'wind_speed_kmh': 'V, km/h'}
    """
    columns = {}
    for word in words or ():
        name, sign, column = word.partition("=")
        if not (sign and name.strip() and column.strip()):
            raise InputError("--column", f"{word!r}: write wind_speed_kmh=V")
        columns[name.strip()] = column.strip()
    return columns


def cloud_of(word: str | None) -> float | str | None:
    """Cloud as tenths, or "humidity".

    Examples
    --------
    >>> cloud_of("5"), cloud_of("humidity"), cloud_of(None)
    (5.0, 'humidity', None)
    """
    if word is None or word == "humidity":
        return word
    try:
        return float(word)
    except ValueError:
        raise InputError("--assumed-cloud", f"{word!r}: give tenths, or humidity") from None


def in_words(weather: xr.Dataset) -> str:
    """A weather in a line: hours, calms, gaps, and where its stability comes from."""
    attrs = weather.attrs
    parts = [f"{attrs['hours']:,.0f} hours", f"calms {attrs['calm_share']:.1%}"]
    parts.append(f"under 1 m/s {attrs['hours_below_1_m_s']:.1%}")
    if "hours_missing" in attrs:
        parts.append(f"{attrs['hours_filled']:,} filled, {attrs['hours_missing']:,} missing")
    return f"{', '.join(parts)}; stability: {attrs['stability_origin']}"
