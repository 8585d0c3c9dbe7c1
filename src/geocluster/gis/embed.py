"""Styles put into the files that they belong to: QGIS takes them when it opens the layer."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from geocluster.files import STAMP, replacing

TABLE = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT, f_table_schema TEXT, f_table_name TEXT, f_geometry_column TEXT,
    styleName TEXT, styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
    owner TEXT, ui TEXT, update_time DATETIME DEFAULT '2000-01-01T00:00:00Z'
)
"""


def embed_styles(path: Path, styles: Mapping[str, str]) -> Path:
    """Give layers of a GeoPackage a style of QGIS each, taken by default when they are opened.

    Parameters
    ----------
    path : Path
        A GeoPackage.
    styles : mapping of str
        Layer to its style as QML. A layer that the file does not have is left out.

    Returns
    -------
    Path
        The same path.

    Examples
    --------
    >>> import geopandas, tempfile
    >>> from shapely.geometry import Point
    >>> from geocluster.files import write_layers
    >>> table = geopandas.GeoDataFrame({"name": ["a"]}, geometry=[Point(0, 0)], crs=32642)
    >>> path = write_layers({"towns": table}, Path(tempfile.mkdtemp()) / "towns.gpkg")
    >>> with closing(sqlite3.connect(embed_styles(path, {"towns": "<qgis/>"}))) as file:
    ...     file.execute("SELECT f_table_name, styleQML FROM layer_styles").fetchall()
    [('towns', '<qgis/>')]
    """
    with closing(sqlite3.connect(path)) as file, file:
        rows = file.execute("SELECT table_name, column_name FROM gpkg_geometry_columns").fetchall()
        columns = dict(rows)
        file.execute(TABLE)
        file.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles', ?)",
            (STAMP,),
        )
        file.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
            "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
            "update_time) VALUES ('', '', ?, ?, 'geocluster', ?, '', 1, '', '', ?)",
            [
                (name, columns[name], style, STAMP)
                for name, style in styles.items()
                if name in columns
            ],
        )
    return path


def write_style(style: str, raster: Path) -> Path:
    """A raster's style, in the file beside it that QGIS looks for."""
    path = raster.with_suffix(".qml")
    with replacing(path) as temporary:
        temporary.write_text(style, encoding="utf-8")
    return path
