"""Slope, price, border, access by road and partners of a site, worked out by hand."""

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from shapely.geometry import LineString, Point, box

from geocluster.errors import CRSError, GeoclusterWarning, TableError
from geocluster.industry.symbiosis import by_products_of, read_exchanges
from geocluster.load.roads import road_graph
from geocluster.siting.criteria import criteria_table, grouped_weights, signs_of
from geocluster.siting.describing import describe_sites
from geocluster.siting.ground import land_prices, slopes

CRS = "EPSG:32642"
X0, Y0 = 500_000.0, 4_500_000.0


def at(*bounds):
    west, south, east, north = bounds
    return box(X0 + west, Y0 + south, X0 + east, Y0 + north)


def line(*points):
    return LineString([(X0 + x, Y0 + y) for x, y in points])


def table(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


@pytest.fixture
def sites():
    return table([at(0, 0, 1000, 1000), at(5000, 0, 6000, 1000)], site_id=["S1", "S2"])


@pytest.fixture
def homes():
    return table([at(0, 3000, 1000, 4000)], people=[1000.0])


@pytest.fixture
def burden():
    y, x = Y0 + np.arange(9500, 0, -1000.0), X0 + np.arange(500, 10_000, 1000.0)
    return xr.DataArray(np.ones((10, 10)), dims=("y", "x"), coords={"y": y, "x": x})


@pytest.fixture
def terrain():
    """Flat in the west, a ramp of 10 m in 100 m from x = 5.5 km on."""
    x, y = X0 + np.arange(50, 10_000, 100.0), Y0 + np.arange(9950, 0, -100.0)
    rise = np.maximum(x - X0 - 5500, 0) * 0.1
    return xr.DataArray(
        np.tile(rise, (len(y), 1)), dims=("y", "x"), coords={"y": y, "x": x},
        attrs={"cell_m": 100.0, "crs": CRS},
    )  # fmt: skip


def test_slope_by_hand(sites, terrain):
    found = slopes(sites, terrain)
    assert found["slope_mean_pct"][0] == pytest.approx(0, abs=1e-9)
    # Ten cells a row: four flat, 2.5 and 7.5 % at the foot of the ramp, four of 10 %.
    assert found["slope_mean_pct"][1] == pytest.approx(5)
    assert found["steep_share"].tolist() == pytest.approx([0, 0.4])
    assert np.isnan(slopes(sites, None)["slope_mean_pct"]).all()
    beyond = table([at(50_000, 0, 51_000, 1000)])
    assert np.isnan(slopes(beyond, terrain)["steep_share"]).all()


def test_price_by_hand(sites):
    prices = table(
        [at(0, 0, 250, 1000), at(250, 0, 2000, 1000), at(5000, 0, 5400, 1000)],
        price_per_ha=[100.0, 200.0, 900.0],
        currency=["USD"] * 3,
        type=["pasture", "arable", "arable"],
    )
    found = land_prices(sites, prices)
    assert found["land_price_per_ha"][0] == pytest.approx(175)
    assert np.isnan(found["land_price_per_ha"][1])  # two fifths priced: too little is known
    assert found["land_type"].tolist() == ["arable", "arable"]
    assert found["land_price_currency"].tolist() == ["USD", ""]
    assert found["land_price_origin"].tolist() == ["layer of prices", ""]


def test_a_price_stated_with_the_site_comes_first(sites):
    prices = table([at(-9000, -9000, 9000, 9000)], price_per_ha=[100.0])
    own = sites.assign(price_per_ha=[np.nan, 40.0], currency=[None, "USD"])
    found = land_prices(own, prices)
    assert found["land_price_per_ha"].tolist() == [100, 40]
    assert found["land_price_origin"].tolist() == ["layer of prices", "stated with the site"]
    assert np.isnan(land_prices(own.iloc[[0]], None)["land_price_per_ha"]).all()


def test_prices_in_two_currencies_cannot_be_compared(sites):
    prices = table(list(sites.geometry), price_per_ha=[1.0, 2.0], currency=["USD", "UZS"])
    with pytest.raises(TableError, match="in USD, UZS"):
        land_prices(sites, prices)


def test_layers_in_other_systems_and_empty_ones(sites, burden, homes):
    prices = table([at(-9000, -9000, 9000, 9000)], price_per_ha=[100.0]).to_crs(4326)
    border = table([line((0, 8000), (9000, 8000))]).to_crs(4326)
    places = table([Point(X0 + 500, Y0 + 2500)], kind=["school"]).to_crs(4326)
    found = describe_sites(
        sites, burden, homes, None, None, prices=prices, border=border, places=places
    )
    assert found["land_price_per_ha"].tolist() == [100, 100]
    assert found["distance_border_m"].tolist() == pytest.approx([7000, 7000], abs=1)
    assert found["schools_within_2_km"].tolist() == [1, 0]
    assert found["hospitals_within_2_km"].tolist() == [0, 0]
    empty = {name: layer.iloc[:0] for name, layer in
             {"prices": prices, "border": border, "places": places}.items()}  # fmt: skip
    bare = describe_sites(sites, burden, homes, None, None, **empty)
    assert bare[["land_price_per_ha", "distance_border_m"]].isna().all(axis=None)
    assert "schools_within_2_km" not in bare
    nowhere = prices.set_crs(None, allow_override=True)
    with pytest.raises(CRSError, match="prices"):
        describe_sites(sites, burden, homes, None, None, prices=nowhere)


def test_distances_of_a_class_and_the_border_has_no_weight(sites, burden, homes):
    land = table(
        [Point(X0 + 1500, Y0 + 500), line((0, 2000), (9000, 2000)), at(0, 5000, 100, 5100)],
        kind=["power", "power", "wastewater"],
        **{"class": ["substation", "line", None]},
    )
    border = table([line((0, 8000), (9000, 8000))])
    found = describe_sites(sites, burden, homes, land, None, border=border)
    assert found["distance_power_m"].tolist() == [500, 1000]
    assert found["distance_substation_m"].tolist() == [500, 3500]
    assert found["distance_wastewater_m"].iloc[0] == 4000
    assert "distance_border_m" not in signs_of(found)
    with pytest.warns(GeoclusterWarning):
        weights = grouped_weights({"exposure": 1, "access": 1}, found)
    assert "distance_border_m" not in weights
    assert weights["distance_substation_m"] == pytest.approx(weights["distance_power_m"])


@pytest.fixture
def roads():
    """A trunk road 8.5 km to the north, and a tertiary road to it past the first site."""
    return table(
        [line((500, 1000), (500, 5000), (500, 9500)), line((500, 9500), (40_500, 9500))],
        kind=["road", "road"],
        **{"class": ["tertiary", "trunk"]},
    )


def test_minutes_by_road_take_the_place_of_straight_distances(sites, burden, homes, roads):
    graph = road_graph(roads)
    found = describe_sites(sites, burden, homes, roads, None, roads=graph)
    speed = graph.speeds["tertiary"]
    assert found["minutes_trunk_road"].iloc[0] == pytest.approx(8.5 / speed * 60, rel=1e-6)
    assert found["minutes_trunk_road"].iloc[1] > found["minutes_trunk_road"].iloc[0]
    assert found["workers_within_60_min"].iloc[0] == 1000
    signs = signs_of(found)
    assert "minutes_trunk_road" in signs
    assert not {"distance_road_m", "workers_within_15_km"} & set(signs)
    bare = describe_sites(sites, burden, homes, roads, None)
    assert bare["minutes_trunk_road"].isna().all()
    assert {"distance_road_m", "workers_within_15_km"} <= set(signs_of(bare))
    graph = road_graph(roads.to_crs(32641))
    with pytest.raises(CRSError, match="roads"):
        describe_sites(sites, burden, homes, roads, None, roads=graph)


def test_by_products_reach_as_far_as_they_travel(sites, burden, homes):
    works = table(
        [at(7500, 0, 8000, 500), at(0, 20_000, 500, 20_500)],
        sectors=["Power", "metals, C23.51, unheard of"],
    )
    found = describe_sites(sites, burden, homes, None, works)
    # Steam travels 2 km: 1.5 km from the second site, 6.5 km from the first.
    assert found["by_products"].tolist() == [
        "slag; sulphuric acid from off-gas", "slag; sulphuric acid from off-gas; steam",
    ]  # fmt: skip
    assert found["by_products_in_reach"].tolist() == [2, 3]
    unknown = describe_sites(sites, burden, homes, None, works.assign(sectors=None))
    assert unknown["by_products_in_reach"].isna().all()


def test_the_exchanges_are_whole():
    exchanges = read_exchanges()
    assert set(exchanges["grade"]) <= {"read", "known"}
    assert (exchanges[["nace", "words", "by_product", "use", "receivers", "source"]] != "").all(
        axis=None
    )
    assert exchanges["travels_km"].between(1, 50).all()
    assert by_products_of("C 24") == by_products_of("metals")
    assert by_products_of("") == by_products_of("C99.1") == []


def test_what_is_assumed_stands_beside_a_site(sites, burden, homes):
    land = table([line((0, 2000), (9000, 2000)), line((0, 1500), (2000, 1500))],
                 kind=["rail", "road"], origin=["schematic", "OpenStreetMap"])  # fmt: skip
    found = describe_sites(sites, burden, homes, land, None)
    assert found["criteria_notes"].tolist() == ["rail: schematic"] * 2
    assert "worst_home_name" not in found
    silent = describe_sites(sites, burden, homes, land.assign(origin="reported"), None)
    assert "criteria_notes" not in silent or (silent["criteria_notes"] == "").all()


def test_growth_of_people_or_of_built_up_land(sites, burden, homes):
    cells = [at(2000, 0, 3000, 1000), at(20_000, 0, 21_000, 1000)]
    people = table(cells, people=[300.0, 900.0]).to_crs(4326)
    found = describe_sites(sites, burden, homes, None, None, growth=people)
    # The cell begins 1 km east of the first site and ends 2 km west of the second.
    assert found["growth_people"].tolist() == pytest.approx([300, 0], abs=1)
    assert found["growth_built_up_ha"].isna().all()
    land = table(cells, built_up_km2=[0.5, 0.1])
    built = describe_sites(sites, burden, homes, None, None, growth=land)
    assert built["growth_built_up_ha"].iloc[0] == pytest.approx(50, rel=0.01)
    assert "growth_built_up_ha" in signs_of(built)
    # A raster in which nothing is expected says 0; without one nothing is known.
    none = describe_sites(sites, burden, homes, None, None, growth=people.iloc[:0])
    assert none["growth_people"].tolist() == [0, 0]
    assert describe_sites(sites, burden, homes, None, None)["growth_people"].isna().all()


def test_completeness_and_what_would_fill_a_gap(sites, burden, homes):
    own = sites.assign(price_per_ha=[np.nan, 40.0])
    criteria = criteria_table(describe_sites(own, burden, homes, None, None)).set_index("column")
    assert criteria.loc["land_price_per_ha", "completeness"] == 0.5
    assert criteria.loc["slope_mean_pct", "completeness"] == 0
    assert criteria.loc["slope_mean_pct", "input"] == "[inputs] dem"
    missing = criteria[criteria["completeness"] == 0]
    assert (missing["input"] != "").all()


def test_the_tables_alone_give_only_what_they_hold():
    from geocluster.siting.criteria import CRITERIA

    land = pd.DataFrame({"kind": ["power", "road"], "class": ["line", "trunk"]})
    given = {item.column for item in CRITERIA if item.from_tables(land)}
    assert {"distance_power_m", "distance_road_m", "workers_within_15_km"} <= given
    assert not {"distance_substation_m", "minutes_trunk_road", "slope_mean_pct",
                "distance_border_m", "worst_home_ug_m3_per_g_s"} & given  # fmt: skip
    with_station = land.assign(**{"class": ["substation", "trunk"]})
    assert "distance_substation_m" in {i.column for i in CRITERIA if i.from_tables(with_station)}


def test_a_park_without_weather_leaves_the_air_missing(sites, burden, homes):
    park = SimpleNamespace(releases=[], emissions={"nox": 1.0})
    found = describe_sites(sites, burden, homes, None, None, park=park)
    assert found["worst_home_ug_m3_per_g_s"].isna().all()
