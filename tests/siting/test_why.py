"""Why not here: which rules, by how much, and what it would take."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, Point, box

from geocluster.errors import InputError
from geocluster.region import Region
from geocluster.siting.excluded import rules_of
from geocluster.siting.suitability import suitable_land
from geocluster.siting.why import why

CRS = "EPSG:32642"
GRID = Region("T", box(0, 0, 4000, 2000), CRS).grid(100)
HOMES = gpd.GeoDataFrame(
    {"people": [500], "name": ["Old village"]}, geometry=[box(0, 0, 500, 2000)], crs=CRS
)
LAND = gpd.GeoDataFrame(
    {"kind": ["road", "forest"], "name": ["M39", None], "class": ["trunk", None]},
    geometry=[LineString([(0, 0), (0, 2000)]), box(1000, 1500, 1400, 2000)],
    crs=CRS,
)
RULES = pd.DataFrame(
    {
        "rule_id": ["homes", "near_road", "forest", "slope"],
        "kind": ["homes", "road", "forest", "slope"],
        "keep_away_m": ["zone", None, 0, None],
        "at_most_m": [None, 2500, None, None],
        "at_most_percent": [None, None, None, 15],
    }
)


@pytest.fixture(scope="module")
def suitable():
    slope = GRID.astype(float).copy(data=np.full(GRID.shape, 2.0)).assign_attrs(units="%")
    slope.values[:5, 20:25] = 22.4
    return suitable_land(GRID, HOMES, LAND, RULES, fringe_km=None, slope=slope)


def rule(suitable, x, y, rule_id):
    return why(suitable, Point(x, y)).set_index("rule_id").loc[rule_id]


def test_a_protection_zone_that_would_do_and_the_way_out(suitable):
    homes = rule(suitable, 850, 450, "homes")
    assert homes["excluded"]
    assert homes["short_by_m"] == pytest.approx(150)
    assert homes["nearest"] == "Old village"
    assert homes["what_it_would_take"] == (
        "move 200 m east, away from Old village; or a protection zone of at most 350 m instead of "
        "500 m"
    )


def test_what_it_would_take_holds(suitable):
    changed = RULES.assign(keep_away_m=[350, None, 0, None])
    again = suitable_land(GRID, HOMES, LAND, changed, fringe_km=None)
    assert why(again, Point(850, 450)).attrs["suitable"]
    assert why(suitable, Point(1050, 450)).attrs["suitable"]
    assert not why(suitable, Point(950, 450)).attrs["suitable"]


def test_inside_no_distance_would_do(suitable):
    homes = rule(suitable, 250, 450, "homes")
    assert (
        "no smaller distance would do: the place lies inside Old village"
        in (homes["what_it_would_take"])
    )
    forest = rule(suitable, 1250, 1750, "forest")
    assert forest["what_it_would_take"].startswith("move ")
    assert "no smaller" not in forest["what_it_would_take"]


def test_what_is_too_far_and_too_steep(suitable):
    road = rule(suitable, 3450, 450, "near_road")
    assert road["short_by_m"] == pytest.approx(950)
    assert road["what_it_would_take"] == (
        "move 1.0 km west, nearer to M39; or road within 2,500 m: the nearest is 3.5 km away"
    )
    steep = rule(suitable, 2250, 1750, "slope")
    assert steep["what_it_would_take"].startswith("ground of at most 15% (here 22%): move ")
    assert steep["what_it_would_take"].endswith("; or level it")


def test_the_nearest_suitable_place(suitable):
    answer = why(suitable, Point(850, 450))
    nearest = answer.attrs["nearest_suitable"]
    assert nearest == {"distance_m": 200, "direction": "east", "x": 1050, "y": 450}
    assert why(suitable, (nearest["x"], nearest["y"])).attrs["suitable"]
    assert answer.attrs["verdict"] == (
        "Not suitable: 1 rule excludes this place. The nearest suitable place lies 200 m east."
    )
    free = why(suitable, Point(1050, 450))
    assert free.attrs["verdict"] == "Suitable: no rule excludes this place."
    assert free.attrs["nearest_suitable"] is None
    assert not free["excluded"].any()
    assert (free["what_it_would_take"] == "").all()


def test_a_place_without_coordinates_is_refused(suitable):
    with pytest.raises(InputError, match="is no place"):
        why(suitable, (float("nan"), 450.0))


def test_where_nothing_is_suitable_that_is_said():
    everything = RULES.assign(keep_away_m=[9000, None, 0, None])
    none = suitable_land(GRID, HOMES, LAND, everything, fringe_km=None)
    answer = why(none, Point(2050, 450))
    assert "No land of this region is suitable." in answer.attrs["verdict"]
    assert answer.loc[0, "what_it_would_take"].startswith("a keep-away distance of at most 1,550 m")


def test_statistics_of_rules_add_up(suitable):
    table = rules_of(suitable).set_index("rule_id")
    assert (table["shared_km2"] + table["excluded_by_it_alone_km2"]).tolist() == pytest.approx(
        table["excluded_km2"].tolist()
    )
    assert table.loc["homes", "excluded_share"] == pytest.approx(0.25)
    assert table.loc["near_road", "excluded_km2"] == pytest.approx(1.5 * 2)
    together = table["excluded_by_it_alone_km2"].sum()
    assert together <= float((~suitable.suitable).sum()) * 0.01 + 1e-9
    assert (table["exclusive_share"] * 8).tolist() == pytest.approx(
        table["excluded_by_it_alone_km2"].tolist()
    )
