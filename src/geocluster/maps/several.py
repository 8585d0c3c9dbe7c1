"""Several parks at once, and shared facilities, as layers of the map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from geocluster.maps.layers import Layer, shape_layer
from geocluster.maps.text import clean

if TYPE_CHECKING:
    import geopandas as gpd

    from geocluster.region import Region

TOGETHER, FACILITY = "#8e24aa", "#00695c"


def together_layers(table: gpd.GeoDataFrame | None, region: Region) -> list[Layer]:
    """A ring about each site of the joint choice, and a broken one where one by one differs."""
    if table is None:
        return []
    rings = table[table["together"] | table["one_by_one"]]
    rings = rings.set_geometry(rings.geometry.centroid)
    ring = {"radius": 15, "color": TOGETHER, "weight": 3.5, "fill": False}
    layer = shape_layer(
        "together",
        "Several parks at once",
        "siting",
        rings,
        region.crs,
        pane="points",
        styles=[ring, {**ring, "weight": 2, "dashArray": "3 4"}],
        style_of=[int(not together) for together in rings["together"]],
        heading=lambda row: clean(row.get("name")) or f"Site {clean(row.get('site_id'), 40)}",
        columns=["together", "one_by_one", "chosen_share", "rank", "people_in_reach",
                 "people_only_it_reaches"],
        labels={
            "together": ("chosen together with the others", "", ""),
            "one_by_one": ("taken one by one", "", ""),
            "chosen_share": ("share of weightings whose set holds it", "", ""),
            "people_in_reach": ("people in reach", "persons", ""),
            "people_only_it_reaches": ("of them in reach of no other park", "persons", ""),
        },
        shown=True,
        swatches=[
            {"mark": "dot", "colour": "#ffffff", "edge": TOGETHER, "label": "chosen together"},
            {"mark": "dot", "colour": "#ffffff", "edge": TOGETHER, "dash": True,
             "label": "only one by one"},
        ],
    )  # fmt: skip
    return [layer] if layer else []


def facility_layers(facilities: Sequence[gpd.GeoDataFrame], region: Region) -> list[Layer]:
    """Each kind of facility with a line from every cluster to its own."""
    import geopandas as gpd
    import pandas as pd

    layers = []
    for number, table in enumerate(facilities, 1):
        ends = table.drop_duplicates("facility")
        tips = [line.coords[-1] for line in ends.geometry]
        spots = gpd.points_from_xy(*zip(*tips, strict=True))
        points = ends.set_geometry(gpd.GeoSeries(spots, index=ends.index, crs=table.crs))
        served = table.groupby("facility")["cluster_id"].size()
        points = points[["facility", "facility_at"]].assign(
            name=[f"{table.attrs['name']} {n}" for n in points["facility"]],
            serves=points["facility"].map(served),
            geometry=points.geometry,
        )
        lines = table[["cluster_id", "name", "facility", "covered", "geometry"]].assign(
            name=[clean(name) or f"Cluster {c}" for name, c in zip(
                table["name"], table["cluster_id"], strict=True)],
            **{unit: table[unit].round(1) for unit in ("distance_m", "minutes") if unit in table},
        )  # fmt: skip
        both = gpd.GeoDataFrame(pd.concat([lines, points], ignore_index=True), crs=table.crs)
        layer = shape_layer(
            f"facilities_{number}",
            f"Shared: {clean(table.attrs['name'], 60)}",
            "industry",
            both,
            region.crs,
            pane="points",
            styles=[
                {"color": FACILITY, "weight": 1.6, "opacity": 0.8, "dashArray": "5 4"},
                {"color": "#9e9e9e", "weight": 1.2, "opacity": 0.7, "dashArray": "2 5"},
                {"radius": 8, "color": "#ffffff", "weight": 2, "fillColor": FACILITY,
                 "fillOpacity": 0.95},
            ],
            style_of=[int(not covered) for covered in lines["covered"]] + [2] * len(points),
            columns=["facility", "facility_at", "serves", "distance_m", "minutes"],
            labels={
                "facility": ("facility", "", ""),
                "facility_at": ("stands at", "", ""),
                "serves": ("clusters served", "", ""),
                "distance_m": ("distance", "m", ""),
                "minutes": ("by road", "min", ""),
            },
            shown=True,
            swatches=[
                {"mark": "dot", "colour": FACILITY, "label": "facility"},
                {"mark": "line", "colour": FACILITY, "dash": True, "label": "serves"},
            ],
        )  # fmt: skip
        layers += [layer] if layer else []
    return layers
