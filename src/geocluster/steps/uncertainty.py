"""What the criteria of a study's sites would be if one uncertain thing were otherwise.

The burden of a case is computed on a grid of about 15,000 cells, by tables, and compared with the
burden as run on the same grid: the ratio of the two changes each site's own burden. What a park
adds to the air (the worst-hit home, people newly above a limit) is computed anew at each site.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.steps.parts import of_case, wind_parts
from geocluster.steps.people_cases import add_growth, add_people

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from geocluster.plume.field import PlumeOptions
    from geocluster.siting.added import Added
    from geocluster.study import Study

    Weather = xr.Dataset | dict[str, xr.Dataset]

CELLS = 15_000
# A stack that most studies do not plan: what it would take for the order to turn.
TALL_M = 120.0
TALL = f"a stack of {TALL_M:g} m (not planned)"
TALL_STACK = {
    "stack_height_m": TALL_M,
    "stack_diameter_m": 3.0,
    "exit_velocity_m_s": 15.0,
    "exit_temperature_k": 400.0,
}
TALL_FROM_M = 80.0
# Nobody has said how far a park's emission is uncertain: a factor of 2 either way is assumed.
FACTORS = {0.5: "half as much emitted", 2.0: "twice as much emitted"}
TRIED_FACTORS = (0.1, 0.2, 0.5, 2.0, 5.0, 10.0)
EMISSION, TODAY = "emission of the park", "emissions of today"
NO_EMISSIONS = "[park.emissions] is not given, so that no criterion depends on it"
AIR_COLUMNS = (
    "worst_home_ug_m3_per_g_s",
    "worst_place_ug_m3_per_g_s",
    "people_newly_above",
    "vegetation_newly_above_ha",
)
CALMS, WIND = "treatment of weak winds", "wind"
TREATMENTS = {
    "keep": "winds under 1 m/s as they are",
    "drop": "winds under 1 m/s left out as calms",
    "raise": "winds under 1 m/s and calms raised to 1 m/s",
}


@dataclass
class Uncertainty:
    """Cases of uncertain criteria, and what of it cannot be asked here.

    Attributes
    ----------
    cases : dict
        Name to {column: values at the sites}.
    kinds : dict
        Name of a case to its kind.
    not_asked : dict
        Kind to the reason why it has no cases.
    cell_m : float
        Side of the cells of the grid of ratios. [m]
    tall : array or None
        The burden of a stack of 120 m at the sites, where the park has none that high.
        [persons ug/m3 per g/s]
    by_release : dict
        Case of releases (see `release_cases`) to the columns that change beside the burden.
    by_emission : dict
        How many times the park's emission to {column: values at the sites}; empty where it is not
        known what the park emits.
    """

    cases: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    not_asked: dict[str, str] = field(default_factory=dict)
    cell_m: float = 0.0
    tall: np.ndarray | None = None
    by_release: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    by_emission: dict[float, dict[str, np.ndarray]] = field(default_factory=dict)

    def add(self, kind: str, name: str, columns: dict[str, np.ndarray]) -> None:
        """One more case."""
        self.cases[name] = columns
        self.kinds[name] = kind


def uncertainty_of(
    study: Study,
    sites: gpd.GeoDataFrame,
    options: PlumeOptions,
    today: xr.Dataset | None = None,
) -> Uncertainty:
    """Cases of the weather, its weak winds, people, their growth and emissions, at each site.

    Parameters
    ----------
    study : Study
    sites : GeoDataFrame
        From `describe_sites`.
    options : PlumeOptions
        As the burden was run.
    today : Dataset, optional
        The concentration of today, with cases such as `so2_low`.
    """
    from geocluster.siting.criteria import BURDEN

    found = Uncertainty()
    if not len(sites) or BURDEN not in sites:
        return found
    rough = Rough.of(study, sites, options, today)
    found.cell_m = rough.cell_m
    base = rough.burden()
    own = sites[BURDEN].to_numpy(float)

    def changed(
        weather: Weather | None = None, low_wind: str | None = None, releases: Any = None
    ) -> dict[str, np.ndarray]:
        values = rough.burden(weather=weather, low_wind=low_wind, releases=releases)
        return {BURDEN: own * np.where(base > 0, values / np.where(base > 0, base, 1), 1)}

    for name, low_wind in _treatments(found, rough):
        air = rough.air(low_wind=low_wind)
        found.add(CALMS, name, {**changed(low_wind=low_wind), **air})
    for name, weather in _winds(found, rough):
        found.add(WIND, name, {**changed(weather), **rough.air(weather=weather)})
    add_people(found, rough, base)
    add_growth(found, rough, base)
    _add_emissions(found, rough)
    profile = study.park.releases
    found.by_release = {
        name: rough.air(releases=releases) for name, releases in profile_cases(profile).items()
    }
    if max(one.get("stack_height_m") or 0.0 for one in profile) < TALL_FROM_M:
        found.tall = changed(releases=TALL_STACK)[BURDEN]
    return found


def profile_cases(releases: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The park with other shares of its releases, by the names of `release_cases`.

    Examples
    --------
    >>> low = {"name": "leak", "share": 0.5, "release_height_m": 10.0}
    >>> high = {"name": "stack", "share": 0.5, "stack_height_m": 40.0}
    >>> [[part["share"] for part in parts] for parts in profile_cases([low, high]).values()]
    [[1.0], [1.0], [0.1, 0.9], [0.6, 0.4]]
    """
    from geocluster.siting.turning import release_shares

    shares = {str(one["name"]): float(one["share"]) for one in releases}
    heights = [one.get("stack_height_m") or one.get("release_height_m") or 0.0 for one in releases]
    lowest = str(releases[int(np.argmin(heights))]["name"])
    return {
        name: [
            {**one, "share": mixture[str(one["name"])]}
            for one in releases
            if mixture[str(one["name"])] > 0
        ]
        for name, mixture in release_shares(shares, lowest).items()
    }


@dataclass(frozen=True)
class Rough:
    """The burden at the sites from a grid of few cells, with any one thing otherwise."""

    study: Study
    sites: gpd.GeoDataFrame
    grid: xr.DataArray
    options: PlumeOptions
    urban: bool | xr.DataArray
    weather_of: xr.DataArray | None
    cell_m: float
    today: xr.Dataset | None = None

    @classmethod
    def of(
        cls,
        study: Study,
        sites: gpd.GeoDataFrame,
        options: PlumeOptions,
        today: xr.Dataset | None = None,
    ) -> Rough:
        from geocluster.steps.dispersion import urban_places

        area = study.region.boundary.envelope.area
        cell_m = max(study.settings.grid.cell_m, (area / CELLS) ** 0.5)
        grid = study.region.grid(cell_m)
        quick = replace(options, deposition=None, method="tables")
        return cls(
            study,
            sites,
            grid,
            quick,
            urban_places(study, grid),
            study.weather_of(grid),
            cell_m,
            today,
        )

    def air(
        self,
        *,
        weather: Weather | None = None,
        low_wind: str | None = None,
        releases: Any = None,
    ) -> dict[str, np.ndarray]:
        """What the park adds to the air at each site, of the criteria that have a value."""
        from geocluster.siting.air import air_columns

        study, sites = self.study, self.sites
        known = self.known(AIR_COLUMNS)
        if not known:
            return {}
        columns = air_columns(
            self.added(weather, low_wind, releases), sites, study.homes, study.places, study.land,
            self.today, study.park.emissions, study.settings.limits(),
        )  # fmt: skip
        return {name: np.asarray(columns[name], dtype=float) for name in known}

    def known(self, columns: Sequence[str]) -> list[str]:
        """Those that some site has a value for."""
        return [name for name in columns if name in self.sites and self.sites[name].notna().any()]

    def added(
        self, weather: Weather | None = None, low_wind: str | None = None, releases: Any = None
    ) -> Added:
        """What a park of 1 g/s adds about each site."""
        from geocluster.siting.added import Added

        return Added.of(
            self.sites,
            self.study.park.releases if releases is None else releases,
            self.study.own_weather if weather is None else weather,
            options=replace(self.options, low_wind=low_wind) if low_wind else self.options,
            urban=self.urban,
            weather_of=self.weather_of,
        )

    def counted(self) -> Callable[[float, xr.Dataset | None], dict[str, np.ndarray]]:
        """People and vegetation newly above a limit, by how much is emitted and is there today."""
        from geocluster.exposure.assess import limit_table
        from geocluster.siting.exceedance import people_above, vegetation_above

        study, known, added = self.study, self.known(AIR_COLUMNS[2:]), self.added()
        limits = limit_table(study.settings.limits())

        def at(times: float, today: xr.Dataset | None) -> dict[str, np.ndarray]:
            if today is None:
                return {}
            emissions = {name: rate * times for name, rate in study.park.emissions.items()}
            found = people_above(added, study.homes, today, emissions, limits)
            found |= vegetation_above(added, study.land, today, emissions)
            return {name: np.asarray(found[name], float) for name in known if name in found}

        return at

    def burden(
        self,
        *,
        homes: gpd.GeoDataFrame | None = None,
        weather: Weather | None = None,
        low_wind: str | None = None,
        releases: Any = None,
    ) -> np.ndarray:
        """At the middle of each site, of the park's profile. [persons ug/m3 per g/s]"""
        from geocluster.exposure.burden import burden

        options = replace(self.options, low_wind=low_wind) if low_wind else self.options
        field = burden(
            self.study.homes if homes is None else homes,
            self.grid,
            self.study.own_weather if weather is None else weather,
            releases=self.study.park.releases if releases is None else releases,
            urban=self.urban,
            options=options,
            weather_of=self.weather_of,
        )
        return values_at(self.sites, field)


def values_at(sites: gpd.GeoDataFrame, field: xr.DataArray) -> np.ndarray:
    """A field between its cells at the middle of each site; at the rim that of the nearest cell."""
    import xarray as xr

    middles = sites.geometry.centroid
    x, y = (
        xr.DataArray(np.clip(values, float(axis.min()), float(axis.max())), dims="site")
        for values, axis in ((middles.x, field["x"]), (middles.y, field["y"]))
    )
    return np.asarray(field.sortby("y").interp(x=x, y=y).values, dtype=float)


def _treatments(found: Uncertainty, rough: Rough) -> Iterator[tuple[str, str]]:
    """The other treatments of weak winds, where there are any."""
    skies = _skies(rough.study)
    if not any(bool((sky["wind_speed_m_s"] < 1).any()) for sky in skies):
        found.not_asked[CALMS] = "no wind is under 1 m/s"
        return
    strong = all(bool((sky["wind_speed_m_s"] >= 1).any()) for sky in skies)
    for treatment, words in TREATMENTS.items():
        if treatment != rough.options.low_wind and (treatment != "drop" or strong):
            yield words, treatment


def _winds(found: Uncertainty, rough: Rough) -> Iterator[tuple[str, Weather]]:
    parts, reason = wind_parts(rough.study.own_weather)
    if reason:
        found.not_asked[WIND] = reason
    yield from parts.items()


def _add_emissions(found: Uncertainty, rough: Rough) -> None:
    """What the park emits, and what is in the air today, where limits are counted."""
    if "people_newly_above" not in rough.sites or not rough.study.park.emissions:
        found.not_asked[EMISSION] = NO_EMISSIONS
        return
    counted = rough.counted()
    for times in TRIED_FACTORS:
        columns = counted(times, rough.today)
        if not columns:
            found.not_asked[EMISSION] = "no limit is counted for what the park emits"
            return
        found.by_emission[times] = columns
        if times in FACTORS:
            found.add(EMISSION, FACTORS[times], columns)
    for case in ("low", "high"):
        today = of_case(rough.today, case)
        if today is not None:
            found.add(TODAY, f"{case} emissions of the sources of today", counted(1.0, today))


def _skies(study: Study) -> list[xr.Dataset]:
    weather: Any = study.own_weather
    return list(weather.values()) if isinstance(weather, dict) else [weather]
