"""What is asked for in a fetch, what its steps tell, and where it stands."""

from __future__ import annotations

import hashlib
import json
import shutil
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geocluster.errors import GeoclusterWarning, InputError
from geocluster.files import replacing
from geocluster.load.isd_lite import ISD_URL
from geocluster.load.nominatim import NOMINATIM_URL
from geocluster.load.online_words import is_address, shown
from geocluster.load.open_meteo import OPEN_METEO_URL
from geocluster.load.overpass import OVERPASS_URL, TILE_KM

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from geocluster.load.online import Client
    from geocluster.region import Region

LONLAT = "EPSG:4326"
# As far as extracts are read around a region, and as far as plumes reach.
FEATURES_M, REACH_M = 10_000.0, 50_000.0
OSM_LICENCE = "Open Database License 1.0, © OpenStreetMap contributors"
ORDER = ("boundary", "features", "weather", "people", "terrain")
OPTIONAL = ("features", "weather", "people")
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Request:
    """What to fetch, and from where; one of `place`, `bbox` and `boundary` says of which region.

    Parameters
    ----------
    place : str, optional
        A place's name, as "Navoi, Uzbekistan".
    bbox : tuple, optional
        West, south, east, north. [degrees]
    boundary : Path, optional
        A vector file of polygons.
    name : str, optional
        What the region is called; otherwise as the place or file.
    osm, weather, towns : Path, optional
        Files instead of Overpass, Open-Meteo, and the towns of OpenStreetMap.
    isd : str, optional
        A station of NOAA instead of Open-Meteo.
    population, dem : str, optional
        File or address of a raster; "worldpop", "copernicus" for those services.
    without : frozenset
        Steps to leave out, of `OPTIONAL`.
    """

    place: str | None = None
    bbox: Box | None = None
    boundary: Path | None = None
    name: str | None = None
    year: int | None = None
    osm: Path | None = None
    weather: Path | None = None
    isd: str | None = None
    weather_at: tuple[float, float] | None = None
    time_zone: float | None = None
    towns: Path | None = None
    population: str | None = None
    dem: str | None = None
    without: frozenset[str] = frozenset()
    buildings: bool = False
    tile_km: float = TILE_KM
    nominatim_url: str = NOMINATIM_URL
    overpass_url: str = OVERPASS_URL
    weather_url: str = OPEN_METEO_URL
    isd_url: str = ISD_URL
    population_url: str | None = None
    dem_url: str | None = None


@dataclass
class Told:
    """What a step leaves behind: its files, and what SOURCES.md and the closing message say."""

    files: list[str]
    what: str
    source: str
    licence: str
    fetched: str
    notes: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Site:
    """Where a fetch stands: the request, the folder, the client, and the region once known."""

    request: Request
    folder: Path
    client: Client
    tell: Callable[[str], None]
    told: dict[str, Told] = field(default_factory=dict)

    @property
    def region(self) -> Region:
        """The region, from the boundary that the first step wrote."""
        from geocluster.load.vector import read_boundary
        from geocluster.region import Region

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GeoclusterWarning)
            boundary = read_boundary(self.folder / "boundary.geojson")
            return Region.from_boundary(self.told["boundary"].facts["name"], boundary)

    def area(self, margin_m: float) -> BaseGeometry:
        """The region and a margin around it, in degrees. [m]"""
        import geopandas as gpd
        import shapely

        region = self.region
        near = shapely.segmentize(region.boundary.buffer(margin_m), 5_000)
        return gpd.GeoSeries([near], crs=region.crs).to_crs(LONLAT).iloc[0]

    def middle(self) -> tuple[float, float]:
        """Longitude and latitude of a point inside the region, as near its middle as can be."""
        import geopandas as gpd

        region = self.region
        centre = region.boundary.centroid
        if not region.boundary.contains(centre):
            centre = region.boundary.representative_point()
        point = gpd.GeoSeries([centre], crs=region.crs).to_crs(LONLAT)
        return round(float(point.x.iloc[0]), 4), round(float(point.y.iloc[0]), 4)


def own(site: Site, files: list[str], what: str, facts: dict[str, Any] | None = None) -> Told:
    """What is told of a file of the user's own."""
    return Told(files, what, "your own", "yours", site.client.today(), facts=facts or {})


def copied(source: Path, target: Path) -> Path:
    """A copy of a local file, whole or not at all."""
    if not source.is_file():
        raise InputError(str(source), "there is no such file")
    with replacing(target) as temporary:
        shutil.copyfile(source, temporary)
    return target


def wanted_steps(request: Request) -> list[str]:
    """The steps of a request, in their order."""
    terrain = request.dem or request.dem_url
    left_out = request.without | (set() if terrain else {"terrain"})
    return [name for name in ORDER if name not in left_out]


def asked_of(name: str, request: Request, told: dict[str, Told], folder: Path) -> dict[str, Any]:
    """What a step's outcome depends on, but for the servers: where it changes, fetch again."""
    before = [] if name == "boundary" else ["boundary"]
    asked: dict[str, Any] = {}
    if name == "boundary":
        asked = {"name": request.name}
    if name == "features":
        from geocluster.load.osm_tags import read_tag_rows

        rows = hashlib.sha256(repr(read_tag_rows()).encode()).hexdigest()
        asked = {"osm": _file(request.osm), "buildings": request.buildings, "tags": rows}
    if name == "weather":
        asked = {
            "file": _file(request.weather),
            "isd": request.isd,
            "at": request.weather_at,
            "year": request.year,
            "time_zone": request.time_zone,
            "industry": told["features"].facts.get("industry") if "features" in told else None,
        }
    if name == "people":
        raster = request.population or request.population_url
        asked = {"raster": _source(raster), "towns": _file(request.towns)}
        before += [] if raster or request.towns else ["features"]
    if name == "terrain":
        asked = {"raster": _source(request.dem or request.dem_url)}
    asked["before"] = [
        digest_of(folder / file) for step in before if step in told for file in told[step].files
    ]
    return json.loads(json.dumps(asked))


def _source(text: str | None) -> str | None:
    if text is None:
        return None
    return shown(text) if is_address(text) else _file(Path(text)) or text


def _file(path: Path | None) -> str | None:
    return None if path is None or not path.is_file() else digest_of(path)


def digest_of(path: Path) -> str:
    """SHA-256 of a file; empty where there is none."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
