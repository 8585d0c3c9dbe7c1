"""Which by-products a sector could give to a new park: known exchanges, as a table.

`symbiosis.csv` names by-products that works of a division of NACE are known to pass on, what for,
and how far they travel. It says what is possible; what a works has to give is asked there.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

TABLE = Path(__file__).with_suffix(".csv")
NACE_CODE = re.compile(r"^([a-u])\s?(\d\d)(?:\.\d+)*$", re.IGNORECASE)


def read_exchanges() -> pd.DataFrame:
    """The by-products that sectors are known to pass on.

    Returns
    -------
    DataFrame
        nace (division of the donor), words (sectors that mean it), by_product, ewc (its code in
        the European list of waste, where it has one), use, receivers (NACE), travels_km, source,
        grade ("read" in a source, "known" but not confirmed).

    Examples
    --------
    >>> exchanges = read_exchanges()
    >>> exchanges.loc[exchanges["by_product"] == "slag", ["nace", "receivers"]].values.tolist()
    [['C24', 'C23']]
    """
    import pandas as pd

    table = pd.read_csv(TABLE, keep_default_na=False, dtype={"travels_km": float})
    return table.rename_axis("exchange")


def by_products_of(sector: str) -> list[tuple[str, float]]:
    """What a sector can pass on, and how far it travels [km]; empty where nothing is known.

    Parameters
    ----------
    sector : str
        A word of the table, or a NACE code such as "C24.41".

    Examples
    --------
    >>> by_products_of("refinery")
    [('sulphur', 30.0), ('fuel gas and steam', 2.0)]
    >>> by_products_of("C19.20") == by_products_of("Refinery")
    True
    >>> by_products_of("warehousing")
    []
    """
    words, divisions = _by_sector()
    code = NACE_CODE.match(sector.strip())
    if code:
        return divisions.get((code.group(1) + code.group(2)).upper(), [])
    return words.get(sector.strip().lower(), [])


Given = dict[str, list[tuple[str, float]]]


@cache
def _by_sector() -> tuple[Given, Given]:
    """By-products and their ways by word, and by division of NACE."""
    words: Given = {}
    divisions: Given = {}
    for row in read_exchanges().to_dict("records"):
        given = (row["by_product"], row["travels_km"])
        divisions.setdefault(row["nace"], []).append(given)
        for word in row["words"].split(";"):
            words.setdefault(word.strip(), []).append(given)
    return words, divisions
