"""What a run computes, before anything of it is written."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as with_default
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd
    import xarray as xr

    from geocluster.siting.judging import Judging


@dataclass
class Results:
    """Everything a run computes, before it is written.

    Attributes
    ----------
    field : xarray.Dataset
        Concentration by pollutant; `so2_low` and `so2_high` are the cases of the range.
    exposure, sites, clusters : GeoDataFrame
    summary, correlations : DataFrame
        Exposure a row a limit; how far criteria measure the same thing.
    burden, burdens : DataArray
        Of the park's profile, and by release.
    deposition : DataArray or None
        Dry deposition in a year by pollutant, where study.toml asks for it. [g/m2]
    verdict : str
        The winner, or that the top is not separable.
    terrain : dict
        What the run has to say of the ground; empty where the study has no terrain.
    not_valid : GeoDataFrame
        The study's own, and where the ground is above a stack's top.
    narratives : list of dict
        What speaks for each candidate, what against it, and what would turn its place.
    judging : Judging or None
        The methods, normalisation, weights and preferences by which sites are judged.
    stability : dict
        How sure the order is, see `geocluster.steps.ranking.ranking`; empty without sites.
    candidates : dict
        How much land became candidates, and what was left out why: `candidate_sites`.
    supply : DataFrame or None
        Suitable land against burden, see `geocluster.siting.supply.supply_curve`.
    together, together_figures : GeoDataFrame or None, dict
        Several parks at once, see `geocluster.steps.several.several_parks`.
    facilities : list of GeoDataFrame
        Each kind of facility that clusters share, a row a cluster.
    measured : GeoDataFrame or None
        The sites as they were ranked, their distances not rounded yet.
    harm : DataArray or None
        What the park would do to people, where the study says so; see `geocluster.harm_of`.
    contributions : DataFrame or None
        Each source's share of what people breathe, see `geocluster.steps.breathed`.
    cases : mapping
        What the criteria of `sites` would be if one thing were otherwise: kind to name of a case
        to {column: values}.
    """

    field: xr.Dataset
    exposure: gpd.GeoDataFrame
    summary: pd.DataFrame
    burden: xr.DataArray
    burdens: xr.DataArray
    suitable: xr.Dataset
    sites: gpd.GeoDataFrame
    weights: dict[str, float]
    correlations: pd.DataFrame
    clusters: gpd.GeoDataFrame
    verdict: str
    notes: list[str]
    demonstration: str | None
    low_winds: dict[str, dict[str, float]]
    terrain: dict[str, Any]
    not_valid: gpd.GeoDataFrame
    deposition: xr.DataArray | None = None
    narratives: list[dict[str, Any]] = with_default(default_factory=list)
    judging: Judging | None = None
    stability: dict[str, Any] = with_default(default_factory=dict)
    candidates: dict[str, Any] | None = None
    supply: pd.DataFrame | None = None
    together: gpd.GeoDataFrame | None = None
    together_figures: dict[str, Any] = with_default(default_factory=dict)
    facilities: list[gpd.GeoDataFrame] = with_default(default_factory=list)
    measured: gpd.GeoDataFrame | None = None
    harm: xr.DataArray | None = None
    contributions: pd.DataFrame | None = None
    cases: Mapping[str, Mapping[str, Mapping[str, Any]]] = with_default(default_factory=dict)
