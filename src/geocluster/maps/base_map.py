"""The base map, drawn from the study's own lines and areas: it needs no tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely

from geocluster.maps.layers import Layer, shape_layer
from geocluster.maps.packing import pack
from geocluster.maps.text import clean

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geocluster.region import Region

WATER, RAIL, ROAD, MAJOR_ROAD = "#8db9d3", "#7b7b83", "#b9ada0", "#a58a6f"
MAJOR = ("motorway", "trunk", "primary", "motorway_link", "trunk_link")
MINOR = ("secondary", "tertiary")
MOST_VERTICES = 60_000
MOST_LABELS = 150
MAIN_TOWNS = 5
DENSE_PEOPLE_KM2 = 150

# kind of land, title, style of areas, style of lines
LAND: tuple[tuple[str, str, dict[str, Any], dict[str, Any]], ...] = (
    (
        "built_up",
        "Built-up land",
        {"stroke": False, "fillColor": "#d9d2c7", "fillOpacity": 0.8},
        {"color": "#d9d2c7", "weight": 1},
    ),
    (
        "forest",
        "Forest",
        {"stroke": False, "fillColor": "#cfdec0", "fillOpacity": 0.8},
        {"color": "#cfdec0", "weight": 1},
    ),
    (
        "protected",
        "Protected areas",
        {"color": "#4f8a54", "weight": 1.2, "fillColor": "#bcd9b4", "fillOpacity": 0.35},
        {"color": "#4f8a54", "weight": 1.2},
    ),
    (
        "industrial",
        "Industrial land",
        {"color": "#8a7396", "weight": 0.6, "fillColor": "#cdbcd6", "fillOpacity": 0.7},
        {"color": "#8a7396", "weight": 1},
    ),
    (
        "water",
        "Rivers and lakes",
        {"color": WATER, "weight": 0.8, "fillColor": "#c3dcea", "fillOpacity": 1},
        {"color": WATER, "weight": 1.6},
    ),
    (
        "power",
        "Power lines",
        {"color": "#8c8c5a", "weight": 0.8, "fillOpacity": 0.2},
        {"color": "#8c8c5a", "weight": 0.9, "dashArray": "1 4"},
    ),
)
BENEATH = ("water", "built_up", "rail", "railway", "road")
HIDDEN_AT_FIRST = ("power",)


def base_layers(
    region: Region,
    land: gpd.GeoDataFrame | None,
    homes: gpd.GeoDataFrame | None,
    tolerance_m: float,
    neighbours: gpd.GeoDataFrame | None = None,
) -> list[Layer]:
    """Neighbours, land, water, railways, roads, the boundary and names of towns."""
    kinds = land["kind"] if land is not None and len(land) else None
    if neighbours is None and land is not None and kinds is not None:
        neighbours = land[kinds.isin(["neighbour", "border"])]
    layers = [_neighbours(neighbours, region, tolerance_m)]
    if land is not None and kinds is not None:
        for kind, title, area, line in LAND:
            rows = land[kinds == kind]
            layers.append(_land_layer(kind, title, rows, region, tolerance_m, area, line))
        layers.append(_rail(land[kinds.isin(["rail", "railway"])], region, tolerance_m))
        layers.append(_roads(land[kinds == "road"], region, tolerance_m))
    layers.append(_boundary(region, tolerance_m))
    layers.append(_town_names(homes, region))
    return [layer for layer in layers if layer is not None]


def _neighbours(table: gpd.GeoDataFrame | None, region: Region, tolerance_m: float) -> Layer | None:
    if table is None:
        return None
    return shape_layer(
        "neighbours",
        "Neighbouring regions",
        "base",
        table,
        region.crs,
        pane="base",
        styles=[{"color": "#b4aa9c", "weight": 1, "dashArray": "2 4", "fill": False}],
        tolerance_m=tolerance_m,
        shown=True,
        swatches=[{"mark": "line", "colour": "#b4aa9c", "weight": 1.5, "dash": "2 4", "label": ""}],
        quiet=True,
    )


def _land_layer(
    kind: str,
    title: str,
    rows: gpd.GeoDataFrame,
    region: Region,
    tolerance_m: float,
    area: dict[str, Any],
    line: dict[str, Any],
) -> Layer | None:
    if len(rows) == 0:
        return None
    rows = within_budget(rows, tolerance_m)
    lines = rows.geom_type.str.contains("Line").to_numpy()
    swatch = {
        "mark": "fill",
        "colour": area.get("fillColor"),
        "edge": area.get("color"),
        "label": "",
    }
    if lines.all():
        swatch = {"mark": "line", "colour": line["color"], "weight": 2, "label": ""}
        swatch["dash"] = line.get("dashArray")
    return shape_layer(
        f"land_{kind}",
        title,
        "base",
        rows,
        region.crs,
        pane="base",
        styles=[area, {**line, "fill": False}],
        style_of=lines.astype(int).tolist(),
        tolerance_m=tolerance_m,
        shown=kind not in HIDDEN_AT_FIRST,
        swatches=[swatch],
        quiet=True,
    )


def _rail(rows: gpd.GeoDataFrame, region: Region, tolerance_m: float) -> Layer | None:
    if len(rows) == 0:
        return None
    return shape_layer(
        "land_rail",
        "Railways",
        "base",
        within_budget(rows, tolerance_m),
        region.crs,
        pane="base",
        styles=[{"color": RAIL, "weight": 1.6, "dashArray": "7 4", "fill": False}],
        tolerance_m=tolerance_m,
        shown=True,
        swatches=[{"mark": "line", "colour": RAIL, "weight": 2, "dash": "7 4", "label": ""}],
        quiet=True,
    )


def _roads(rows: gpd.GeoDataFrame, region: Region, tolerance_m: float) -> Layer | None:
    if len(rows) == 0:
        return None
    shown = within_budget(main_roads(rows), tolerance_m)
    major = road_class(shown).isin(MAJOR).to_numpy()
    return shape_layer(
        "land_road",
        "Main roads",
        "base",
        shown,
        region.crs,
        pane="base",
        styles=[
            {"color": ROAD, "weight": 1, "fill": False},
            {"color": MAJOR_ROAD, "weight": 2, "fill": False},
        ],
        style_of=major.astype(int).tolist(),
        tolerance_m=tolerance_m,
        shown=True,
        swatches=[{"mark": "line", "colour": MAJOR_ROAD, "weight": 2, "label": ""}],
        quiet=True,
    )


def road_class(rows: gpd.GeoDataFrame) -> pd.Series:
    """As the table says, else that of main roads."""
    import pandas as pd

    return rows.get("class", pd.Series("primary", index=rows.index)).fillna("")


def main_roads(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Those down to tertiary roads; all where none is a main road."""
    found = road_class(rows)
    return rows[found.isin((*MAJOR, *MINOR))] if found.isin(MAJOR).any() else rows


def land_beneath(land: gpd.GeoDataFrame, region: Region) -> gpd.GeoDataFrame:
    """What a map of results needs for orientation: water, built-up land, railways and roads.

    Simplified to a 2,500th of the region's extent and at most 60,000 vertices a kind.
    """
    import pandas as pd

    west, south, east, north = region.boundary.bounds
    tolerance_m = min(max(max(east - west, north - south) / 2_500, 5.0), 200.0)
    land = land if land.crs is None else land.to_crs(region.crs)
    columns = [name for name in ("kind", "class", land.geometry.name) if name in land]
    kinds = [land.loc[land["kind"] == kind, columns] for kind in BENEATH]
    kinds[-1] = main_roads(kinds[-1])
    kept = pd.concat([within_budget(rows, tolerance_m) for rows in kinds if len(rows)] or kinds)
    shapes = shapely.simplify(kept.geometry.to_numpy(), tolerance_m)
    return kept.set_geometry(shapes, crs=region.crs).reset_index(drop=True)


def within_budget(rows: gpd.GeoDataFrame, tolerance_m: float) -> gpd.GeoDataFrame:
    """The largest of the rows, while their simplified vertices stay under 60,000."""
    import numpy as np

    simple = shapely.simplify(rows.geometry.to_numpy(), tolerance_m)
    size = np.maximum(shapely.area(simple), shapely.length(simple))
    largest = np.argsort(-size, kind="stable")
    vertices = np.cumsum(shapely.get_num_coordinates(simple)[largest])
    return rows.iloc[np.sort(largest[vertices <= max(MOST_VERTICES, vertices[0])])]


def _boundary(region: Region, tolerance_m: float) -> Layer | None:
    import geopandas as gpd

    table = gpd.GeoDataFrame({"name": [region.name]}, geometry=[region.boundary], crs=region.crs)
    return shape_layer(
        "boundary",
        "Boundary of the region",
        "base",
        table,
        region.crs,
        pane="boundary",
        styles=[{"color": "#5b4b63", "weight": 1.8, "dashArray": "10 3 2 3", "fill": False}],
        tolerance_m=tolerance_m,
        shown=True,
        swatches=[
            {"mark": "line", "colour": "#5b4b63", "weight": 2, "dash": "8 3 2 3", "label": ""}
        ],
        quiet=True,
        mask=True,
    )


def _town_names(homes: gpd.GeoDataFrame | None, region: Region) -> Layer | None:
    towns = town_points(homes, region)
    if towns is None:
        return None
    labels = [
        [pack(point)[1], clean(name, 40), int(people)]  # type: ignore[index]
        for point, name, people in zip(towns.geometry, towns["name"], towns["people"], strict=True)
    ]
    return Layer("towns", "Names of towns", "base", "labels", {"labels": labels}, True)


def town_points(homes: gpd.GeoDataFrame | None, region: Region) -> gpd.GeoDataFrame | None:
    """One point for each named settlement in degrees: the region's five largest, then all others.

    Homes of the same `town`, or else of the same name, are one settlement. It stands in the middle
    of its people, or, where that is not within its largest part, on that. What is not located, or
    spread thinly over the land (under 150 people/km2), is no settlement and gets no label.
    """
    if homes is None or "name" not in homes or "people" not in homes or len(homes) == 0:
        return None
    import geopandas as gpd
    import numpy as np

    shapes = (homes if homes.crs is None else homes.to_crs(region.crs)).geometry.to_numpy()
    table = gpd.GeoDataFrame(
        {
            "name": [clean(name) for name in homes["town" if "town" in homes else "name"]],
            "people": homes["people"].fillna(0).to_numpy(),
            "km2": shapely.area(shapes) / 1e6,
        },
        geometry=shapes,
        crs=region.crs,
    )
    located = homes["located"].fillna(True).to_numpy(dtype=bool) if "located" in homes else True
    table = table[(table["name"] != "") & located]
    middle = shapely.centroid(table.geometry.to_numpy())
    table = table.assign(
        east=shapely.get_x(middle) * table["people"], north=shapely.get_y(middle) * table["people"]
    )
    sums = table.groupby("name")[["people", "km2", "east", "north"]].sum()
    sums = sums[(sums["people"] >= DENSE_PEOPLE_KM2 * sums["km2"]) & (sums["people"] > 0)]
    if len(sums) == 0:
        return None
    main = table.sort_values("people", ascending=False).drop_duplicates("name").set_index("name")
    part = np.asarray(main.loc[sums.index].geometry, dtype=object)
    heart = shapely.points((sums[["east", "north"]].div(sums["people"], axis=0)).to_numpy())
    within = shapely.intersects(shapely.convex_hull(part), heart)
    points = np.where(within, np.asarray(heart), np.asarray(shapely.point_on_surface(part)))
    towns = gpd.GeoDataFrame(
        {"name": sums.index, "people": sums["people"].to_numpy()}, geometry=points, crs=region.crs
    ).sort_values("people", ascending=False, kind="stable")
    inside = towns.index[towns.intersects(region.boundary)][:MAIN_TOWNS]
    towns = towns.loc[[*inside, *towns.index.difference(inside, sort=False)]]
    return towns.head(MOST_LABELS).to_crs("EPSG:4326")
