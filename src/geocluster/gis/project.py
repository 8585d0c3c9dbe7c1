"""A project of QGIS that opens a run's files, styled, with paths relative to itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from geocluster.files import replacing
from geocluster.gis.qml import VERSION
from geocluster.letters import sound

if TYPE_CHECKING:
    from pyproj import CRS


@dataclass(frozen=True)
class ProjectLayer:
    """One layer of a project, the uppermost first.

    Parameters
    ----------
    layer_id : str
        Letters, digits and underscores; once each. QGIS gives ids of a few letters others.
    title : str
        What a reader sees.
    source : str
        File relative to the project; for a layer of a GeoPackage ``file.gpkg|layername=name``.
    style : sequence of Element
        From `geocluster.gis.styles` or `geocluster.gis.qml.surface`.
    geometry : str
        "Point", "Line" or "Polygon"; empty for a raster.
    shown : bool
        Whether it is drawn when the project opens.
    group : str
        The group of the legend that it stands in; empty for none.
    """

    layer_id: str
    title: str
    source: str
    style: Sequence[ET.Element]
    geometry: str = ""
    shown: bool = True
    group: str = ""


def write_project(
    layers: Sequence[ProjectLayer],
    path: Path,
    *,
    title: str,
    crs: CRS,
    bounds: tuple[float, float, float, float],
    abstract: str = "",
) -> Path:
    """Write a project of QGIS (.qgs).

    Parameters
    ----------
    layers : sequence of ProjectLayer
        The uppermost first.
    path : Path
        The .qgs to write, beside the files that it names.
    title, abstract : str
        The project's title, and what a reader must know of it.
    crs : CRS
        Of the project and of every layer.
    bounds : tuple
        West, south, east, north of the first view. [m]

    Returns
    -------
    Path
        The same path.
    """
    root = ET.Element("qgis", version=VERSION, projectname=title)
    ET.SubElement(root, "title").text = title
    metadata = ET.SubElement(root, "projectMetadata")
    ET.SubElement(metadata, "title").text = title
    ET.SubElement(metadata, "abstract").text = abstract
    ET.SubElement(root, "projectCrs").append(_reference(crs))
    root.append(_tree(layers))
    canvas = ET.SubElement(root, "mapcanvas", name="theMapCanvas", annotationsVisible="1")
    ET.SubElement(canvas, "units").text = "meters"
    extent = ET.SubElement(canvas, "extent")
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), bounds, strict=True):
        ET.SubElement(extent, name).text = f"{value:.3f}"
    ET.SubElement(canvas, "destinationsrs").append(_reference(crs))
    held = ET.SubElement(root, "projectlayers")
    held.extend(_layer(layer, crs) for layer in layers)
    order = ET.SubElement(root, "layerorder")
    for layer in layers:
        ET.SubElement(order, "layer", id=layer.layer_id)
    properties = ET.SubElement(root, "properties")
    paths = ET.SubElement(properties, "Paths")
    ET.SubElement(paths, "Absolute", type="bool").text = "false"
    reference = ET.SubElement(properties, "SpatialRefSys")
    ET.SubElement(reference, "ProjectionsEnabled", type="int").text = "1"
    ET.indent(root)
    head = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    with replacing(path) as temporary:
        temporary.write_text(
            head + sound(ET.tostring(root, encoding="unicode")) + "\n", encoding="utf-8"
        )
    return path


def _tree(layers: Sequence[ProjectLayer]) -> ET.Element:
    """The legend, in groups."""
    tree = ET.Element("layer-tree-group", name="", checked="Qt::Checked", expanded="1")
    groups: dict[str, ET.Element] = {"": tree}
    for layer in layers:
        if layer.group not in groups:
            groups[layer.group] = ET.SubElement(
                tree, "layer-tree-group", name=layer.group, checked="Qt::Checked", expanded="1"
            )
        ET.SubElement(
            groups[layer.group],
            "layer-tree-layer",
            {
                "id": layer.layer_id,
                "name": layer.title,
                "source": f"./{layer.source}",
                "providerKey": "ogr" if layer.geometry else "gdal",
                "checked": "Qt::Checked" if layer.shown else "Qt::Unchecked",
                "expanded": "1" if layer.shown else "0",
            },
        )
    return tree


def _layer(layer: ProjectLayer, crs: CRS) -> ET.Element:
    vector = bool(layer.geometry)
    element = ET.Element("maplayer", type="vector" if vector else "raster")
    if vector:
        element.set("geometry", layer.geometry)
        element.set("labelsEnabled", str(int(any(p.tag == "labeling" for p in layer.style))))
    ET.SubElement(element, "id").text = layer.layer_id
    ET.SubElement(element, "datasource").text = f"./{layer.source}"
    ET.SubElement(element, "layername").text = layer.title
    ET.SubElement(element, "srs").append(_reference(crs))
    provider = ET.SubElement(element, "provider")
    provider.text = "ogr" if vector else "gdal"
    if vector:
        provider.set("encoding", "UTF-8")
    element.extend(layer.style)
    return element


def _reference(crs: CRS) -> ET.Element:
    element = ET.Element("spatialrefsys")
    ET.SubElement(element, "wkt").text = crs.to_wkt()
    authority = crs.to_authority()
    ET.SubElement(element, "authid").text = ":".join(authority) if authority else ""
    return element
