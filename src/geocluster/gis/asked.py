"""What a run writes only where a study asks for it, as layers of the project: parks, ground."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.elevation import ABOVE_STACK, GROUND
from geocluster.gis.project import ProjectLayer
from geocluster.gis.qml import Symbol, by_category, labels_of, one_symbol, surface
from geocluster.maps.several import FACILITY, TOGETHER
from geocluster.maps.surfaces import classes_of
from geocluster.maps.text import pollutant_label

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    import geopandas as gpd

    from geocluster.results import Results
    from geocluster.study import Study

AIR, SITING, GROUND_GROUP = "What is in the air", "Siting", "Ground"
HEIGHTS = ("#e9efd9", "#d3dfb6", "#e5d8a8", "#d3b982", "#b9976a", "#9b7a5b", "#8c7a70", "#b8b1ab")


def looks_asked(results: Results) -> dict[str, dict[str, list[Element]]]:
    """Styles of the GeoPackages of several parks and of shared facilities, where they are there."""
    looks: dict[str, dict[str, list[Element]]] = {}
    if results.together is not None:
        looks["together.gpkg"] = {"together": together_style()}
    if results.facilities:
        looks["facilities.gpkg"] = {"facilities": facilities_style()}
    return looks


def tables_asked(results: Results) -> dict[str, tuple[gpd.GeoDataFrame, str, str]]:
    """The same layers' rows, titles and groups."""
    tables: dict[str, tuple[gpd.GeoDataFrame, str, str]] = {}
    if results.together is not None:
        tables["together"] = (results.together, "Several parks at once", SITING)
    if results.facilities:
        tables["facilities"] = (results.facilities[0], "Shared facilities", AIR)
    return tables


def together_style() -> list[Element]:
    """Sites of the joint choice stand out; those taken one by one are dashed."""
    chosen = Symbol("fill", TOGETHER, 0.25, TOGETHER, 0.8)
    single = Symbol("fill", "#ffffff", 0.0, TOGETHER, 0.5, style="no")
    other = Symbol("fill", "#ffffff", 0.0, "#9e9e9e", 0.15, style="no")
    which = "CASE WHEN \"together\" THEN 'a' WHEN \"one_by_one\" THEN 'b' ELSE 'c' END"
    return [
        by_category(
            which,
            [
                ("a", "chosen together", chosen),
                ("b", "only one by one", single),
                ("c", "other candidates", other),
            ],
        )
    ]


def facilities_style() -> list[Element]:
    """A line from each cluster to its facility."""
    line = Symbol("line", FACILITY, width_mm=0.5, style="dash")
    return [one_symbol(line), labels_of('"facility_at"', FACILITY)]


def rasters_asked(study: Study, results: Results) -> dict[str, list[ProjectLayer]]:
    """Layers of terrain.tif and deposition.tif, where they are there."""
    found: dict[str, list[ProjectLayer]] = {}
    if study.terrain is not None:
        found["terrain.tif"] = _terrain(np.asarray(study.grid()[GROUND], dtype=float))
    if results.deposition is not None:
        found["deposition.tif"] = _deposited(results.deposition)
    return found


def _terrain(ground: Any) -> list[ProjectLayer]:
    """The ground in even steps, and where it is above a stack's top."""
    low, high = float(np.nanmin(ground)), float(np.nanmax(ground))
    breaks = np.linspace(low, max(high, low + 1), len(HEIGHTS) + 1)[:-1].round(1).tolist()
    above = surface(2, [0.5], ["#7d1128"], "")
    return [
        _layer(
            GROUND, "Ground [m above sea level]", "terrain.tif", surface(1, breaks, HEIGHTS, "m")
        ),
        _layer(ABOVE_STACK, "Ground above a stack's top", "terrain.tif", above),
    ]


def _deposited(deposition: Any) -> list[ProjectLayer]:
    """Deposition in a year, a layer a pollutant."""
    layers = []
    for band, name in enumerate(deposition["pollutant"].values, 1):
        breaks, colours = classes_of(np.asarray(deposition.sel(pollutant=name)), "concentration")
        if breaks:
            title = f"Deposition of {pollutant_label(str(name))} [g/m² in a year]"
            look = surface(band, breaks, colours, "g/m²")
            layers.append(_layer(f"deposition_{name}", title, "deposition.tif", look, AIR))
    return layers


def _layer(
    key: str, title: str, source: str, look: Element, group: str = GROUND_GROUP
) -> ProjectLayer:
    return ProjectLayer(f"geocluster_{key}", title, source, [look], shown=False, group=group)
