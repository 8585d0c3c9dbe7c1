"""What a park would do to the air at each site, as columns of the table of sites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from geocluster.exposure.assess import limit_table
from geocluster.siting.exceedance import people_above, vegetation_above
from geocluster.siting.sensitive import WITHIN_KM, places_near, worst_home, worst_place

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from geocluster.exposure.assess import Limits
    from geocluster.siting.added import Added

COUNTED = ("people_newly_above", "vegetation_newly_above_ha")


def air_columns(
    added: Added | None,
    sites: gpd.GeoDataFrame,
    homes: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame | None,
    land: gpd.GeoDataFrame | None,
    field: xr.Dataset | None,
    emissions: Mapping[str, float],
    limits: Limits,
) -> dict[str, np.ndarray]:
    """Every column on what a park adds; criteria without data are NaN.

    Parameters
    ----------
    added : Added or None
        What a park of 1 g/s adds, by site; None where that is not known.
    sites, homes, places, land, field, limits
        As in `describe_sites`, in one reference system.
    emissions : mapping
        Pollutant to what the park emits; empty where that is not known. [g/s]
    """
    number = {
        f"{kind}s_within_{WITHIN_KM}_km": counts
        for kind, counts in places_near(sites, places, WITHIN_KM * 1000).items()
    }
    unknown = np.full(len(sites), np.nan)
    nothing = np.full(len(sites), "", dtype=object)
    if added is None:
        return {
            "worst_home_ug_m3_per_g_s": unknown,
            "worst_home_name": nothing,
            "worst_home_origin": nothing,
            "worst_place_ug_m3_per_g_s": unknown,
            "worst_place_name": nothing,
            **number,
            **dict.fromkeys(COUNTED, unknown),
        }
    home, home_name, origin = worst_home(added, sites, homes)
    place, place_name = worst_place(added, sites, places)
    above: dict[str, np.ndarray] = dict.fromkeys(COUNTED, unknown)
    if field is not None and emissions:
        above |= people_above(added, homes, field, emissions, limit_table(limits))
        above |= vegetation_above(added, land, field, emissions)
    return {
        "worst_home_ug_m3_per_g_s": home,
        "worst_home_name": home_name,
        "worst_home_origin": origin,
        **{f"worst_home_{name}_ug_m3": home * rate for name, rate in emissions.items()},
        "worst_place_ug_m3_per_g_s": place,
        "worst_place_name": place_name,
        **{f"worst_place_{name}_ug_m3": place * rate for name, rate in emissions.items()},
        **number,
        **above,
    }
