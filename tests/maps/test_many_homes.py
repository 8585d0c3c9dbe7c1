"""More homes than are drawn: nobody is left out of the picture, and the page says what it is."""

import numpy as np
import pytest

from geocluster.maps.many_homes import all_people_layer, people_by_cell
from geocluster.maps.people import home_layers


def test_every_person_inside_is_in_a_cell(demo) -> None:  # type: ignore[no-untyped-def]
    homes, region = demo.exposure(), demo.region()
    counts, grid, cell_m = people_by_cell(homes, region)
    middle = homes.centroid
    west, south, east, north = region.boundary.bounds
    inside = middle.x.between(west, east) & middle.y.between(south, north)
    assert counts.sum() == pytest.approx(homes["people"][inside].sum())
    assert cell_m == 200
    row, column = np.unravel_index(counts.argmax(), counts.shape)
    assert abs(float(grid.x[column]) - demo.MIDDLE[0]) <= cell_m
    assert abs(float(grid.y[row]) - demo.MIDDLE[1]) <= cell_m


def test_the_title_says_how_many_of_how_many(demo, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("geocluster.maps.people.MOST_HOMES", 100)
    homes, beneath = home_layers(demo.exposure(), demo.region(), [], 50.0)
    assert homes.title.startswith("The 100 homes with most people of 254")
    assert len(homes.data["features"]) == 100
    assert beneath.kind == "raster"
    assert beneath.shown
    assert beneath.data["unit"] == "people in 200 × 200 m"


def test_few_homes_need_no_picture(demo) -> None:  # type: ignore[no-untyped-def]
    (homes,) = home_layers(demo.exposure(), demo.region(), [], 50.0)
    assert homes.title == "Homes, by what people breathe"
    assert all_people_layer(demo.exposure().drop(columns="people"), demo.region()) is None
