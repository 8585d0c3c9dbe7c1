"""The table of layers: what the map shows, in which group, and in which order.

A layer is a row of plain data that the page's script knows how to draw by its `kind`; a result of
later work joins the map with a function that returns rows, and nothing else has to change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from geocluster.errors import TableError
from geocluster.maps.packing import pack, to_lonlat, value
from geocluster.maps.text import clean, column_label

if TYPE_CHECKING:
    import geopandas as gpd

GROUPS: tuple[tuple[str, str], ...] = (
    ("air", "What is in the air"),
    ("people", "People"),
    ("industry", "Industry"),
    ("siting", "Sites for a park"),
    ("validity", "Limits of this map"),
    ("base", "Base map"),
)
# What goes with a layer's rows, one item a row.
BY_ROW = ("style", "radius", "pins", "ids")
KINDS = ("surface", "raster", "shapes", "contours", "labels", "tiles")


@dataclass(frozen=True)
class Layer:
    """One layer of the map.

    Parameters
    ----------
    key : str
        Unique on the map.
    title : str
        What a reader sees in the layer control.
    group : str
        Key of one of GROUPS.
    kind : str
        One of KINDS: how the page's script draws `data`. Of the surfaces one is shown at a time.
    data : dict
        Plain values that JSON can hold.
    shown : bool
        On when the page opens.
    swatches : list of dict
        The layer's key: `mark` (fill, line, dot, pin, hatch), `colour`, `label` and more.
    """

    key: str
    title: str
    group: str
    kind: str
    data: dict[str, Any]
    shown: bool = False
    swatches: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.group not in dict(GROUPS) or self.kind not in KINDS:
            raise TableError(f"layer {self.key}", f"no group {self.group!r} or kind {self.kind!r}")

    def as_data(self) -> dict[str, Any]:
        """What the page's script reads."""
        return {
            "key": self.key,
            "title": self.title,
            "group": self.group,
            "kind": self.kind,
            "shown": self.shown,
            "swatches": self.swatches,
            **self.data,
        }


def shape_layer(
    key: str,
    title: str,
    group: str,
    table: gpd.GeoDataFrame,
    crs: Any,
    *,
    pane: str,
    styles: Sequence[Mapping[str, Any]],
    style_of: Sequence[int] | None = None,
    heading: str | Callable[[Mapping], str] = "name",
    columns: Sequence[str] = (),
    labels: Mapping[str, tuple[str, str, str]] | None = None,
    tolerance_m: float = 0.0,
    shown: bool = False,
    swatches: Sequence[dict[str, Any]] = (),
    **more: Any,
) -> Layer | None:
    """Rows of a table as points, lines or areas with a card each; None for an empty table.

    Parameters
    ----------
    pane : str
        Which pane of the page it is drawn in: base, homes, area, hatch, points or sites.
    styles : sequence of mapping
        Leaflet's path options.
    style_of : sequence of int, optional
        The row's place in `styles`; 0 where it is missing.
    heading : str or function
        The column of the card's heading, or a function of the row.
    columns : sequence of str
        What the card shows, beneath the heading; columns that are missing or empty are left out.
    labels : mapping, optional
        Column to (label, unit, kind) where its name does not say them.
    tolerance_m : float
        By how much lines may be simplified. [m]
    """
    if table is None or len(table) == 0:
        return None
    present = [c for c in columns if c in table.columns and table[c].notna().any()]
    series = to_lonlat(table, crs, tolerance_m)
    order = style_of if style_of is not None else [0] * len(table)
    features, kept = [], []
    rows = table.drop(columns=table.geometry.name).to_dict("records")
    for number, (geometry, row) in enumerate(zip(series, rows, strict=True)):
        packed = pack(geometry)
        if packed is None:
            continue
        title_text = heading(row) if callable(heading) else row.get(heading, "")
        features.append(
            [*packed, order[number], clean(title_text), *(value(row[c]) for c in present)]
        )
        kept.append(number)
    if not features:
        return None
    more = {name: _kept(name, part, kept) for name, part in more.items()}
    data = {
        "pane": pane,
        "styles": [dict(style) for style in styles],
        "fields": [list((labels or {}).get(c) or column_label(c)) for c in present],
        "features": features,
        **more,
    }
    return Layer(key, title, group, "shapes", data, shown, list(swatches))


def _kept(name: str, part: Any, kept: list[int]) -> Any:
    """Lists that go with the rows lose the rows that could not be drawn."""
    if isinstance(part, dict):
        return {inner: _kept(inner, value, kept) for inner, value in part.items()}
    return [part[i] for i in kept] if name in BY_ROW else part
