"""Names of towns on the maps: the largest win their place, and nothing lies on them."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.affinity import translate

from geocluster.maps.page import draw_map

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}
BOXES = """(selector) => [...document.querySelectorAll(selector)]
  .filter((one) => one.offsetWidth && getComputedStyle(one).visibility === "visible")
  .map((one) => {
    const { left, top, right, bottom } = one.getBoundingClientRect();
    return [one.textContent, left, top, right, bottom];
  })"""


def meet(a: list, b: list) -> bool:
    return a[1] < b[3] and a[3] > b[1] and a[2] < b[4] and a[4] > b[2]


@pytest.fixture(scope="module")
def crowded(demo, tmp_path_factory) -> Path:  # type: ignore[no-untyped-def]
    """The main town under the pins of the first sites."""
    everything = demo.everything()
    sites: gpd.GeoDataFrame = everything["sites"]
    moved = [
        translate(
            shape,
            demo.MIDDLE[0] + 2500 * (i % 3 - 1) - shape.centroid.x,
            demo.MIDDLE[1] + 2500 * (i // 3 - 1) - shape.centroid.y,
        )
        for i, shape in enumerate(sites.geometry[:9])
    ]
    everything["sites"] = sites.set_geometry([*moved, *sites.geometry[9:]], crs=demo.CRS)
    page = draw_map(demo.region(), **everything)
    return page.save(tmp_path_factory.mktemp("names") / "index.html")


@pytest.mark.parametrize("size", [{"width": 1400, "height": 900}, PHONE], ids=["desktop", "phone"])
def test_the_largest_town_is_named_whatever_stands_there(
    open_file: Callable, crowded: Path, size: dict[str, int]
) -> None:
    tab = open_file(crowded, size).ready().tab
    towns = tab.evaluate(BOXES, ".gc-town span")
    assert "Olmazor" in [name for name, *_ in towns]
    controls = tab.evaluate(BOXES, ".folium-map .leaflet-control")
    pins = tab.evaluate(BOXES, ".gc-pin:not(.gc-crowded) span")
    assert len(pins) >= 3
    for i, town in enumerate(towns):
        assert not any(meet(town, other) for other in [*towns[:i], *controls, *pins]), town
