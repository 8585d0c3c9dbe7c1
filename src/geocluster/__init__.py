"""geocluster: exposure near industry, the burden of every place, sites for eco-industrial parks.

The public names, and nothing else; each is loaded when it is first used.
"""

import importlib

_HOME = {
    "GeoclusterError": "errors",
    "Region": "region",
    "PlumeOptions": "plume.field",
    "Particles": "plume.deposition",
    "Gas": "plume.deposition",
    "concentration": "plume.field",
    "contributions": "plume.contributions",
    "ond86": "plume.ond86_field",
    "ond86_groups": "plume.ond86_groups",
    "ond86_sources": "plume.ond86_field",
    "permit_table": "plume.permit",
    "heights_at": "load.ground",
    "read_proposed": "load.proposed",
    "read_terrain": "load.terrain",
    "slope_of": "load.ground",
    "read_weather": "load.weather",
    "road_graph": "load.roads",
    "road_graph_from": "load.road_network",
    "find_clusters": "industry.clusters",
    "assess_exposure": "exposure.assess",
    "summarise_exposure": "exposure.assess",
    "burden": "exposure.burden",
    "intake_fraction": "exposure.burden",
    "degree_of_urbanisation": "siting.urbanisation",
    "urban_fringe": "siting.fringe",
    "travel_minutes": "siting.reach",
    "workers_within": "siting.reach",
    "harm_of": "exposure.harm",
    "mortality_harm": "exposure.harm",
    "suitable_land": "siting.suitability",
    "why": "siting.why",
    "candidate_sites": "siting.candidates",
    "brownfield_ground": "siting.brownfields",
    "cuts_of": "siting.cutting",
    "describe_sites": "siting.describing",
    "supply_curve": "siting.supply",
    "run_forward": "siting.finalists",
    "rank": "siting.ranking",
    "rank_acceptability": "siting.ranking",
    "central_weights": "siting.ranking",
    "pareto_front": "siting.pareto",
    "choose_together": "siting.together",
    "place_facilities": "siting.facilities",
    "ahp_weights": "siting.weighting",
    "ahp_consistency": "siting.weighting",
    "entropy_weights": "siting.weighting",
    "critic_weights": "siting.weighting",
    "smallest_change": "siting.sensitivity",
    "reversals": "siting.sensitivity",
    "compare_methods": "siting.sensitivity",
    "draw_map": "maps.page",
    "draw_review": "maps.review",
    "read_study": "study",
    "export_aermod": "handover.aermod",
    "run_study": "run",
}

__all__ = sorted(_HOME)
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'geocluster' has no attribute {name!r}")
    return getattr(importlib.import_module(f"geocluster.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
