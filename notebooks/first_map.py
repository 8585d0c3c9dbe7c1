# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The first map
#
# The twenty lines of the README, one step a cell: who breathes what near the industry of Tashkent
# region, what one more tonne a year would cost its people at every place, and which sites on the
# urban fringe rank first for an eco-industrial park. The study is a demonstration: much of it is
# assumed, and the page says what.

# %%
import warnings
from pathlib import Path

import geocluster as gc

warnings.simplefilter("ignore", UserWarning)
root = next(p for p in [Path.cwd(), *Path.cwd().parents] if (p / "data" / "regions").is_dir())

study = gc.read_study(root / "data" / "regions" / "tashkent")
grid = study.region.grid(cell_m=1000)
print("\n".join(study.inventory()))

# %% [markdown]
# Industrial sites that stand close together, and the concentration that they add to the air.

# %%
clusters = gc.find_clusters(study.sources, study.land)
field = gc.concentration(study.sources, grid, study.weather)
field["mean"].max(("y", "x")).to_series().round(1)

# %% [markdown]
# People and concentration meet: who lives above a limit.

# %%
exposure = gc.assess_exposure(study.homes, field, limits="who-2021")
gc.summarise_exposure(exposure, field, limits="who-2021")

# %% [markdown]
# The price of every place: persons times ug/m3 for each gram a second emitted there.

# %%
burden = gc.burden(study.homes, grid, study.weather, releases=study.park.releases)
print(burden.attrs.get("note", "the order of places hardly depends on the height of release"))

# %% [markdown]
# Suitable land on the fringe, cut into candidate sites, described and ranked.

# %%
suitable = gc.suitable_land(grid, study.homes, study.land, study.rules)
sites = gc.candidate_sites(suitable, min_area_ha=study.park.area_ha)
sites = gc.describe_sites(sites, burden, study.homes, study.land, clusters)
ranking = gc.rank(sites, study.weights, method="topsis")
ranking[["site_id", "rank", "score", "area_ha"]].head()

# %% [markdown]
# How sure is the order? The share of random weightings that give a site each rank:

# %%
gc.rank_acceptability(ranking, study.weights, samples=2000).iloc[:5, :5].round(2)

# %% [markdown]
# The map, in the page, without a network.

# %%
page = gc.draw_map(
    study.region,
    exposure=exposure,
    concentration=field,
    clusters=clusters,
    sites=ranking,
    suitable=suitable,
    burden=burden,
    sources=study.sources,
    land=study.land,
    not_valid=study.not_valid,
)
page
