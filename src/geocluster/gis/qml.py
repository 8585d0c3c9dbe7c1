"""How QGIS draws a layer, in its own form (QML): symbols by class, and rasters by break.

Written for QGIS 3.16 and later, which read the same elements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from geocluster.letters import sound

VERSION = "3.16.0"
MARKERS = {"fill": "SimpleFill", "line": "SimpleLine", "marker": "SimpleMarker"}


@dataclass(frozen=True)
class Symbol:
    """How one class of a layer is drawn.

    Parameters
    ----------
    kind : {"fill", "line", "marker"}
    colour : str
        ``#rrggbb``; of the fill, the line or the mark.
    opacity : float
        Of the fill. [0 to 1]
    outline : str
        ``#rrggbb`` of the outline; empty for none.
    width_mm, size_mm : float
        Of the outline or line, and of a mark. [mm]
    style : str
        "solid", "dash", "no", or for fills a hatch such as "b_diagonal".
    """

    kind: str
    colour: str
    opacity: float = 1.0
    outline: str = ""
    width_mm: float = 0.3
    size_mm: float = 2.4
    style: str = "solid"

    def element(self, name: str) -> ET.Element:
        """The symbol as QGIS writes it."""
        symbol = ET.Element(
            "symbol", name=name, type=self.kind, alpha="1", clip_to_extent="1", force_rhr="0"
        )
        layer = ET.SubElement(
            symbol,
            "layer",
            {"class": MARKERS[self.kind], "enabled": "1", "locked": "0", "pass": "0"},
        )
        options = ET.SubElement(layer, "Option", type="Map")
        for key, value in self._properties().items():
            ET.SubElement(options, "Option", name=key, type="QString", value=value)
            # QGIS before 3.26 reads this form, later ones the one above.
            ET.SubElement(layer, "prop", k=key, v=value)
        return symbol

    def _properties(self) -> dict[str, str]:
        if self.kind == "line":
            return {
                "line_color": rgba(self.colour),
                "line_width": f"{self.width_mm:g}",
                "line_width_unit": "MM",
                "line_style": self.style,
            }
        filled = {
            "color": rgba(self.colour, self.opacity),
            "outline_color": rgba(self.outline or self.colour),
            "outline_style": "solid" if self.outline else "no",
            "outline_width": f"{self.width_mm:g}",
            "outline_width_unit": "MM",
        }
        if self.kind == "fill":
            return {**filled, "style": self.style}
        return {**filled, "name": "circle", "size": f"{self.size_mm:g}", "size_unit": "MM"}


def rgba(colour: str, opacity: float = 1.0) -> str:
    """A colour as QGIS writes it.

    Examples
    --------
    >>> rgba("#ff8000", 0.5)
    '255,128,0,128'
    """
    parts = [int(colour[start : start + 2], 16) for start in (1, 3, 5)]
    return ",".join(str(part) for part in [*parts, round(opacity * 255)])


def one_symbol(symbol: Symbol) -> ET.Element:
    """A renderer that draws everything alike."""
    renderer = ET.Element("renderer-v2", type="singleSymbol", symbollevels="0", forceraster="0")
    ET.SubElement(renderer, "symbols").append(symbol.element("0"))
    return renderer


def by_category(expression: str, classes: Sequence[tuple[str, str, Symbol]]) -> ET.Element:
    """A renderer by the text that an expression gives: (value, label, symbol) each."""
    renderer = ET.Element(
        "renderer-v2", type="categorizedSymbol", attr=expression, symbollevels="0", forceraster="0"
    )
    categories = ET.SubElement(renderer, "categories")
    symbols = ET.SubElement(renderer, "symbols")
    for number, (value, label, symbol) in enumerate(classes):
        ET.SubElement(
            categories,
            "category",
            {
                "render": "true",
                "symbol": str(number),
                "value": value,
                "label": label,
                "type": "string",
            },
        )
        symbols.append(symbol.element(str(number)))
    return renderer


def by_range(column: str, classes: Sequence[tuple[float, float, str, Symbol]]) -> ET.Element:
    """A renderer by the figures of a column: (lower, upper, label, symbol) each."""
    renderer = ET.Element(
        "renderer-v2",
        {
            "type": "graduatedSymbol",
            "attr": column,
            "graduatedMethod": "GraduatedColor",
            "symbollevels": "0",
            "forceraster": "0",
        },
    )
    ranges = ET.SubElement(renderer, "ranges")
    symbols = ET.SubElement(renderer, "symbols")
    for number, (lower, upper, label, symbol) in enumerate(classes):
        ET.SubElement(
            ranges,
            "range",
            {
                "render": "true",
                "symbol": str(number),
                "lower": f"{lower:.15g}",
                "upper": f"{upper:.15g}",
                "label": label,
            },
        )
        symbols.append(symbol.element(str(number)))
    return renderer


def labels_of(expression: str, colour: str, *, size_pt: float = 8) -> ET.Element:
    """Labels by an expression, with a white halo so that they read on any ground."""
    labeling = ET.Element("labeling", type="simple")
    settings = ET.SubElement(labeling, "settings", calloutType="simple")
    style = ET.SubElement(
        settings,
        "text-style",
        {
            "fieldName": expression,
            "isExpression": "1",
            "fontSize": f"{size_pt:g}",
            "fontSizeUnit": "Point",
            "textColor": rgba(colour),
            "fontFamily": "Sans Serif",
        },
    )
    ET.SubElement(
        style,
        "text-buffer",
        {
            "bufferDraw": "1",
            "bufferSize": "0.8",
            "bufferSizeUnits": "MM",
            "bufferColor": rgba("#ffffff"),
        },
    )
    # Around the middle, so that a small shape stays in sight.
    ET.SubElement(settings, "placement", placement="0", dist="1.5", distUnits="MM")
    return labeling


def surface(
    band: int, breaks: Sequence[float], colours: Sequence[str], unit: str, *, opacity: float = 0.75
) -> ET.Element:
    """A renderer of one band in classes; what lies below the first break is not drawn.

    Parameters
    ----------
    band : int
        From 1.
    breaks : sequence of float
        Lower ends of the classes, rising. [unit]
    colours : sequence of str
        ``#rrggbb`` a class.
    unit : str
        For the legend.
    opacity : float
        [0 to 1]
    """
    pipe = ET.Element("pipe")
    renderer = ET.SubElement(
        pipe,
        "rasterrenderer",
        {
            "type": "singlebandpseudocolor",
            "band": str(band),
            "opacity": f"{opacity:g}",
            "alphaBand": "-1",
            "nodataColor": "",
            "classificationMin": f"{breaks[0]:.15g}",
            "classificationMax": f"{breaks[-1]:.15g}",
        },
    )
    shader = ET.SubElement(
        ET.SubElement(renderer, "rastershader"),
        "colorrampshader",
        {
            "colorRampType": "DISCRETE",
            "classificationMode": "1",
            "clip": "0",
            "minimumValue": f"{breaks[0]:.15g}",
            "maximumValue": f"{breaks[-1]:.15g}",
            "labelPrecision": "6",
        },
    )
    # Each entry ends at its value, and the last one takes all above.
    uppers = [f"{value:.15g}" for value in breaks] + ["inf"]
    shown = [f"under {breaks[0]:g} {unit}"] + [f"{low:g} {unit} and more" for low in breaks]
    for upper, label, colour, alpha in zip(
        uppers, shown, ["#ffffff", *colours], ["0"] + ["255"] * len(colours), strict=True
    ):
        ET.SubElement(shader, "item", value=upper, label=label, color=colour, alpha=alpha)
    ET.SubElement(pipe, "rasterresampler", zoomedInResampler="", zoomedOutResampler="")
    return pipe


def classes(colours: Sequence[str], labels: Sequence[str]) -> ET.Element:
    """A renderer of the classes 0, 1, 2, ... of the first band; 0 is not drawn.

    Parameters
    ----------
    colours, labels : sequence of str
        A class each, from class 1.
    """
    pipe = ET.Element("pipe")
    renderer = ET.SubElement(
        pipe,
        "rasterrenderer",
        {"type": "paletted", "band": "1", "opacity": "0.75", "alphaBand": "-1", "nodataColor": ""},
    )
    palette = ET.SubElement(renderer, "colorPalette")
    for value, (colour, label) in enumerate(zip(colours, labels, strict=True), start=1):
        ET.SubElement(
            palette, "paletteEntry", value=str(value), color=colour, alpha="255", label=label
        )
    return pipe


def document(parts: Sequence[ET.Element], attributes: Mapping[str, str] | None = None) -> str:
    """A style as a file or a row of layer_styles holds it.

    Examples
    --------
    >>> text = document([one_symbol(Symbol("line", "#112233"))])
    >>> text.startswith("<!DOCTYPE qgis"), 'type="singleSymbol"' in text
    (True, True)
    """
    root = ET.Element("qgis", {"version": VERSION, "styleCategories": "AllStyleCategories"})
    for name, value in (attributes or {}).items():
        root.set(name, value)
    root.extend(parts)
    ET.indent(root)
    head = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return head + sound(ET.tostring(root, encoding="unicode")) + "\n"
