"""The parts of our page put onto a folium map, one of ours or a reader's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from geocluster.maps.assets import template, without_addresses

if TYPE_CHECKING:
    import folium

# As near as a reader may come to the ground.
MOST_ZOOM = 18
STYLES = ("page.css", "print.css", "here.css")
SCRIPTS = (
    "turn.js",
    "numbers.js",
    "names.js",
    "draw.js",
    "control.js",
    "print.js",
    "here.js",
    "keep.js",
)


def on_map(m: folium.Map | None, parts: Mapping[str, str], bounds: list[list[float]]) -> folium.Map:
    """A map with our parts, those of an earlier page of ours taken from it.

    Parameters
    ----------
    m : folium.Map or None
        An own map, or None for a new one.
    parts : mapping of str
        ``side`` as markup, ``data`` and ``told`` as JSON that may stand in a page.
    bounds : list
        South, west and north, east. [degrees]
    """
    import folium
    from branca.element import Element, MacroElement
    from jinja2 import Template

    class AsItIs(Element):
        """A part of a page that is no template: braces in a name are text."""

        _template = Template("{{ this.text }}")

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class GeoclusterLayers(MacroElement):
        """Our layers as a part of a folium map."""

        def __init__(self) -> None:
            super().__init__()
            self._name, self._id = "GeoclusterLayers", "0"

        def render(self, **kwargs: Any) -> str:
            """Put the parts in their places; branca's own way would run them as templates."""
            figure: Any = self.get_root()
            above: Any = self._parent
            held = "".join(
                f'<script type="application/json" id="gc-{name}">{parts[name]}</script>'
                for name in ("data", "told")
            )
            style = "".join(template(name) for name in STYLES)
            code = without_addresses("".join(template(name) for name in SCRIPTS))
            begun = (
                '\ngeoclusterTurn.page(["gc-head", "gc-side"], (turn) => geoclusterMap('
                f'{above.get_name()}, document.getElementById("gc-data"), turn));'
            )
            name = self.get_name()
            figure.header.add_child(AsItIs(f"<style>{style}</style>"), name=name)
            figure.html.add_child(AsItIs(parts["side"] + held), name=name)
            figure.script.add_child(AsItIs(code + begun), name=name)
            return ""

    if m is None:
        m = folium.Map(
            location=[(bounds[0][0] + bounds[1][0]) / 2, (bounds[0][1] + bounds[1][1]) / 2],
            tiles=None,
            zoom_control=False,
            attribution_control=False,
            zoom_snap=0.25,
        )
        m._id = "geocluster"
    if not any(isinstance(child, folium.TileLayer) for child in m._children.values()):
        # Plugins such as clusters of marks ask for it where no tiles say it.
        m.options.setdefault("maxZoom", MOST_ZOOM)
    for name, child in list(m._children.items()):
        if type(child).__name__ == "GeoclusterLayers":
            del m._children[name]
    m.add_child(GeoclusterLayers())
    return m
