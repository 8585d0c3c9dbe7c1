"""Shares in the cards of sources and candidates that are drawn as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geocluster.maps.text import pollutant_label
from geocluster.tables import pollutants_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

# As the ranking has them, which stands beside this room.
TOP, NEEDED_SHARE = 3, 0.8


def share_bars(sources: pd.DataFrame, points: pd.DataFrame) -> dict[str, tuple[str, str, str]]:
    """Each source's shares of the emission and of what people breathe, into `points`. [%]

    The card draws the latter as a bar, and the former where the latter is not known.
    """
    labels = {}
    for pollutant in pollutants_of(sources):
        emission = sources[f"emission_{pollutant}_g_s"]
        total = float(emission.fillna(0).sum())
        if total > 0:
            share = 100 * points[f"emission_{pollutant}_g_s"] / total
            points[f"share_{pollutant}"] = share.where(share > 0)
            label = f"{pollutant_label(pollutant)}, share of all sources' emission"
            labels[f"share_{pollutant}"] = (label, "%", "bar")
        breathed = f"exposure_share_{pollutant}"
        if breathed in points:
            points[breathed] = (100 * points[breathed]).where(points[breathed] > 0)
            label = f"{pollutant_label(pollutant)}, share of what people breathe from all sources"
            labels[breathed] = (label, "%", "bar")
            if f"share_{pollutant}" in labels:
                labels[f"share_{pollutant}"] = (*labels[f"share_{pollutant}"][:2], "figure")
    return labels


def acceptability_bars(
    table: gpd.GeoDataFrame,
) -> tuple[gpd.GeoDataFrame, dict[str, tuple[str, str, str]]]:
    """How often a site is first, and among the first three, for bars in its card. [%]

    The share by which a winner is called has a mark at what it needs.
    """
    deciding = "top_three_share" if len(table) > TOP else "acceptability"
    told = {
        "acceptability": "share of the cases in which it is first",
        "top_three_share": "share of the cases in which it is among the first three",
    }
    labels = {}
    for name, label in told.items():
        if name in table and len(table) > 1:
            table = table.assign(**{name: 100 * table[name]})
            marked = name == deciding
            label += f" (mark: {NEEDED_SHARE:.0%}, needed to call a winner)" if marked else ""
            labels[name] = (label, "%", "marked" if marked else "bar")
    return table, labels
