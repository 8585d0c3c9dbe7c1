"""A page without addresses: what folium would fetch is put into the page itself."""

from __future__ import annotations

import base64
import importlib.resources
import re
import warnings
from functools import cache

from geocluster.errors import GeoclusterWarning

# File name in an address -> our file, the licence that travels with it.
_INLINED = {
    "leaflet.js": "leaflet",
    "leaflet.css": "leaflet",
    "leaflet.markercluster.js": "leaflet.markercluster",
    "MarkerCluster.css": "leaflet.markercluster",
    "MarkerCluster.Default.css": "leaflet.markercluster",
}
_JQUERY = re.compile(r"^jquery(-[0-9.]+)?(\.min)?\.js$")
# What folium asks for by default and a page of ours does without.
_DROPPED = re.compile(
    r"bootstrap|awesome-markers|glyphicons|fontawesome|leaflet\.awesome\.rotate|bootstrapcdn"
)
_LINK = re.compile(
    r"[ \t]*<(?:script[^>]*\ssrc=\"(?P<js>https?://[^\"]+)\"[^>]*>\s*</script>"
    r"|link[^>]*\shref=\"(?P<css>https?://[^\"]+)\"[^>]*/?>)[ \t]*\n?"
)
# Stands in for the icon font of folium.Icon, whose font is not carried along.
_ICON_SHIM = "L.AwesomeMarkers={Icon:L.Icon.Default,icon:function(){return new L.Icon.Default()}};"
_IMAGES = ("layers.png", "marker-icon.png", "marker-shadow.png")


@cache
def asset(name: str) -> str:
    """The text of one of our files."""
    return _file(name).decode("utf-8")


def template(name: str) -> str:
    """The text of one of the page's own styles and scripts."""
    folder = importlib.resources.files("geocluster.maps") / "templates"
    return (folder / name).read_text("utf-8")


def _file(name: str) -> bytes:
    folder = importlib.resources.files("geocluster.maps") / "assets"
    return (folder / name).read_bytes()


def inline(html: str) -> str:
    """A page as folium renders it, with every script and style that it would fetch put into it.

    Warns
    -----
    GeoclusterWarning
        Where an address is left that we carry no copy of; a page of our own has none.
    """
    unknown: list[str] = []
    needs_jquery = re.search(r"(?<![\w$])(\$|jQuery)\(", html) is not None

    def replacement(match: re.Match[str]) -> str:
        address = match["js"] or match["css"]
        name = address.split("?")[0].rsplit("/", 1)[-1]
        if _JQUERY.match(name):
            return script("jquery.min.js", "jquery") if needs_jquery else ""
        if name in _INLINED:
            return script(name, _INLINED[name]) if match["js"] else style(name)
        if _DROPPED.search(address):
            return ""
        unknown.append(address)
        return match[0]

    page = _LINK.sub(replacement, html)
    if unknown:
        warnings.warn(
            f"{len(unknown)} addresses are left in the page, so it does not open fully without a "
            f"network: {', '.join(sorted(unknown))}",
            GeoclusterWarning,
            stacklevel=3,
        )
    return page


def script(name: str, licence: str) -> str:
    """One of our scripts as an element, its licence before it."""
    code = re.sub(r"\n?//# sourceMappingURL=\S+", "", asset(name))
    if name == "leaflet.js":
        code += f"\n{_marker_images()}{_ICON_SHIM}"
    return f"<script>{_licence(licence)}\n{without_addresses(code)}</script>\n"


def style(name: str) -> str:
    """One of our style sheets as an element, its pictures inside."""
    code = asset(name).replace("images/layers-2x.png", "images/layers.png")
    for image in _IMAGES:
        code = code.replace(f"images/{image}", _data_uri(image))
    code = re.sub(r"/\*.*?\*/", "", code, flags=re.DOTALL)
    return f"<style>{_licence_of_style(name)}{code}</style>\n"


def _licence_of_style(name: str) -> str:
    return _licence(_INLINED[name]) + "\n"


def without_addresses(code: str) -> str:
    """A script in which no address can be read; it does the same, since \\/ is / in a string.

    Examples
    --------
    >>> without_addresses('a="http://www.w3.org/2000/svg"</script>')
    'a="http:\\\\/\\\\/www.w3.org/2000/svg"<\\\\/script>'
    """
    return code.replace("://", ":\\/\\/").replace("</script", "<\\/script")


def _licence(name: str) -> str:
    return "/*\n" + without_addresses(asset(f"{name}.LICENSE").strip()) + "\n*/"


@cache
def _data_uri(image: str) -> str:
    return "data:image/png;base64," + base64.b64encode(_file(f"images/{image}")).decode("ascii")


def _marker_images() -> str:
    icon, shadow = _data_uri("marker-icon.png"), _data_uri("marker-shadow.png")
    return (
        "delete L.Icon.Default.prototype._getIconUrl;L.Icon.Default.mergeOptions("
        f'{{iconUrl:"{icon}",iconRetinaUrl:"{icon}",shadowUrl:"{shadow}"}});'
    )
