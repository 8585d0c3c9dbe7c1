"""What a run can check of itself, with the figures found: shown in the dossier, passed or not."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from geocluster.maps.text import clean
from geocluster.sentences import tell
from geocluster.siting.finalists import DIFFERENCE, FORWARD

if TYPE_CHECKING:
    import xarray as xr

    from geocluster.results import Results
    from geocluster.study import Study
    from geocluster.words import Words

PASSED, FAILED, NOT_ASKED = "passed", "failed", "not asked"
MASS_WITHIN, RANK_WITHIN, FORWARD_WITHIN, PEOPLE_WITHIN = 1e-3, 1e-9, 20.0, 1e-6
# Apte et al. 2012: ground-level sources in 3,646 cities of over 100,000 people.
LEAST_PPM, MOST_PPM, CITY, NEAR_GROUND_M = 1.0, 200.0, 100_000, 20.0
PLANE_M = 2_000.0
TINY = 1e-5
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Check:
    """One check: what should hold, what was found, and whether it does."""

    title: str
    state: str
    found: str
    wanted: str


def checks_of(study: Study, results: Results, words: Words) -> list[Check]:
    """Every check on this run; one that cannot be done says why, one that breaks is failed."""
    asked: tuple[tuple[str, Callable[..., tuple[bool | None, str, str]]], ...] = (
        (words("What a source emits passes a plane downwind"), mass_check),
        (words("The intake fraction lies in its published band"), intake_check),
        (words("The burden is what forward runs give"), forward_check),
        (words("The ranking equals one computed by plain formulas"), ranking_check),
        (words("No people are lost or made"), people_check),
    )
    checks = []
    for title, check in asked:
        try:
            holds, found, wanted = check(study, results, words)
        except Exception as error:  # a check that breaks must be seen, and must not stop a run
            holds, found, wanted = False, clean(f"{type(error).__name__}: {error}", 300), ""
        state = NOT_ASKED if holds is None else (PASSED if holds else FAILED)
        checks.append(Check(title, state, found, wanted))
    return checks


def mass_check(study: Study, results: Results, words: Words) -> tuple[bool | None, str, str]:
    """The flux through a plane 2 km downwind of the park's lowest release, over its emission."""
    wanted = words("1, within {part}", part=words.percent(MASS_WITHIN, 1))
    hour = neutral_hour(study.weather)
    if hour is None:
        return (
            None,
            words("this weather has no hour of class A to D with a wind above 2 m/s"),
            wanted,
        )
    share = flux_share(study, hour)
    speed, letter = float(hour["wind_speed_m_s"][0]), "ABCDEF"[int(hour["stability"][0]) - 1]
    told = words(
        "{share} of the emission, in an hour of this weather with {speed} m/s and class {letter}",
        share=words.fixed(share, 5), speed=words.number(speed), letter=letter,
    )  # fmt: skip
    return abs(share - 1) <= MASS_WITHIN, told, wanted


def neutral_hour(weather: xr.Dataset) -> xr.Dataset | None:
    """The weather's most frequent hour with a lid and a wind; the most neutral of its kind."""
    speed, stability = weather["wind_speed_m_s"].values, weather["stability"].values
    fits = (speed > 2) & (stability <= 4) & (weather["mixing_height_m"].values > 100)
    if not fits.any():
        return None
    weight = weather["frequency"].values if "frequency" in weather else np.ones(speed.size)
    order = np.lexsort((-weight, -stability.astype(int), ~fits))
    return weather.isel(hour=[int(order[0])])


def flux_share(study: Study, hour: xr.Dataset) -> float:
    """What passes a plane 2 km downwind in an hour, over what is emitted.  [1]"""
    import geopandas as gpd

    from geocluster.exposure.burden import release_table
    from geocluster.plume.field import PlumeOptions, concentration
    from geocluster.plume.rise import PROFILE
    from geocluster.plume.sigma import sigma_y, sigma_z

    table = release_table(study.park.releases).sort_values("height_m", kind="stable").iloc[[0]]
    stability, height = int(hour["stability"].values[0]), float(table["height_m"].iloc[0])
    carried = hour.assign(wind_from_deg=("hour", [270.0]), frequency=("hour", [1.0]))
    anemometer = float(hour.attrs.get("anemometer_height_m", 10.0))
    power = PROFILE[0, stability - 1]
    wind = float(hour["wind_speed_m_s"].values[0]) * (max(height, 10.0) / anemometer) ** power
    wide = float(table["initial_sigma_y_m"].iloc[0]) if "initial_sigma_y_m" in table else 15.0
    half = 6.5 * (float(sigma_y(PLANE_M, stability)) + 4 * max(np.nan_to_num(wide), 15.0))
    lid = float(hour["mixing_height_m"].values[0])
    reach = 300.0 + height + 8.0 * float(sigma_z(PLANE_M + 400, stability))
    y, z = np.linspace(-half, half, 201), np.linspace(0.0, min(lid, reach), 121)
    across, up = np.meshgrid(y, z)
    source = gpd.GeoDataFrame(
        table.drop(columns=["share", "height_m"]).assign(emission_so2_g_s=1.0),
        geometry=gpd.points_from_xy([0.0], [0.0]),
        crs=study.region.crs,
    )
    plane = gpd.GeoDataFrame(
        {"height_m": up.ravel()},
        geometry=gpd.points_from_xy(np.full(up.size, PLANE_M), across.ravel()),
        crs=study.region.crs,
    )
    options = PlumeOptions(stack_tip_downwash=False)
    found = concentration(source, plane, carried, options=options)["mean"].values.reshape(up.shape)
    return float(np.trapezoid(np.trapezoid(found, y, axis=1), z) * wind * 1e-6)


def intake_check(study: Study, results: Results, words: Words) -> tuple[bool | None, str, str]:
    """The intake fraction of each release where people live, against what is published."""
    from geocluster.exposure.burden import intake_fraction
    from geocluster.exposure.residents import people_grid

    low, high = (words.number(value) for value in (LEAST_PPM, MOST_PPM))
    wanted = words(
        "released near the ground, {low} to {high} ppm as in cities of the world (Apte et al. "
        "2012), or less with fewer than {people} people; the higher the release, the less",
        low=low, high=high, people=words.number(CITY),
    )  # fmt: skip
    people = np.asarray(people_grid(study.homes, results.burden).values, dtype=float)
    if not people.sum() > 0:
        return None, words("nobody lives on the grid"), wanted
    heights = results.burdens["height_m"].values.tolist()
    names = [str(name) for name in results.burdens["release"].values]
    means = [
        float(np.average(np.nan_to_num(intake_fraction(part.values)), weights=people))
        for part in results.burdens
    ]
    told = "; ".join(
        f"{tell(clean(name), words.language)} ({words.number(height)} {words('m')}): "
        f"{words.number(mean)} {words('ppm')}"
        for name, height, mean in zip(names, heights, means, strict=True)
    )
    order = [mean for _, mean in sorted(zip(heights, means, strict=True))]
    falling = all(a >= b for a, b in pairwise(order))
    least = LEAST_PPM if people.sum() >= CITY else 0.0
    near_ground = [m for h, m in zip(heights, means, strict=True) if h <= NEAR_GROUND_M]
    return falling and all(least <= mean <= MOST_PPM for mean in near_ground), told, wanted


def forward_check(study: Study, results: Results, words: Words) -> tuple[bool | None, str, str]:
    """The burden of the first sites against people times concentration of forward runs."""
    wanted = words(
        "within {part} (a point against the mean of a site, and the ground)",
        part=words.percent(FORWARD_WITHIN / 100),
    )
    sites = results.sites
    if FORWARD not in sites or not sites[FORWARD].notna().any():
        return None, words("no site was run forward"), wanted
    rows = sites[sites[FORWARD].notna()]
    percent = words.symbols()["percent"]
    told = "; ".join(
        f"{name} {words.signed(value)}{percent}"
        for name, value in zip(rows["site_id"], rows[DIFFERENCE], strict=True)
    )
    return bool((rows[DIFFERENCE].abs() <= FORWARD_WITHIN).all()), told, wanted


def ranking_check(study: Study, results: Results, words: Words) -> tuple[bool | None, str, str]:
    """The scores and the order again, by formulas written down a second time."""
    from geocluster.dossier.oracle import scores

    wanted = words("the same order, scores within {part}", part=_tiny(words, RANK_WITHIN))
    judging = results.judging
    sites = results.sites if results.measured is None else results.measured
    if judging is None or not len(sites):
        return None, words("there is no site to rank"), wanted
    facts = judging.facts()
    names = [name for name, weight in results.weights.items() if weight]
    again = scores(
        facts["method"],
        facts["normalisation"],
        sites[names].to_numpy(dtype=float).tolist(),
        [results.weights[name] for name in names],
        _by_position(judging.bounds, names) if facts["method"] == "spotis" else None,
        _by_position(judging.thresholds, names) if facts["method"] == "promethee_ii" else None,
    )
    own = sites["score"].to_numpy(dtype=float)
    worst = float(np.abs(own - again).max())
    ranks = sites["rank"].to_numpy()
    ordered = np.asarray(again)[np.argsort(ranks, kind="stable")]
    same = bool((np.diff(ordered) <= RANK_WITHIN).all())
    told = words(
        "{count} sites, {criteria} criteria: scores differ by {worst} at most",
        count=words.fixed(len(sites)), criteria=len(names), worst=_tiny(words, worst),
    )  # fmt: skip
    return worst <= RANK_WITHIN and same, told, wanted


def _tiny(words: Words, value: float) -> str:
    """A number, or where it is next to none the power of ten that it is not above."""
    if not 0 < value < TINY:
        return words.number(value)
    power = math.ceil(math.log10(value) - 1e-9)
    return f"10⁻{str(-power).translate(RAISED)}"


def _by_position(given: object, names: list[str]) -> dict[int, tuple[float, float]]:
    pairs = dict(given or {})  # type: ignore[call-overload]
    found = {}
    for number, name in enumerate(names):
        if name in pairs:
            pair = np.atleast_1d(np.asarray(pairs[name], dtype=float)).tolist()
            found[number] = (pair[0], pair[1]) if len(pair) == 2 else (0.0, pair[0])
    return found


def people_check(study: Study, results: Results, words: Words) -> tuple[bool | None, str, str]:
    """The people who are counted, against those of the input and of official totals."""
    counted = results.exposure
    inside = float(counted["people"][counted["inside"]].sum())
    given = study.homes
    read = float(given["people"][given["inside"]].sum())
    totals = _official(study)
    told = words(
        "{counted} counted, {read} read", counted=words.fixed(inside), read=words.fixed(read)
    )
    holds = math.isclose(inside, read, rel_tol=PEOPLE_WITHIN)
    if totals is None:
        return holds, told, words("what was read; the study names no official total")
    official = words("official total")
    told += f"; {official}: {words.fixed(totals)}"
    holds &= math.isclose(inside, totals, rel_tol=PEOPLE_WITHIN)
    return holds, told, words("what was read, and the official total")


def _official(study: Study) -> float | None:
    from geocluster.load.towns import read_totals

    inputs = study.settings.inputs
    if inputs.totals is None:
        return None
    path = study.settings.path(inputs.totals)
    return float(read_totals(path, **study.settings.options(inputs.totals))["people"].sum())
