"""Real lists whose coordinates are wrong: what is set aside is counted, named, and told why."""

import warnings

import geopandas as gpd
import pandas as pd
import pytest

from geocluster.errors import InputError, MendedWarning
from geocluster.load.settings import read_settings
from geocluster.load.vector import read_boundary, read_places
from geocluster.region import Region


@pytest.fixture(scope="module")
def tashkent(shared) -> Region:
    """Tashkent region, by Natural Earth."""
    boundary = read_boundary(
        shared / "data/boundaries/naturalearth_uz_adm1.geojson", where={"name": "Tashkent"}
    )
    return Region.from_boundary("Tashkent region", boundary)


def read(path, region, **options):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        table = read_places(path, region, **options)
    return table, [str(one.message).split(": ", 1)[1] for one in told]


def test_carma_s_plants_hundreds_of_kilometres_off_are_named(shared, tashkent):
    path = shared / "data/sources/carma2009_uzb_bad_geocodes.csv"
    names = {"name": "plant", "kind": "iso3"}
    with pytest.raises(InputError, match="no value in rows 32, 33, 34, 35, 36 and 9 more is not a"):
        read_places(path, tashkent, rename=names)
    places, told = read(path, tashkent, rename=names, on_bad_coordinates="drop")
    assert told[0].startswith("14 rows without usable coordinates left out (rows 32, 33, 34, ")
    assert told[0].endswith(": 14 without a number, 0 off the earth")
    assert "of 31 places left out, more than 50 km outside Tashkent region: " in told[1]
    named = told[1].split("Tashkent region: ")[1].split(", ")
    assert {"NOVO-ANGREN", "SYRDARYA", "NAVOI", "TAKHIATASH"} <= set(named)
    assert not {"ANGREN", "CHIRCHIK-1", "TASHKENT-1"} & set(named)
    assert len(places) == 31 - len(named)


def test_the_broken_kindergartens_are_counted_by_reason(shared, tashkent):
    path = shared / "data/receptors/kindergardengov_uz.csv"
    names = {"name": "title", "kind": "type"}
    raw = pd.read_csv(path)
    off = (raw["lat"].abs() > 90) | (raw["long"].abs() > 180)
    with pytest.raises(InputError, match=r"off the earth in rows 627, 1152, .* and 12 more"):
        read_places(path, tashkent, rename=names)
    places, told = read(path, tashkent, rename=names, on_bad_coordinates="drop")
    assert told[0].endswith(f": 0 without a number, {off.sum()} off the earth")
    assert off.sum() == 17
    kept = gpd.GeoSeries(gpd.points_from_xy(raw["long"], raw["lat"])[~off], crs=4326)
    far = ~kept.to_crs(tashkent.crs).dwithin(tashkent.boundary, 50_000)
    assert told[1].startswith(
        f"{far.sum()} of 6461 places left out, more than 50 km outside Tashkent region: "
    )
    assert told[1].endswith("would lie there with longitude and latitude swapped")
    assert len(places) == 6461 - far.sum() > 1000


def test_a_study_can_say_so(small_study):
    (small_study / "schools.csv").write_text("kind,lon,lat\nschool,69.2,41.1\nschool,690,41.1\n")
    toml = (small_study / "study.toml").read_text()
    (small_study / "study.toml").write_text(
        toml.replace(
            "[inputs]\n",
            '[inputs]\nplaces = { path = "schools.csv", on_bad_coordinates = "drop" }\n',
        )
    )
    from geocluster.inputs import places_of, region_of

    settings = read_settings(small_study)
    with pytest.warns(MendedWarning, match="1 rows without usable .* 1 off the earth"):
        assert len(places_of(settings, region_of(settings), None)) == 1
