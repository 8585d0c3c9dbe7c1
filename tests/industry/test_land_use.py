"""Sectors from tags and names, and areas counted once."""

import csv
import re
from collections import defaultdict
from importlib.resources import files

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from geocluster.industry.land_use import (
    AREA_KINDS,
    add_sectors,
    area_factor_of,
    emitting_areas,
    nace_of,
    sector_of,
)

CRS = "EPSG:32642"


@pytest.mark.parametrize(
    ("tags", "sector", "rule"),
    [
        ({"name": "Angren Cement"}, "cement", "name-cement: name"),
        ({"name": "Бекабадский цементный завод"}, "cement", "name-cement: name"),
        ({"name": "Олмалиқ КМК", "product": "copper"}, "metals", "product-metal: product"),
        ({"name": "Sirdaryo IES", "plant:source": "gas"}, "power", "fuel: plant:source"),
        ({"power": "plant", "plant:source": "solar"}, "solar power", "solar: plant:source"),
        ({"generator:source": "wind"}, "wind power", "wind: generator:source"),
        ({"landuse": "quarry", "name": "Cement quarry"}, "quarry", "quarry: landuse"),
        ({"industrial": "scrap_yard"}, "waste", "product-scrap: industrial"),
        ({"name": "Gas bottling (disused)", "operator": "Enemalta"}, "disused", "disused: name"),
        ({"operator": "Enemalta"}, "power", "operator-power: operator"),
        ({"name": "Toshkent TETs"}, "power", "name-power: name"),
        ({"name": "Талимарджанская ТЭС"}, "power", "name-power: name"),
        ({"name": "Сернокислотный цех"}, "chemicals", "name-chemical: name"),
        ({"name": "Gʻisht zavodi"}, "building materials", "name-stone: name"),
        ({"name": "Farg'ona neftni qayta ishlash zavodi"}, "refinery", "name-refinery: name"),
        ({"name": "12-цех", "name:en": "Copper smelter"}, "metals", "name-metal: name:en"),
        ({"name": "Toʻqimachilik kombinati"}, "textiles", "name-textile: name"),
        ({"name": "Завод № 7"}, "industry", "name-works: name"),
        (
            {"name": "3-uchastka", "operator": "Navoiyazot"},
            "chemicals",
            "operator-chemical: operator",
        ),
        ({"name": "Portomaso offices"}, "industry", "no rule fits"),
        ({"name": None, "product": float("nan")}, "industry", "no rule fits"),
    ],
)
def test_the_first_rule_that_fits_decides(tags, sector, rule):
    found = sector_of(tags)
    assert (found.sector, found.rule) == (sector, rule)


def test_every_sector_has_one_nace_section_or_division():
    rows = csv.DictReader(
        files("geocluster.industry").joinpath("land_use_rules.csv").read_text("utf-8").splitlines()
    )
    codes = defaultdict(set)
    for row in rows:
        codes[row["sector"]].add(row["nace"])
    assert {sector for sector, found in codes.items() if len(found) > 1} == set()
    without = {sector for sector, found in codes.items() if found == {""}}
    assert without == {"disused"}
    every = set().union(*codes.values()) - {""}
    assert all(re.fullmatch(r"[A-U](\d\d)?", code) for code in every)
    assert nace_of("cement") == "C23"
    assert nace_of("industry") == "C"


def test_a_product_comes_before_a_name():
    assert sector_of({"name": "Cement town works", "product": "ammonia"}).sector == "fertiliser"


def test_the_default_names_its_rule():
    found = sector_of({"man_made": "silo"}, "storage", "man_made=silo")
    assert found == ("storage", "H52", "man_made=silo")


def test_a_table_keeps_its_own_sectors_and_is_not_changed():
    table = pd.DataFrame({"name": ["Brewery", "Brewery"], "sector": ["power", None]})
    found = add_sectors(table)
    assert found.sector.tolist() == ["power", "food"]
    assert found.sector_rule.tolist() == ["given", "name-food: name"]
    assert list(table.columns) == ["name", "sector"]


def test_every_rule_leads_to_a_factor():
    folder = files("geocluster.industry")
    rules = list(csv.DictReader(folder.joinpath("land_use_rules.csv").read_text().splitlines()))
    factors = csv.DictReader(folder.joinpath("area_factors.csv").read_text().splitlines())
    known = {row["sector"] for row in factors} | {"none"}
    assert {row["factor"] for row in rules} <= known
    assert area_factor_of("something new") in known
    assert len({row["rule"] for row in rules}) == len(rules)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(AREA_KINDS),
            *(st.integers(0, 20) for _ in range(2)),
            *(st.integers(1, 10) for _ in range(2)),
        ),
        min_size=1,
        max_size=12,
    )
)
@settings(deadline=None, derandomize=True, max_examples=50)
def test_each_piece_of_ground_is_counted_once(boxes):
    shapes = [box(100 * x, 100 * y, 100 * (x + w), 100 * (y + h)) for _, x, y, w, h in boxes]
    table = gpd.GeoDataFrame({"kind": [kind for kind, *_ in boxes]}, geometry=shapes, crs=CRS)
    areas = emitting_areas(table)
    assert areas.area_ha.sum() == pytest.approx(table.geometry.union_all().area / 1e4)
    assert areas.geometry.is_valid.all()


def test_points_lines_and_tanks_are_no_emitting_areas():
    kinds = ["works", "power_plant", "tank", "industrial"]
    shapes = [Point(0, 0), LineString([(0, 0), (1, 1)]), box(0, 0, 9, 9), box(0, 0, 100, 100)]
    table = gpd.GeoDataFrame({"kind": kinds, "osm_id": list("abcd")}, geometry=shapes, crs=CRS)
    areas = emitting_areas(table)
    assert areas[["kind", "area_ha", "source_id"]].values.tolist() == [["industrial", 1.0, "d"]]


def test_kinds_of_one_s_own_mapping_emit_before_all_others():
    shapes = [box(0, 0, 100, 100), box(0, 0, 200, 100)]
    table = gpd.GeoDataFrame({"kind": ["power_plant", "yard"]}, geometry=shapes, crs=CRS)
    assert emitting_areas(table)[["kind", "area_ha"]].values.tolist() == [["yard", 2.0]]


def test_no_area_gives_an_empty_table():
    table = gpd.GeoDataFrame({"kind": ["chimney"]}, geometry=[Point(0, 0)], crs=CRS)
    areas = emitting_areas(table)
    assert areas.empty
    assert areas.crs == CRS
