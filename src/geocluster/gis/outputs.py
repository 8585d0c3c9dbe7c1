"""A run's files made ready for a GIS: styles in and beside them, and a project that opens all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from geocluster.files import write_classes, write_layers
from geocluster.gis import styles
from geocluster.gis.asked import AIR, SITING, looks_asked, rasters_asked, tables_asked
from geocluster.gis.embed import embed_styles, write_style
from geocluster.gis.land import land_classes
from geocluster.gis.project import ProjectLayer, write_project
from geocluster.gis.qml import classes, document, surface
from geocluster.maps.base_map import land_beneath
from geocluster.maps.surfaces import drawn_fields

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    import geopandas as gpd

    from geocluster.results import Results
    from geocluster.study import Study

PROJECT = "geocluster.qgs"
GEOMETRY = {"Point": "Point", "LineString": "Line", "Polygon": "Polygon"}


def write_gis_files(study: Study, results: Results, target: Path) -> dict[str, Path]:
    """Style what a run has written, and write a QGIS project that opens it.

    Parameters
    ----------
    study, results
        The run.
    target : Path
        The folder that holds homes.gpkg, sites.gpkg, clusters.gpkg, concentration.tif and
        burden.tif of this run.

    Returns
    -------
    dict
        Name to path of each file added.
    """
    from geocluster.exposure.limits import read_limits
    from geocluster.region import metric_crs

    limits = read_limits(study.settings.limits())
    region = study.region
    word = results.demonstration
    drawn = results.not_valid
    outlines: dict[str, gpd.GeoDataFrame] = {
        "boundary": _boundary(study),
        "not_valid": drawn if word is None else drawn.assign(demonstration=word),
    }
    beneath = land_beneath(study.land, region)
    if len(beneath):
        outlines["land"] = beneath
    files = {"region.gpkg": write_layers(outlines, target / "region.gpkg")}
    separable = results.stability.get("winner") is not None
    looks: dict[str, dict[str, list[Element]]] = {
        "sites.gpkg": {"sites": styles.sites_style(separable)},
        "clusters.gpkg": {
            "sources": styles.sources_style(study.sources),
            "clusters": styles.clusters_style(),
        },
        "homes.gpkg": {"homes": styles.homes_style(results.exposure, results.field, limits)},
        "region.gpkg": {
            "not_valid": styles.not_valid_style(),
            "boundary": styles.boundary_style(),
        },
        **looks_asked(results),
    }
    for name, layers in looks.items():
        embed_styles(target / name, {layer: document(parts) for layer, parts in layers.items()})
    land = land_classes(results.suitable)
    files["suitable.tif"] = write_classes(
        land.classes,
        target / "suitable.tif",
        crs=metric_crs(region.crs, region.name).to_wkt(),
        colours=land.colours,
        labels=land.labels,
        tags={} if word is None else {"demonstration": word},
    )
    look = [classes(list(land.colours.values()), list(land.labels.values()))]
    title = "Suitable land, and what excludes the rest"
    fringe = ProjectLayer("geocluster_land", title, "suitable.tif", look, shown=False, group=SITING)
    air, siting = _concentrations(results, limits), _burdens(results)
    asked = rasters_asked(study, results)
    rasters = {"concentration.tif": air, "burden.tif": siting, "suitable.tif": [fringe], **asked}
    for raster, of_raster in rasters.items():
        if of_raster:
            files[f"{raster[:-4]}.qml"] = write_style(document(of_raster[0].style), target / raster)
    tables = {
        **tables_asked(results),
        "sites": (results.sites, "Candidate sites", SITING),
        "not_valid": (outlines["not_valid"], "Not for decisions", ""),
        "sources": (study.sources, "Sources", AIR),
        "clusters": (results.clusters, "Industrial clusters", AIR),
        "homes": (results.exposure, "Homes, by what is added where they live", AIR),
        "boundary": (outlines["boundary"], region.name, ""),
    }
    vectors = [
        ProjectLayer(
            f"geocluster_{layer}",
            tables[layer][1],
            f"{name}|layername={layer}",
            parts,
            geometry=_geometry(tables[layer][0]),
            shown=layer not in ("homes", "together", "facilities"),
            group=tables[layer][2],
        )
        for name, layers in looks.items()
        for layer, parts in layers.items()
        if len(tables[layer][0])
    ]
    vectors.sort(key=lambda layer: list(tables).index(layer.layer_id.removeprefix("geocluster_")))
    files[PROJECT] = write_project(
        [*vectors, *siting, fringe, *air, *(layer for of in asked.values() for layer in of)],
        target / PROJECT,
        title=region.name if word is None else f"{region.name}: demonstration",
        crs=metric_crs(region.crs, region.name),
        bounds=region.boundary.bounds,
        abstract="\n".join([*([word] if word else []), results.verdict, *results.notes]),
    )
    return files


def _boundary(study: Study) -> gpd.GeoDataFrame:
    import geopandas as gpd

    region = study.region
    return gpd.GeoDataFrame({"name": [region.name]}, geometry=[region.boundary], crs=region.crs)


def _concentrations(results: Results, limits: Any) -> list[ProjectLayer]:
    """A layer a pollutant and statistic of concentration.tif; the first one is shown."""
    field = results.field
    # The bands of the file: every statistic, and in it every pollutant with its low and high case.
    bands = [
        (str(pollutant), str(statistic))
        for statistic in field.data_vars
        if "pollutant" in field[statistic].dims
        for pollutant in field["pollutant"].values
    ]
    layers: list[ProjectLayer] = []
    for pollutant, statistic in drawn_fields(field):
        breaks, colours = styles.surface_classes(field, pollutant, statistic, limits)
        if not breaks:
            continue
        band = bands.index((pollutant, statistic)) + 1
        layers.append(
            ProjectLayer(
                f"geocluster_{pollutant}_{statistic}",
                f"{styles.surface_title(pollutant, statistic)} [µg/m³]",
                "concentration.tif",
                [surface(band, breaks, colours, "µg/m³")],
                shown=not layers,
                group=AIR,
            )
        )
    return layers


def _burdens(results: Results) -> list[ProjectLayer]:
    """The burden of the park, and of each release by itself."""
    names = ["the park", *(str(name) for name in results.burdens["release"].values)]
    layers: list[ProjectLayer] = []
    for band, (name, part) in enumerate(
        zip(names, [results.burden, *results.burdens], strict=True), start=1
    ):
        breaks, colours = styles.burden_classes(part)
        if breaks:
            layers.append(
                ProjectLayer(
                    f"geocluster_burden_{band}",
                    f"Burden of one more g/s, {name} [persons × µg/m³ per g/s]",
                    "burden.tif",
                    [surface(band, breaks, colours, "")],
                    shown=False,
                    group=SITING,
                )
            )
    return layers


def _geometry(table: gpd.GeoDataFrame) -> str:
    kinds = table.geometry.geom_type.str.removeprefix("Multi").dropna()
    return GEOMETRY.get(str(kinds.iloc[0]), "Polygon") if len(kinds) else "Polygon"
