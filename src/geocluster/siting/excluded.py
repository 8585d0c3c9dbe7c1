"""How much land each rule excludes: taken by itself, together with others, and alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geocluster.siting.fringe import OUTSIDE_FRINGE

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


def rules_of(suitable: xr.Dataset) -> pd.DataFrame:
    """The rules of a result, a row a bit, with the land that each excludes.

    Parameters
    ----------
    suitable : Dataset
        From `suitable_land`.

    Returns
    -------
    DataFrame
        bit, rule_id, kind, keep_away_m, at_most_m, at_most_percent, reason, source, grade,
        checked, note, and of the land inside the region: ``excluded_km2`` (by the rule, were it
        the only one), ``shared_km2`` (of that, also by another rule than the fringe) and
        ``excluded_by_it_alone_km2`` (by no other rule than the fringe); ``excluded_share``,
        ``shared_share`` and ``exclusive_share`` of the region. [km2, 0 to 1]

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely.geometry import box
    >>> from geocluster.region import Region
    >>> from geocluster.siting.suitability import suitable_land
    >>> grid = Region("Example", box(0, 0, 4000, 1000), "EPSG:32642").grid(cell_m=1000)
    >>> nobody = gpd.GeoDataFrame({"people": []}, geometry=[], crs="EPSG:32642")
    >>> land = gpd.GeoDataFrame({"kind": ["forest", "military"]}, crs="EPSG:32642",
    ...                         geometry=[box(0, 0, 2000, 1000), box(1000, 0, 3000, 1000)])
    >>> table = rules_of(suitable_land(grid, nobody, land, fringe_km=None)).set_index("rule_id")
    >>> table.loc["forest", ["excluded_km2", "shared_km2", "exclusive_share"]].tolist()
    [2.0, 1.0, 0.25]
    """
    import pandas as pd

    table = pd.DataFrame(list(suitable.attrs["rules"]))
    cell_km2 = (float(suitable.attrs["cell_m"]) / 1000) ** 2
    together, cells = np.unique(suitable["reasons"].values.astype(np.uint64), return_counts=True)
    inside = (together & np.uint64(1)) == 0
    together, km2 = together[inside], cells[inside] * cell_km2
    fringe = np.uint64(1 << table["rule_id"].tolist().index(OUTSIDE_FRINGE))
    rest = together & ~fringe
    masks = [np.uint64(1 << bit) for bit in table["bit"]]
    table["excluded_km2"] = [km2[together & mask > 0].sum() for mask in masks]
    alone = [km2[(rest & ~mask == 0) & (together & mask > 0)].sum() for mask in masks]
    table["shared_km2"] = table["excluded_km2"] - alone
    table["excluded_by_it_alone_km2"] = alone
    region = km2.sum() or np.nan
    table["excluded_share"] = table["excluded_km2"] / region
    table["shared_share"] = table["shared_km2"] / region
    table["exclusive_share"] = table["excluded_by_it_alone_km2"] / region
    return table
