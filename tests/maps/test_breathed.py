"""Which source people breathe: shares of the people-weighted mean, on the card and in the files."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import xarray as xr

from geocluster.maps import card_bars
from geocluster.maps.features import site_layers, source_layers
from geocluster.panels.folds import breathed_panels
from geocluster.plume.field import PlumeOptions, concentration
from geocluster.siting import stability
from geocluster.steps.breathed import shares_of_exposure, with_exposure_shares


@dataclass
class Town:
    """What the step asks of a study."""

    sources: gpd.GeoDataFrame
    homes: gpd.GeoDataFrame
    own_weather: Any
    terrain: None = None


@pytest.fixture(scope="module")
def town() -> Town:
    rng = np.random.default_rng(5)
    sources = gpd.GeoDataFrame(
        {
            "source_id": ["low", "tall", "low"],
            "name": ["Foundry", "Power plant", "Foundry"],
            "stack_height_m": [20.0, 150.0, 30.0],
            "stack_diameter_m": [1.0, 5.0, 1.0],
            "exit_velocity_m_s": [8.0, 20.0, 8.0],
            "exit_temperature_k": [380.0, 410.0, 380.0],
            "emission_so2_g_s": [10.0, 300.0, 5.0],
            "emission_nox_g_s": [0.0, 50.0, 2.0],
            "emission_co2_g_s": [1e3, 1e4, 1e3],
        },
        geometry=gpd.points_from_xy([0.0, 800.0, -500.0], [0.0, 300.0, 400.0]),
        crs=32642,
    )
    at = rng.uniform(-6000, 6000, (2, 30))
    homes = gpd.GeoDataFrame(
        {"people": rng.integers(0, 900, 30).astype(float), "inside": [True] * 25 + [False] * 5},
        geometry=gpd.points_from_xy(*at).buffer(50.0),
        crs=32642,
    )
    hours = 60
    weather = xr.Dataset(
        {
            "wind_speed_m_s": ("hour", rng.uniform(1, 8, hours)),
            "wind_from_deg": ("hour", rng.uniform(0, 360, hours)),
            "stability": ("hour", rng.integers(1, 7, hours)),
            "mixing_height_m": ("hour", np.full(hours, 900.0)),
            "temperature_k": ("hour", np.full(hours, 290.0)),
        }
    )
    return Town(sources, homes, weather)


def test_shares_sum_to_one_and_are_those_of_each_source_alone(town: Town) -> None:
    shares = shares_of_exposure(town, PlumeOptions())  # type: ignore[arg-type]
    assert list(shares) == ["source_id", "share_of_exposure_so2", "share_of_exposure_nox"]
    assert shares.attrs["why_not"] == ""
    assert shares.attrs["people_share"] == 1.0
    inside = town.homes[town.homes["inside"] & (town.homes["people"] > 0)]
    places = gpd.GeoDataFrame(geometry=inside.representative_point().to_numpy(), crs=32642)
    for pollutant in ("so2", "nox"):
        alone = []
        for row in range(3):
            options = PlumeOptions(method="tables")
            field = concentration(
                town.sources.iloc[[row]], places, town.own_weather, options=options
            )
            mean = field["mean"].sel(pollutant=pollutant).values
            alone.append(float(mean @ inside["people"].to_numpy()))
        column = shares[f"share_of_exposure_{pollutant}"]
        assert column.sum() == pytest.approx(1, abs=1e-12)
        assert column.to_numpy() == pytest.approx(np.array(alone) / sum(alone), rel=1e-9)
    emitted = town.sources["emission_so2_g_s"] / town.sources["emission_so2_g_s"].sum()
    assert shares["share_of_exposure_so2"][1] < emitted[1]


def test_a_long_calculation_is_left_out_with_its_reason(town: Town) -> None:
    shares = shares_of_exposure(town, PlumeOptions(), most_pairs=10)  # type: ignore[arg-type]
    assert "3 sources at" in shares.attrs["why_not"]
    assert list(shares) == ["source_id"]
    (panel,) = breathed_panels(town.sources, shares)
    assert panel.table is None
    assert panel.paragraphs == [shares.attrs["why_not"]]


def test_homes_without_people_give_no_shares(town: Town) -> None:
    empty = Town(town.sources, town.homes.assign(people=0.0), town.own_weather)
    assert shares_of_exposure(empty, PlumeOptions()).attrs["why_not"]  # type: ignore[arg-type]


def test_the_fold_names_sites_once_each_with_both_shares(town: Town) -> None:
    shares = shares_of_exposure(town, PlumeOptions())  # type: ignore[arg-type]
    (panel,) = breathed_panels(town.sources, shares)
    assert panel.table is not None
    of_so2 = panel.table[panel.table["pollutant"] == "SO₂"]
    assert sorted(of_so2["site"]) == ["Foundry", "Power plant"]
    assert of_so2.set_index("site")["share of the emission [%]"]["Power plant"] == "95.2"
    breathed = of_so2["share of what people breathe [%]"].astype(float)
    assert breathed.sum() == pytest.approx(100, abs=0.2)
    assert breathed.is_monotonic_decreasing


def test_the_card_has_both_shares_and_the_bar_is_what_people_breathe(demo) -> None:  # type: ignore[no-untyped-def]
    sources = demo.sources().assign(exposure_share_so2=[0.1, 0.0, 0.6, 0.3])
    layer = source_layers(sources, demo.region())[0].data
    fields = {name: (kind, at) for at, (name, _, kind) in enumerate(layer["fields"])}
    assert fields["SO₂, share of all sources' emission"][0] == "figure"
    kind, at = fields["SO₂, share of what people breathe from all sources"]
    assert kind == "bar"
    assert [row[4 + at] for row in layer["features"]] == [10, None, 60, 30]
    assert fields["NOₓ, share of all sources' emission"][0] == "bar"


def test_a_candidate_shows_the_mark_on_the_share_that_decides(demo) -> None:  # type: ignore[no-untyped-def]
    assert (card_bars.TOP, card_bars.NEEDED_SHARE) == (stability.TOP, stability.NEEDED_SHARE)
    sites = demo.sites().assign(acceptability=0.25)
    for table, marked in ((sites, "top_three_share"), (sites.head(3), "acceptability")):
        fields = site_layers(table, demo.region())[0].data["fields"]
        kinds = {label.split(" (")[0]: kind for label, _, kind in fields}
        first = kinds["share of the cases in which it is first"]
        top = kinds["share of the cases in which it is among the first three"]
        expected = ("bar", "marked") if marked == "top_three_share" else ("marked", "bar")
        assert (first, top) == expected


def test_sources_keep_what_they_have(town: Town) -> None:
    shares = shares_of_exposure(town, PlumeOptions())  # type: ignore[arg-type]
    joined = with_exposure_shares(town.sources, shares)
    assert joined["exposure_share_nox"].sum() == pytest.approx(1)
    assert with_exposure_shares(town.sources, None) is town.sources
