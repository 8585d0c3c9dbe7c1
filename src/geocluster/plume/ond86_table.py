"""A table of sources as OND-86 needs it: what is refused, what is assumed, and each one's jet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from geocluster.errors import CRSError, InputError, TableError
from geocluster.plume import ond86 as norm
from geocluster.plume.arrays import point_coordinates
from geocluster.tables import Column, check_table, column_faults, rows_in_words

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

# Dust of unknown size settles by how well the gas is cleaned; PM10 and finer fall like a gas.
COARSE = ("tsp", "pb")
FREEZING_K = 273.15
CENTRAL_ASIA = (46.0, 35.0, 88.0, 56.0)
SOUTH_DEG = 40.0


def settling_factor_of(pollutant: str, cleaned_share: float = 0.0) -> float:
    """F of OND-86: how much the ground gains because particles settle.

    Parameters
    ----------
    pollutant : str
        Gases, PM10 and PM2.5 (falling at under 3 to 5 cm/s) have 1; dust (tsp, pb) has more.
    cleaned_share : float
        Of the dust, caught before the mouth: from 0.9 on F is 2, from 0.75 on 2.5, below 3.

    Examples
    --------
    >>> settling_factor_of("so2"), settling_factor_of("tsp"), settling_factor_of("tsp", 0.9)
    (1.0, 3.0, 2.0)
    """
    base = pollutant.removesuffix("_low").removesuffix("_high")
    if base not in COARSE:
        return 1.0
    if cleaned_share >= 0.9:
        return 2.0
    return 2.5 if cleaned_share >= 0.75 else 3.0


class SourceTable:
    """Sources as arrays, with what the norm says of their jets."""

    def __init__(
        self,
        sources: gpd.GeoDataFrame,
        ambient_c: float,
        a_coefficient: float | None,
        terrain: float,
        settling: float | Mapping[str, float] | None,
    ) -> None:
        _check_sources(sources)
        self.sources, self.terrain, self.given_settling = sources, terrain, settling
        self.x, self.y = point_coordinates(sources, "sources")
        volume = _volumes(sources)
        self.height = _either(sources, volume, "release_height_m", "stack_height_m")
        self.diameter = _either(sources, volume, None, "stack_diameter_m")
        self.velocity = _either(sources, volume, None, "exit_velocity_m_s")
        temperature = _either(sources, volume, None, "exit_temperature_k") - FREEZING_K
        self.temperature_c = np.where(volume, ambient_c, temperature)
        self.jet = norm.jet(
            self.height, self.diameter, self.velocity, self.temperature_c - ambient_c
        )
        self.a = _a_coefficients(sources, a_coefficient)
        check_settling(settling)

    def settling(self, pollutant: str) -> NDArray:
        given = self.given_settling
        if isinstance(given, Mapping):
            base = pollutant.removesuffix("_low").removesuffix("_high")
            given = given.get(pollutant, given.get(base))
        if given is not None:
            return np.full(len(self.sources), float(given))
        cleaned = np.zeros(len(self.sources))
        if "cleaned_share" in self.sources:
            cleaned = self.sources["cleaned_share"].fillna(0.0).to_numpy(dtype=float)
        return np.array([settling_factor_of(pollutant, share) for share in cleaned])

    def emission(self, pollutant: str) -> NDArray:
        return self.sources[f"emission_{pollutant}_g_s"].to_numpy(dtype=float)

    def highest(self, pollutant: str, terrain: float) -> tuple[NDArray, NDArray]:
        """c_m [ug/m3] and x_m [m] of each source."""
        c_m, x_m = norm.highest(
            self.jet,
            self.emission(pollutant),
            a_coefficient=self.a,
            settling_factor=self.settling(pollutant),
            terrain_factor=terrain,
        )
        return 1000.0 * c_m, x_m

    def columns_of(self, pollutant: str) -> NDArray:
        """The array of sources that the search reads."""
        from geocluster.plume import ond86_sweep as col

        array = np.zeros((len(self.sources), col.SOURCE_COLUMNS))
        array[:, col.X], array[:, col.Y] = self.x, self.y
        array[:, col.C_M], array[:, col.X_M] = self.highest(pollutant, self.terrain)
        array[:, col.FLAT_C_M], array[:, col.FLAT_X_M] = self.highest(pollutant, 1.0)
        array[:, col.U_M], array[:, col.HEIGHT] = self.jet.u_m_m_s, self.jet.height_m
        array[:, col.SETTLING] = self.settling(pollutant)
        hill = 6.2 * np.sqrt(max(self.terrain - 1.0, 0.0)) * array[:, col.FLAT_X_M]
        array[:, col.FAR] = hill if self.terrain > 1.0 else np.inf
        return array

    def frame(self, pollutant: str) -> pd.DataFrame:
        import pandas as pd

        c_m, x_m = self.highest(pollutant, self.terrain)
        names = self.sources["name"] if "name" in self.sources else self.sources.index.astype(str)
        kept = ("emission_origin", "stack_origin", "location_origin")
        return pd.DataFrame(
            {
                "source": self.sources.index.to_numpy(),
                "name": np.asarray(names, dtype=object),
                "pollutant": pollutant,
                "height_m": self.height,
                "diameter_m": self.diameter,
                "velocity_m_s": self.velocity,
                "gas_flow_m3_s": self.jet.gas_flow_m3_s,
                "temperature_c": self.temperature_c,
                "overheat_c": self.jet.overheat_c,
                "emission_g_s": self.emission(pollutant),
                "settling_factor": self.settling(pollutant),
                "a_coefficient": self.a,
                "terrain_factor": self.terrain,
                "branch": norm.branch_of(self.jet),
                "f": self.jet.f,
                "f_e": self.jet.f_e,
                "v_m_m_s": self.jet.v_m,
                "v_m_prime_m_s": self.jet.v_m_prime,
                "m": self.jet.m,
                "n": self.jet.n,
                "d": self.jet.d,
                "c_m_ug_m3": c_m,
                "x_m_m": x_m,
                "u_m_m_s": self.jet.u_m_m_s,
                **{key: self.sources[key].to_numpy() for key in kept if key in self.sources},
            }
        )


def _volumes(sources: gpd.GeoDataFrame) -> NDArray:
    if "source_type" not in sources:
        return np.zeros(len(sources), dtype=bool)
    return (sources["source_type"] == "volume").to_numpy(dtype=bool)


def _either(
    sources: gpd.GeoDataFrame, volume: NDArray, of_volumes: str | None, of_stacks: str
) -> NDArray:
    values = np.zeros(len(sources))
    if (~volume).any():
        values[~volume] = sources.loc[~volume, of_stacks].to_numpy(dtype=float)
    if of_volumes and volume.any():
        values[volume] = sources.loc[volume, of_volumes].to_numpy(dtype=float)
    return values


def _check_sources(sources: gpd.GeoDataFrame) -> None:
    """Every reason why the norm, as far as it is built here, cannot take these sources."""
    faults = []
    for column, bad, why in (
        ("source_type", ("area", "line"), "the norm integrates over such sources: not yet"),
        (
            "source_type",
            ("flare",),
            "flares have a norm of their own: give its height, opening, speed and temperature as a "
            "point source",
        ),
        (
            "stack_direction",
            ("horizontal", "capped"),
            "the norm's stack blows upwards; give such a row as a volume source (no jet)",
        ),
    ):
        if column not in sources:
            continue
        rows = [i + 1 for i, value in enumerate(sources[column]) if value in bad]
        if rows:
            values = ", ".join(sorted({str(sources[column].iloc[i - 1]) for i in rows}))
            faults.append(f"column '{column}': {values} in {rows_in_words(rows)}: {why}")
    if "cleaned_share" in sources:
        columns = (Column("cleaned_share", lower=0, upper=1),)
        faults += column_faults(sources[["cleaned_share"]], columns)
    if faults:
        raise TableError("sources", faults)
    check_table(sources, "sources", "sources", known_pollutants=False)


def check_settling(settling: float | Mapping[str, float] | None) -> None:
    values = settling.values() if isinstance(settling, Mapping) else [settling]
    bad = [value for value in values if value is not None and not 1.0 <= value <= 3.0]
    if bad:
        raise InputError("ond86", f"settling_factor is {bad[0]!r}: 1 to 3 is allowed")


def _a_coefficients(sources: gpd.GeoDataFrame, given: float | None) -> NDArray:
    if given is not None:
        return np.full(len(sources), float(given))
    if sources.crs is None:
        raise CRSError("sources", "no reference system: declare it, or give a_coefficient")
    geometry = sources.geometry
    if not (geometry.geom_type == "Point").all():
        geometry = geometry.representative_point()
    points = geometry.to_crs("EPSG:4326")
    west, south, east, north = CENTRAL_ASIA
    inside = points.x.between(west, east) & points.y.between(south, north)
    if not inside.all():
        raise InputError(
            "ond86", "a_coefficient by latitude is known for Central Asia alone: give it"
        )
    return np.where(points.y.to_numpy() < SOUTH_DEG, 250.0, 200.0)
