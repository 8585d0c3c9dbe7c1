"""Suitable land as classes of one raster: suitable, or the first rule that excludes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geocluster.maps.surfaces import EXCLUSION_COLOURS, FRINGE_COLOUR, rule_name, rule_rows

if TYPE_CHECKING:
    import xarray as xr

SUITABLE, SUITABLE_COLOUR = 1, "#2f9e62"


class LandClasses(NamedTuple):
    """A class a cell (0 outside the region), with the colour and meaning of each class."""

    classes: xr.DataArray
    colours: dict[int, str]
    labels: dict[int, str]


def land_classes(suitable: xr.Dataset) -> LandClasses:
    """Class every cell as suitable, or by the first rule that excludes it.

    Parameters
    ----------
    suitable : Dataset
        From `suitable_land`: ``reasons`` and the rules in attrs.

    Returns
    -------
    LandClasses
        0 outside the region, 1 suitable, from 2 the rules in the order in which they exclude most;
        the fringe comes last.

    Examples
    --------
    >>> import xarray as xr
    >>> reasons = xr.DataArray([[0, 1, 2, 6, 4]], dims=("y", "x"))
    >>> rules = [{"bit": 0, "kind": "region", "reason": "Outside"},
    ...          {"bit": 1, "kind": "fringe", "reason": "Not on the fringe"},
    ...          {"bit": 2, "kind": "homes", "reason": "Homes"}]
    >>> found = land_classes(xr.Dataset({"reasons": reasons}, attrs={"rules": rules}))
    >>> found.classes.values.tolist(), found.labels
    ([[1, 0, 3, 2, 2]], {1: 'Suitable land', 2: 'Homes', 3: 'Not on the fringe'})
    """
    reasons = suitable["reasons"].transpose("y", "x")
    bits = reasons.values.astype("uint64")
    rules = rule_rows(suitable.attrs["rules"])
    outside = np.zeros(bits.shape, bool)
    excluding = {}
    for bit, row in rules.items():
        hit = (bits >> np.uint64(bit) & np.uint64(1)).astype(bool)
        if row.get("kind") == "region":
            outside |= hit
        elif hit.any():
            excluding[bit] = hit
    last = {bit for bit, row in rules.items() if row.get("kind") == "fringe"}
    first = np.full(bits.shape, -1)
    for bit in sorted(excluding, key=lambda bit: (bit in last, bit)):
        first = np.where((first < 0) & excluding[bit], bit, first)
    area = {bit: int((first == bit).sum()) for bit in excluding}
    ordered = sorted(
        (bit for bit in area if area[bit]), key=lambda bit: (bit in last, -area[bit], bit)
    )
    index = np.where(first < 0, SUITABLE, 0).astype("uint8")
    colours, labels = {SUITABLE: SUITABLE_COLOUR}, {SUITABLE: "Suitable land"}
    for number, bit in enumerate(ordered):
        index[first == bit] = number + 2
        shade = EXCLUSION_COLOURS[min(number, len(EXCLUSION_COLOURS) - 1)]
        colours[number + 2] = FRINGE_COLOUR if bit in last else shade
        labels[number + 2] = rule_name(rules[bit], bit)
    index[outside] = 0
    attrs = {name: value for name, value in suitable.attrs.items() if name in ("cell_m", "crs")}
    return LandClasses(reasons.copy(data=index).assign_attrs(attrs), colours, labels)
