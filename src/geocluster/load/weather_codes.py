"""Codes that stand for a missing value in hourly tables: 999, 990 for a variable wind, -9999."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from geocluster.load.weather_csv import canonical_name

if TYPE_CHECKING:
    import pandas as pd

EVERYWHERE = (-999.0, -9999.0, -999.9, -99.0)
# No speed, temperature or direction can have these values, in no unit that is read.
CODES = {
    "wind_from_deg": (990.0, 999.0, 9999.0),
    "wind_speed_m_s": (999.0, 999.9, 9999.0),
    "temperature_k": (999.0, 999.9, 9999.0),
    "cloud_tenths": (999.0, 9999.0),
    "radiation_w_m2": (9999.0,),
    "humidity_percent": (999.0, 9999.0),
    "mixing_height_m": (99_999.0,),
}


def without_codes(
    cells: pd.DataFrame, names: Mapping[str, str] | None
) -> tuple[pd.DataFrame, list[str]]:
    """The cells with codes of missing values emptied, and a sentence a column that had some.

    Parameters
    ----------
    cells : DataFrame of str
        As `read_text_table` returns them.
    names : mapping, optional
        Column of the file by a known name.

    Examples
    --------
    >>> import pandas as pd
    >>> cells = pd.DataFrame({"wind_dir": ["990", "999", "270"]})
    >>> without_codes(cells, None)[1]
    ["column 'wind_dir': codes taken as missing: 990 (1), 999 (1)"]
    """
    import pandas as pd

    known = {old: new for new, old in (names or {}).items()}
    cells, told = cells.copy(), []
    for name in cells.columns:
        canonical = canonical_name(str(known.get(name, name)))
        if canonical not in CODES:
            continue
        codes = CODES[canonical]
        # -99 could be a temperature in Fahrenheit: no code there.
        codes += tuple(c for c in EVERYWHERE if not (canonical == "temperature_k" and c > -100))
        numbers = pd.to_numeric(cells[name].str.strip(), errors="coerce")
        coded = numbers.isin(codes)
        if coded.any():
            counts = numbers[coded].value_counts().sort_index()
            listed = ", ".join(f"{code:g} ({count:,})" for code, count in counts.items())
            told.append(f"column '{name}': codes taken as missing: {listed}")
            cells[name] = cells[name].mask(coded, "")
    return cells, told
