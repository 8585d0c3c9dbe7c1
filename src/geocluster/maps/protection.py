"""Protection zones around candidates, as the rules and the people in them are reckoned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geocluster.maps.features import site_heading
from geocluster.maps.layers import Layer, shape_layer

if TYPE_CHECKING:
    import geopandas as gpd

    from geocluster.region import Region

ZONE = "#a3472b"
COLUMNS = ("rank", "zone_m", "people_in_protection_zone", "nearest_home_m")


def protection_layers(
    sites: gpd.GeoDataFrame | None, zone_m: float | None, region: Region
) -> list[Layer]:
    """The ground around each candidate in which nobody should live.

    Parameters
    ----------
    sites : GeoDataFrame, optional
        From `describe_sites`, ranked or not.
    zone_m : float, optional
        Width of the zone; no layer where it is not known. [m]
    region : Region
        Its system is that of sites which name none.
    """
    if sites is None or len(sites) == 0 or not zone_m:
        return []
    table = sites if sites.crs is None else sites.to_crs(region.crs)
    shapes = table.geometry
    rings = shapes.buffer(zone_m, quad_segs=6).difference(shapes)
    table = table.set_geometry(rings).assign(zone_m=float(zone_m))
    title = f"Protection zones, {zone_m:g} m around each candidate"
    layer = shape_layer(
        "protection",
        title,
        "siting",
        table,
        region.crs,
        pane="area",
        styles=[
            {
                "color": ZONE, "weight": 1.4, "dashArray": "2 4", "fillColor": ZONE,
                "fillOpacity": 0.12,
            }
        ],
        heading=site_heading,
        columns=COLUMNS,
        labels={"zone_m": ("protection zone around the site", "m", "")},
        swatches=[
            {
                "mark": "fill", "colour": ZONE, "edge": ZONE, "opacity": 0.2, "dash": "2 2",
                "label": "",
            }
        ],
    )  # fmt: skip
    return [layer] if layer else []
