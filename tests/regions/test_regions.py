"""The default regions hold what they say: places, people, plants, and an inventory that can be."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from geocluster.exposure.residents import spread_towns
from geocluster.industry.emissions import SECONDS_A_YEAR, emissions_from_activity
from geocluster.industry.reconciliation import inventory_totals, reconcile_inventory
from geocluster.load.settings import read_settings
from geocluster.load.towns import read_towns
from geocluster.load.weather import read_weather
from geocluster.plume.field import PlumeOptions, concentration
from geocluster.region import Region
from geocluster.tables import check_table

REGIONS = ("tashkent", "navoi", "andijan", "bukhara")
OFFICIAL = {"tashkent": 6_124_400, "navoi": 1_079_900, "andijan": 3_409_000, "bukhara": 2_050_600}
AREA_KM2 = {"tashkent": 15_600, "navoi": 110_800, "andijan": 4_240, "bukhara": 40_200}
GAS = "power_gas"


@pytest.fixture(scope="module")
def regions(root) -> Path:
    return root / "data" / "regions"


def sources_of(folder: Path) -> gpd.GeoDataFrame:
    return emissions_from_activity(pd.read_csv(folder / "plants.csv"))


def kt(sources, pollutant, case=""):
    return float(sources[f"{case}emission_{pollutant}_g_s"].sum()) * SECONDS_A_YEAR / 1e9


@pytest.fixture(scope="module")
def increments(regions):
    """Annual SO2 added by plants, low, central and high, at stations and towns. [ug/m3]"""
    weather = read_weather(regions / "tashkent" / "weather.csv")
    options = PlumeOptions(reach_m=100_000)

    def added(region: str, epsg: int, places: dict[str, tuple[float, float]]) -> pd.DataFrame:
        sources = sources_of(regions / region)
        for case in ("low", "high"):
            sources[f"emission_so2_{case}_g_s"] = sources[f"{case}_emission_so2_g_s"]
        points = gpd.GeoDataFrame(
            geometry=gpd.points_from_xy(*zip(*places.values(), strict=True)), crs="EPSG:4326"
        ).to_crs(epsg)
        names = ["so2_low", "so2", "so2_high"]
        field = concentration(sources, points, weather, pollutants=names, options=options)
        return pd.DataFrame(field["mean"].values.T, index=list(places), columns=names)

    return added


@pytest.mark.parametrize("region", REGIONS)
def test_the_settings_are_read_and_every_file_named_is_there(regions, region):
    settings = read_settings(regions / region)
    assert settings.park.area_ha == 50
    assert settings.weather.valid is (region == "tashkent")
    assert sum(release["share"] for release in settings.park.releases) == pytest.approx(1)
    assert (regions / region / "SOURCES.md").is_file()


@pytest.mark.parametrize("region", REGIONS)
def test_the_boundary_is_one_polygon_of_about_the_official_area(regions, region):
    boundary = gpd.read_file(regions / region / "boundary.geojson")
    assert boundary.geom_type.tolist() == ["Polygon"]
    assert boundary.is_valid.all()
    assert len(boundary.geometry.item().interiors) == 0
    area = boundary.to_crs("EPSG:6933").area.item() / 1e6
    assert area == pytest.approx(AREA_KM2[region], rel=0.05)


def test_the_boundaries_are_natural_earths(regions, shared):
    rows = gpd.read_file(shared / "data/boundaries/naturalearth_uz_adm1.geojson")
    names = {"tashkent": "Tashkent", "navoi": "Navoi", "andijan": "Andijon", "bukhara": "Bukhoro"}
    for region, name in names.items():
        theirs = rows.loc[rows["name"] == name].union_all()
        ours = gpd.read_file(regions / region / "boundary.geojson").geometry.item()
        assert theirs.symmetric_difference(ours).area < 0.001 * theirs.area


@pytest.mark.parametrize("region", REGIONS)
def test_people_meet_the_official_total(regions, region):
    folder = regions / region
    totals = pd.read_csv(folder / "totals.csv")
    assert totals["people"].sum() == OFFICIAL[region]
    frame = Region.from_boundary(region, gpd.read_file(folder / "boundary.geojson"))
    plain = gpd.read_file(folder / "plain.geojson")
    towns = read_towns(folder / "towns.csv")
    homes = spread_towns(towns, frame, plain=plain, total_people=float(OFFICIAL[region]))
    inside = homes.loc[homes["inside"], "people"].sum()
    assert inside == pytest.approx(OFFICIAL[region], rel=0.001)
    across = homes.loc[~homes["inside"], "people"].sum()
    assert across == pytest.approx(towns.loc[~towns["inside"], "people"].sum(), rel=1e-6)
    check_table(homes, "homes", region)


@pytest.mark.parametrize("region", REGIONS)
def test_no_town_is_counted_twice(regions, region):
    towns = read_towns(regions / region / "towns.csv")
    districts = {"Yunusobod", "Chilanzar", "Sergeli", "Bektemir", "Kirguli", "Hamza"}
    assert districts.isdisjoint(towns["name"])
    assert towns["geonameid"].dropna().is_unique
    assert (towns["people"] > 0).all()
    points = gpd.GeoSeries.from_xy(towns["longitude"], towns["latitude"], crs="EPSG:4326")
    metric = points.to_crs("EPSG:32642")
    for place, name in enumerate(towns["name"]):
        near = metric.distance(metric[place]) < 10_000
        assert (towns.loc[near, "name"] == name).sum() == 1, name


def test_main_cities_have_their_official_people(regions):
    expected = {
        ("tashkent", "Tashkent"): 3_058_400,
        ("tashkent", "Nurafshon"): 56_200,
        ("navoi", "Navoi"): 161_300,
        ("andijan", "Andijan"): 480_800,
        ("bukhara", "Bukhara"): 269_500,
        ("navoi", "Bukhara"): 269_500,
    }
    for (region, name), people in expected.items():
        towns = read_towns(regions / region / "towns.csv").set_index("name")
        assert towns.loc[name, "people"] == people
        assert towns.loc[name, "origin"] == "official figure of the city"


def test_uchkuduk_is_in_navoi(regions):
    row = read_towns(regions / "navoi/towns.csv").set_index("name").loc["Uchkuduk"]
    assert (row["longitude"], row["latitude"]) == pytest.approx((63.55, 42.15), abs=0.01)
    assert row["inside"]
    assert "Uchkuduk" not in read_towns(regions / "bukhara/towns.csv")["name"].tolist()


def test_people_across_the_border_are_there(regions):
    towns = read_towns(regions / "tashkent/towns.csv").set_index("name")
    assert {"Saryaghash", "Khujand", "Guliston"} <= set(towns.index[~towns["inside"]])
    assert set(towns["country"]) == {"UZ", "KZ", "TJ", "KG"}


def test_plants_are_where_and_what_the_facts_say(regions, shared):
    facts = pd.read_csv(shared / "data/facts_uz/plants_uz.csv").set_index("id")
    plants = pd.read_csv(regions / "plants_uz.csv").drop_duplicates("plant_id")
    plants = plants.set_index("plant_id").rename(index={"almalyk_mmc": "almalyk_ammc"})
    assert set(plants.index) == set(facts.index)
    facts = facts.loc[plants.index]
    for ours, theirs in (("longitude", "lon"), ("latitude", "lat"), ("coord_err_m", "coord_err_m")):
        assert plants[ours].tolist() == facts[theirs].tolist()
    assert plants["coord_grade"].tolist() == facts["coord_grade"].tolist()


@pytest.mark.parametrize("region", REGIONS)
def test_each_region_has_the_plants_about_it(regions, region):
    plants = pd.read_csv(regions / region / "plants.csv")
    plain_text = pd.read_csv(regions / region / "plants.csv", dtype=str).drop(columns="inside")
    master = pd.read_csv(regions / "plants_uz.csv", dtype=str)
    both = plain_text.merge(master, how="left", indicator=True)
    assert (both["_merge"] == "both").all()
    across = {
        "tashkent": {"syrdarya_tpp"},
        "navoi": {"bukhara_refinery"},
        "andijan": {"fergana_tpp"},
        "bukhara": {"navoi_tpp", "navoiyazot", "qizilqumsement", "nmmc_gmz1"},
    }
    assert set(plants.loc[~plants["inside"], "plant_id"]) == across[region]
    check_table(sources_of(regions / region), "sources", region)


def test_reported_figures_stand_as_reported(regions):
    sources = sources_of(regions / "tashkent")
    almalyk = sources[sources["plant_id"] == "almalyk_mmc"]
    assert [kt(almalyk, "so2", case) for case in ("low_", "", "high_")] == pytest.approx(
        [120.4, (146.9 + 137.9 + 120.4) / 3, 146.9], rel=1e-4
    )
    assert kt(almalyk, "nox") == pytest.approx((1.4 + 1.1 + 1.5) / 3, rel=1e-3)
    angren = sources[sources["plant_id"] == "angren_tpp"]
    assert angren["emission_nox_g_s"].sum() == pytest.approx(31.7 + 42.3, rel=1e-3)
    for plant, pollutant in ((almalyk, "so2"), (angren, "nox")):
        emitting = plant[plant[f"emission_{pollutant}_g_s"] > 0]
        assert set(emitting["emission_origin"]) == {"reported"}
    syrdarya = sources[sources["plant_id"] == "syrdarya_tpp"]
    assert syrdarya["stack_height_m"].item() == 350


def test_almalyk_is_first_in_so2_and_gas_is_next_to_nothing(regions):
    sources = sources_of(regions / "tashkent")
    so2 = sources.groupby("plant_id")["emission_so2_g_s"].sum().sort_values(ascending=False)
    assert so2.index[0] == "almalyk_mmc"
    assert so2.iloc[0] > 2 * so2.iloc[1]
    gas = sources[sources["process"] == GAS]
    for case in ("low_", "", "high_"):
        assert kt(gas, "so2", case) <= 0.01 * kt(sources, "so2", case)
    assert gas["plant_id"].nunique() == 2


def test_the_refinery_emits_no_more_sulphur_than_its_crude_holds(regions):
    sources = sources_of(regions / "bukhara")
    refinery = sources[sources["plant_id"] == "bukhara_refinery"]
    assert 0 < kt(refinery, "so2", "high_") < 50


@pytest.mark.parametrize("region", REGIONS)
def test_the_inventory_stays_below_the_official_total_of_2020(regions, region):
    row = pd.read_csv(regions / region / "table1.csv").set_index("region")
    official = row["official_all_pollutants_2020_kt_yr"]
    name = read_settings(regions / region).region.name
    totals = inventory_totals(sources_of(regions / region))
    assert totals.loc[["so2", "nox", "pm10"], "modelled_kt_yr"].sum() < official[name]


@pytest.mark.parametrize("region", REGIONS)
def test_table_1_stands_beside_and_drives_nothing(regions, region):
    settings = read_settings(regions / region)
    table1 = pd.read_csv(regions / region / "table1.csv")
    given = table1.set_index("region")[["co2_kt_yr", "so2_kt_yr", "nox_kt_yr"]]
    assert given.values.tolist() == [
        [450, 120, 90],
        [670, 200, 130],
        [310, 80, 70],
        [500, 150, 110],
    ]
    for pollutant in ("co2", "so2", "nox"):
        ranks = table1[f"{pollutant}_kt_yr"].rank(ascending=False).astype(int)
        assert table1[f"{pollutant}_rank"].tolist() == ranks.tolist()
    beside = reconcile_inventory(sources_of(regions / region), table1, settings.region.name)
    difference = beside["table1_kt_yr"] - beside["modelled_kt_yr"]
    assert beside["not_located_kt_yr"].tolist() == pytest.approx(difference.tolist())
    assert beside["reading"].str.len().min() > 20


def test_the_angren_valley_and_the_ranges_are_not_for_decisions(regions):
    table = gpd.read_file(regions / "tashkent/not_valid.geojson")
    assert table.is_valid.all()
    towns = {"Angren": (70.14, 41.017), "Tashkent": (69.25, 41.31), "Chorvoq": (70.1, 41.7)}
    points = gpd.points_from_xy(*zip(*towns.values(), strict=True))
    inside = {name: table.contains(p).any() for name, p in zip(towns, points, strict=True)}
    assert inside == {"Angren": True, "Tashkent": False, "Chorvoq": True}
    assert table["reason"].str.startswith("valley").any()


@pytest.mark.parametrize("region", REGIONS)
def test_the_schematic_land_says_so_and_has_what_siting_needs(regions, region):
    land = gpd.read_file(regions / region / "land.geojson")
    check_table(land, "land", region)
    assert {"road", "rail", "water", "power"} <= set(land["kind"])
    assert set(land["origin"]) == {"schematic"}
    plain = gpd.read_file(regions / region / "plain.geojson")
    assert plain["origin"].str.startswith("assumed").all()
    boundary = gpd.read_file(regions / region / "boundary.geojson").to_crs("EPSG:32642")
    far = land.to_crs("EPSG:32642").distance(boundary.geometry.item())
    assert far.max() < 50_000


@pytest.mark.parametrize("region", ["tashkent", "navoi", "bukhara"])
def test_existing_zones_have_place_error_and_grade(regions, shared, region):
    zones = pd.read_csv(regions / region / "zones.csv")
    facts = pd.read_csv(shared / "data/facts_uz/zones_uz.csv")
    row = zones.iloc[0]
    theirs = facts[(facts["lon"] - row["longitude"]).abs() < 0.01].iloc[0]
    assert (row["coord_err_m"], row["grade"]) == (theirs["coord_err_m"], theirs["grade"])


def test_added_so2_in_tashkent_stays_below_what_is_measured(increments):
    """Stations read 2 to 15 ug/m3; CAMS has 5.6 as the mean of 42 months."""
    places = {
        "middle": (69.25, 41.311),
        "Chilanzar": (69.181, 41.282),
        "Yunusobod": (69.279, 41.371),
    }
    added = increments("tashkent", 32642, places)
    assert (added["so2"] < 5.6).all()
    assert (added["so2_high"] < 15).all()
    assert (added["so2"] > 0.5).all()
    assert (added["so2_low"] < added["so2"]).all()
    assert (added["so2"] < added["so2_high"]).all()


def test_added_so2_in_navoi_stays_below_what_is_measured(increments):
    """Uzgidromet measured 1 to 9 ug/m3 there in 2010."""
    added = increments("navoi", 32641, {"Navoi": (65.379, 40.084), "Karmana": (65.375, 40.138)})
    assert (added["so2_high"] < 1).all()
    assert (added["so2"] > 0).all()
