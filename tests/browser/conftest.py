"""A real browser without a network, and a tab that notes every complaint and every request."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Page as Tab

from geocluster.maps.review import draw_review

LOOK = Path(__file__).with_name("accessible.js").read_text("utf-8")
DESKTOP, PHONE = {"width": 1400, "height": 900}, {"width": 390, "height": 844}


class Visit:
    """A tab on a page, with every complaint and every request that it made."""

    def __init__(self, browser: Browser, file: Path, size: dict[str, int]) -> None:
        self.context = browser.new_context(viewport=size)  # type: ignore[arg-type]
        self.context.set_offline(True)
        self.tab: Tab = self.context.new_page()
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.tab.on("console", self._hear)
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("request", self._note)
        self.tab.goto(file.as_uri())

    def _hear(self, message) -> None:  # type: ignore[no-untyped-def]
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _note(self, request) -> None:  # type: ignore[no-untyped-def]
        if not request.url.startswith(("file:", "data:", "blob:", "about:")):
            self.asked.append(request.url)

    def ready(self) -> "Visit":
        self.tab.wait_for_selector("html[data-gc-ready]", state="attached")
        return self

    def hard_to_read(self) -> list[str]:
        """Texts without contrast (AA) and controls and pictures without a name, folds opened."""
        self.tab.evaluate(LOOK)
        self.tab.evaluate(
            "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
        )
        return self.tab.evaluate("[...poorContrast(), ...nameless()]")  # type: ignore[no-any-return]

    def picture(self) -> bytes:
        """The map as it is drawn now."""
        self.tab.wait_for_timeout(120)
        return self.tab.locator(".folium-map").screenshot(animations="disabled")

    def close(self) -> None:
        self.context.close()


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def open_file(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Open a file offline; at the end, none of its pages may have complained or asked."""
    opened: list[Visit] = []

    def open_page(file: Path, size: dict[str, int] = DESKTOP) -> Visit:
        opened.append(Visit(browser, file, size))
        return opened[-1]

    yield open_page
    for one in opened:
        assert one.complaints == []
        assert one.asked == []
        one.close()


@pytest.fixture(scope="package")
def made_up(module_at) -> ModuleType:  # type: ignore[no-untyped-def]
    return module_at("tests/maps/made_up_sites.py")


@pytest.fixture(scope="package")
def demo(module_at) -> ModuleType:  # type: ignore[no-untyped-def]
    return module_at("tests/maps/demo.py")


@pytest.fixture(scope="package")
def draw(made_up, demo, tmp_path_factory):  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("review")

    def drawn(name: str, sites=None, table=None, weights=None, **more) -> Path:  # type: ignore[no-untyped-def]
        table = made_up.criteria(8) if table is None else table
        sites = made_up.sites(40, 8) if sites is None else sites
        sign = np.where(table["direction"] == "less", -1, 1)
        weights = (
            dict(zip(table["column"], sign / len(table), strict=True))
            if weights is None
            else weights
        )
        given = {"land": demo.land(), "homes": demo.exposure(), "map_page": "index.html"} | more
        page = draw_review(demo.region(), sites, table, weights, **given)
        return page.save(folder / f"{name}.html")

    return drawn


@pytest.fixture(scope="package")
def plain(draw) -> Path:  # type: ignore[no-untyped-def]
    return draw("plain", demonstration="Demonstration: stacks are assumed, emissions are assumed")
