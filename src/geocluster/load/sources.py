"""The table of sources: what is emitted, from where, through which stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from geocluster.errors import InputError
from geocluster.load.columns import checked, source_ids
from geocluster.load.database import stored
from geocluster.load.database_address import DatabaseTable
from geocluster.load.inventory import wide_from_long
from geocluster.load.opening import Opening, opened
from geocluster.load.placing import place_in_region
from geocluster.load.vector import REACH_M

if TYPE_CHECKING:
    import geopandas as gpd

    from geocluster.region import Region


def read_sources(
    path: str | Path | DatabaseTable,
    region: Region,
    *,
    layer: str | None = None,
    crs: object = None,
    where: Mapping[str, object] | None = None,
    rename: Mapping[str, str] | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    header_row: int | None = None,
    assumed: Mapping[str, float] | None = None,
    form: Literal["wide", "long"] = "wide",
    quantity_unit: str | None = None,
    sum_over: Sequence[str] = (),
    skip_unknown: bool = False,
    emissions: str | Path | None = None,
    reach_m: float = REACH_M,
) -> gpd.GeoDataFrame:
    """Read the table of sources: a row an emitting thing.

    Parameters
    ----------
    path : str, Path or DatabaseTable
        Any file that `read_vector` reads.
    region : Region
        The result is in its reference system.
    layer, crs, where, rename, encoding, sheet, header_row
        As in `read_vector`.
    assumed : mapping, optional
        Column of a stack to the figure that fills its gaps, such as ``{"stack_height_m": 80}``.
    form : {"wide", "long"}
        "long" where a row is a source and a pollutant, as in E-PRTR: see
        `geocluster.load.inventory.wide_from_long`.
    quantity_unit, sum_over, skip_unknown
        Of a long table; `skip_unknown` also with `emissions`.
    emissions : str or Path, optional
        HEM4's workbook of emissions, where `path` is its workbook of locations: see
        `geocluster.load.hem4.hem4_table`.
    reach_m : float
        Sources outside the region are kept up to this distance, as their plumes reach in. [m]

    Returns
    -------
    GeoDataFrame
        Emissions in g/s, with a `source_id` in every row; one that is missing is made from name,
        type and place.

    Raises
    ------
    TableError
        No emission column, a stack or volume that is not whole, a value out of its range, a
        source_id that stands there twice, a low figure above the central one, a figure in two
        units.
    InputError
        As `read_vector`, and where no source is left.

    Warns
    -----
    GeoclusterWarning
        Columns converted to our units; figures assumed.
    MendedWarning
        Sources outside the region, counted; those beyond reach are left out and named.
    """
    file = str(stored(path))
    if emissions is not None:
        from geocluster.load.hem4 import hem4_table

        keys = ("layer", "crs", "where", "columns", "encoding", "sheet", "header_row")
        said = (layer, crs, where, rename, encoding, sheet, header_row)
        given = [key for key, value in zip(keys, said, strict=True) if value is not None]
        if given or form == "long":
            more = ", ".join(given) or "form = 'long'"
            raise InputError(file, f"HEM4's workbooks are read as they are: leave out {more}")
        rows = hem4_table(file, emissions, skip_unknown=skip_unknown)
    else:
        how = Opening(layer, crs, rename, encoding, sheet, header_row, where)
        rows = opened(stored(path, region, reach_m), how, "sources")
    if form == "long":
        rows = wide_from_long(
            rows, file, unit=quantity_unit, sum_over=sum_over, skip_unknown=skip_unknown
        )
    table = checked(rows, "sources", file, rename, assumed)
    table["source_id"] = source_ids(table)
    return place_in_region(
        table, region, file, things="sources", reach_m=reach_m, needed=True, count_outside=True
    )
