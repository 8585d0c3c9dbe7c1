"""What a finished run left in its folder, read back without computing anything again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from geocluster.comparing.grids import Raster, read_raster
from geocluster.errors import InputError
from geocluster.region import Region

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

Read = TypeVar("Read")

FILES = (
    "provenance.json",
    "concentration.tif",
    "burden.tif",
    "suitable.tif",
    "sites.gpkg",
    "exposure.csv",
    "homes.gpkg",
    "region.gpkg",
)
SITE_COLUMNS = ("site_id", "rank", "score")
EXPOSURE_COLUMNS = ("pollutant", "statistic", "limit_id", "people_above", "low", "high")
EXPOSURE_FIGURES = (
    "value_ug_m3",
    "people_weighted_mean_ug_m3",
    "mean_low_ug_m3",
    "mean_high_ug_m3",
    "people_above",
    "low",
    "high",
)


@dataclass(frozen=True)
class Run:
    """The results of a run.

    Parameters
    ----------
    folder : Path
        Where they lie.
    provenance : dict
        Inputs with hashes, settings, versions, notes; from provenance.json.
    region : Region
        Name and boundary.
    concentration, burden, suitable : Raster
        As the run wrote them.
    sites, homes, not_valid : GeoDataFrame
        Candidates, homes, and areas that are not for decisions.
    exposure : DataFrame
        A row a limit.
    land : GeoDataFrame or None
        Water, railways and roads for orientation, with `kind`.
    """

    folder: Path
    provenance: dict[str, Any]
    region: Region
    concentration: Raster
    burden: Raster
    suitable: Raster
    sites: gpd.GeoDataFrame
    homes: gpd.GeoDataFrame
    not_valid: gpd.GeoDataFrame
    exposure: pd.DataFrame
    land: gpd.GeoDataFrame | None = None

    @property
    def demonstration(self) -> str | None:
        """Why its figures are a demonstration only, if they are."""
        return _text(self.provenance.get("demonstration"))

    @property
    def verdict(self) -> str:
        """What the run says of its ranking."""
        return _text(self.provenance.get("verdict")) or ""

    @property
    def notes(self) -> list[str]:
        """What the run says of its figures, each sentence once."""
        told = [*_list(self.provenance, "notes"), *_list(self.provenance, "warnings")]
        return list(dict.fromkeys(str(one) for one in told))


def read_run(folder: str | Path) -> Run:
    """Read the results of a run.

    Parameters
    ----------
    folder : str or Path
        As ``geocluster run`` wrote it.

    Raises
    ------
    InputError
        Where files are missing (all are named) or cannot be read.
    """
    folder = Path(folder)
    _check(folder)
    provenance = _provenance(folder / "provenance.json")
    boundary = _layer(folder / "region.gpkg", "boundary", ())
    if boundary.empty:
        raise InputError(str(folder / "region.gpkg"), f"no boundary in it: {_again()}")
    name = _text(provenance.get("study")) or folder.resolve().name
    return Run(
        folder,
        provenance,
        Region(name, boundary.geometry.union_all(), boundary.crs),  # type: ignore[arg-type]
        concentration=read_raster(folder / "concentration.tif"),
        burden=read_raster(folder / "burden.tif"),
        suitable=read_raster(folder / "suitable.tif"),
        sites=_sites(folder / "sites.gpkg"),
        homes=_layer(folder / "homes.gpkg", "homes", ()),
        not_valid=_layer(folder / "region.gpkg", "not_valid", ("reason",)),
        exposure=_exposure(folder / "exposure.csv"),
        land=_land(folder / "region.gpkg"),
    )


def _check(folder: Path) -> None:
    if not folder.is_dir():
        raise InputError(str(folder), "there is no such folder: name the results of a run")
    if (folder / "study.toml").is_file() and not (folder / "provenance.json").is_file():
        raise InputError(
            str(folder),
            f"this is a study, not the results of one: geocluster run {folder} makes them in "
            f"maps/{folder.resolve().name}, which is the folder to name here",
        )
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise InputError(
            str(folder), f"{', '.join(missing)}: not there, so this is no whole run; {_again()}"
        )


def _again() -> str:
    return "run the study (again) with geocluster run"


def _provenance(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text("utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise InputError(str(path), f"is no JSON that can be read ({error}): {_again()}") from None
    if not isinstance(read, dict):
        raise InputError(str(path), f"is not what a run writes: {_again()}")
    return read


def _sites(path: Path) -> gpd.GeoDataFrame:
    table = _layer(path, "sites", SITE_COLUMNS)
    table = table.assign(site_id=table["site_id"].astype(str))
    for column in ("rank", "score", "top_three_share", "area_ha"):
        table[column] = _numbers(table[column]) if column in table else np.nan
    if table["site_id"].duplicated().any():
        raise InputError(str(path), f"a site_id comes more than once: {_again()}")
    shapes = table.geometry.make_valid()
    return table.set_geometry(shapes).sort_values(["rank", "site_id"], ignore_index=True)


def _layer(path: Path, layer: str, columns: tuple[str, ...]) -> gpd.GeoDataFrame:
    import geopandas as gpd

    table = _readable(path, lambda: gpd.read_file(path, layer=layer))
    missing = [name for name in columns if name not in table]
    if missing or not isinstance(table, gpd.GeoDataFrame):
        what = ", ".join(missing) or "geometry"
        raise InputError(str(path), f"layer {layer} has no {what}: {_again()}")
    if table.crs is None:
        raise InputError(str(path), f"layer {layer} has no reference system: {_again()}")
    return table


def _land(path: Path) -> gpd.GeoDataFrame | None:
    """What lies beneath; runs of earlier versions left nothing of it."""
    import pyogrio

    layers = _readable(path, lambda: pyogrio.list_layers(path))
    return _layer(path, "land", ("kind",)) if "land" in layers[:, 0] else None


def _exposure(path: Path) -> pd.DataFrame:
    import pandas as pd

    table = _readable(path, lambda: pd.read_csv(path))
    missing = [name for name in EXPOSURE_COLUMNS if name not in table]
    if missing:
        raise InputError(str(path), f"columns {', '.join(missing)} are missing: {_again()}")
    for column in EXPOSURE_FIGURES:
        table[column] = _numbers(table[column]) if column in table else np.nan
    for column in ("pollutant", "statistic", "limit_id"):
        table[column] = table[column].astype(str)
    return table.drop_duplicates(["pollutant", "statistic", "limit_id"], ignore_index=True)


def _numbers(values: pd.Series) -> pd.Series:
    import pandas as pd

    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    return numbers.where(np.isfinite(numbers))


def _readable(path: Path, read: Callable[[], Read]) -> Read:
    """What reading gives; whatever a broken file makes a reader raise is one message."""
    try:
        return read()
    except InputError:
        raise
    except Exception as error:  # drivers raise errors of many kinds on files that are broken
        first = str(error).strip().split("\n")[0]
        raise InputError(str(path), f"cannot be read ({first}): {_again()}") from None


def _list(content: dict[str, Any], key: str) -> list[Any]:
    found = content.get(key)
    return found if isinstance(found, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
