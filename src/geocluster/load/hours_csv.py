"""Hours of weather from the network, written as a CSV of ours that `read_weather` takes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from geocluster.files import replacing

if TYPE_CHECKING:
    import pandas as pd

DECIMALS = {
    "wind_speed_m_s": 2,
    "wind_from_deg": 0,
    "temperature_c": 1,
    "cloud_percent": 0,
    "ghi_w_m2": 1,
    "mixing_height_m": 0,
}


def write_hours(table: pd.DataFrame, head: Mapping[str, object], path: Path) -> Path:
    """Write hours as a CSV with a head.

    Parameters
    ----------
    table : DataFrame
        `time` (UTC, the start of the hour) and columns of `DECIMALS`; NaN where missing.
    head : mapping
        Written as ``# key: value``: latitude, longitude [degrees], time_zone [h], origin.
    path : Path
        The file.

    Examples
    --------
    >>> import tempfile, pandas as pd
    >>> table = pd.DataFrame({"time": pd.to_datetime(["2025-01-01"]), "wind_speed_m_s": [2.345]})
    >>> file = write_hours(table, {"latitude": 41.3}, Path(tempfile.mkdtemp()) / "weather.csv")
    >>> print(file.read_text().strip())
    # latitude: 41.3
    datetime,wind_speed_m_s
    2025-01-01 00:00Z,2.35
    """
    columns = [name for name in DECIMALS if name in table]
    lines = [f"# {key}: {value}" for key, value in head.items()]
    lines.append(",".join(["datetime", *columns]))
    texts = [table["time"].dt.strftime("%Y-%m-%d %H:%MZ")]
    for name in columns:
        form = f"{{:.{DECIMALS[name]}f}}"
        texts.append(table[name].map(lambda value, form=form: _text(value, form)))
    lines += [",".join(row) for row in zip(*texts, strict=True)]
    with replacing(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _text(value: float, form: str) -> str:
    return "" if value != value else form.format(value)


def zone_by_longitude(longitude: float) -> int:
    """Hours ahead of UTC by the sun alone, where a place's legal zone is not known. [h]

    Examples
    --------
    >>> zone_by_longitude(65.4)
    4
    """
    return round(longitude / 15)
