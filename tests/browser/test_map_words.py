"""The map in Russian and Uzbek in a real browser: it draws, and writes figures as they do there."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from geocluster.maps.page import draw_map

pytestmark = pytest.mark.browser


LANGUAGES = [("ru", "Слои", "км"), ("uz", "Qatlamlar", "km")]


@pytest.mark.parametrize(("language", "layers", "unit"), LANGUAGES)
def test_the_map_speaks_the_language(
    open_file: Callable, demo: ModuleType, tmp_path: Path, language: str, layers: str, unit: str
) -> None:
    page = draw_map(demo.region(), **demo.everything(), language=language)
    tab = open_file(page.save(tmp_path / "map.html")).ready().tab
    assert tab.evaluate("document.documentElement.lang") == language
    assert tab.inner_text(".gc-control > summary") == layers
    assert tab.inner_text(".leaflet-control-scale-line").endswith(f" {unit}")
    assert tab.evaluate("window.geocluster.figure(1234.5, '')") == "1\u202f230"
    assert tab.evaluate("window.geocluster.figure(0.0125, '')") == "0,0125"
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
