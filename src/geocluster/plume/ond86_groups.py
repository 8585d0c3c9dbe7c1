"""Substances whose effects add: shares of their MACs summed in one wind, after OND-86."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from geocluster.errors import InputError
from geocluster.plume.ond86_field import STATISTIC, ond86
from geocluster.plume.ond86_table import settling_factor_of
from geocluster.plume.permit import NOX_SHARES, single_limits
from geocluster.tables import pollutants_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

SUMMATION_GROUPS = Path(__file__).with_name("summation_groups.csv")
NEEDED = ("group", "pollutants", "coefficient")


def read_summation_groups(name: str) -> pd.DataFrame:
    """Groups of summation that come with the package.

    Parameters
    ----------
    name : {"ussr", "ru"}
        Full summation, as lists of the USSR had it, or Russia's with its coefficients.

    Returns
    -------
    DataFrame
        group, pollutants (names with a space between), coefficient (what the sum of shares is
        compared with), source, grade ("read" or "known"), note.

    Raises
    ------
    InputError
        For a set that does not exist.

    Examples
    --------
    >>> groups = read_summation_groups("ru").set_index("group")
    >>> groups.loc["6204", ["pollutants", "grade"]].tolist()
    ['so2 no2', 'known']
    >>> float(groups.loc["6204", "coefficient"])
    1.6
    """
    import pandas as pd

    table = pd.read_csv(SUMMATION_GROUPS, keep_default_na=False, dtype=str)
    names = list(dict.fromkeys(table["set"]))
    if name not in names:
        raise InputError("groups", f"set {name!r} does not exist: there are {', '.join(names)}")
    chosen = table[table["set"] == name].drop(columns="set").reset_index(drop=True)
    return chosen.astype({"coefficient": float})


def ond86_groups(
    sources: gpd.GeoDataFrame,
    receptors: xr.DataArray | gpd.GeoDataFrame,
    limits: str | pd.DataFrame,
    *,
    groups: str | pd.DataFrame = "ussr",
    ambient_temperature_c: float,
    a_coefficient: float | None = None,
    terrain_factor: float = 1.0,
    highest_wind_m_s: float = 12.0,
    edition: str = "ond-86",
) -> xr.Dataset:
    """The sum of c / MAC over each group of substances whose effects add, in its worst wind.

    All substances of a group are looked at in the same wind, the one that makes their sum highest:
    it is not the sum of their own maxima. A group is met where the sum is at most its coefficient.

    Parameters
    ----------
    sources, receptors, ambient_temperature_c, a_coefficient, terrain_factor, highest_wind_m_s
        As in `geocluster.ond86`.
    limits : {"uz", "ru", "ussr"} or DataFrame
        Single-time MACs, as in `geocluster.permit_table`.
    groups : {"ussr", "ru"} or DataFrame
        As `read_summation_groups` gives them. Gases and fine dust only (F = 1).
    edition : {"ond-86", "mrr-2017"}

    Returns
    -------
    xarray.Dataset
        ``summation`` [1], dims (group, y, x) or (group, receptor), with coordinates
        ``coefficient``, ``worst_wind_from_deg`` and ``worst_wind_speed_m_s``. Attrs: those of
        `geocluster.ond86`; ``left_out``: groups of which fewer than two substances are emitted, or
        one has no MAC in `limits`.

    Raises
    ------
    InputError, TableError, CRSError
        As in `geocluster.ond86`; also where no group is left, or one has coarse dust.

    References
    ----------
    Goskomgidromet (1987), OND-86, section 1: the sum of c / MAC of substances that act alike.

    Examples
    --------
    The boiler house of OND-86, appendix 3, example 1, where its SO2 and NO2 are highest:

    >>> import geopandas as gpd
    >>> boiler = gpd.GeoDataFrame(
    ...     {
    ...         "stack_height_m": [35.0],
    ...         "stack_diameter_m": [1.4],
    ...         "exit_velocity_m_s": [7.0],
    ...         "exit_temperature_k": [398.15],
    ...         "emission_so2_g_s": [12.0],
    ...         "emission_no2_g_s": [0.2],
    ...     },
    ...     geometry=gpd.points_from_xy([0.0], [0.0]),
    ... )
    >>> place = gpd.GeoDataFrame(geometry=gpd.points_from_xy([430.4], [0.0]))
    >>> field = ond86_groups(
    ...     boiler, place, "ussr", ambient_temperature_c=25.0, a_coefficient=200.0
    ... )
    >>> field["summation"].sel(group="so2_no2").values.round(3)
    array([0.409])
    """
    table = read_summation_groups(groups) if isinstance(groups, str) else groups
    missing = [name for name in NEEDED if name not in table]
    if missing:
        raise InputError("groups", [f"column '{name}' is missing: add it" for name in missing])
    rates = _rates(sources)
    macs = single_limits(limits).set_index("pollutant")["value_ug_m3"]
    columns: dict[str, Any] = {}
    chosen: dict[str, tuple[str, float]] = {}
    left_out: list[str] = []
    for group, members, coefficient in table[list(NEEDED)].itertuples(index=False, name=None):
        emitted = [name for name in members.split() if name in rates]
        _refuse_coarse(group, emitted)
        if len(emitted) < 2 or not set(emitted) <= set(macs.index):
            left_out.append(group)
            continue
        name = f"group{len(chosen)}"
        columns[f"emission_{name}_g_s"] = sum(rates[one] / macs[one] for one in emitted)
        chosen[name] = (group, float(coefficient))
    if not chosen:
        raise InputError(
            "groups", f"none can be answered: {', '.join(left_out) or 'none is given'}"
        )
    field = ond86(
        sources.assign(**columns),
        receptors,
        ambient_temperature_c=ambient_temperature_c,
        pollutants=list(chosen),
        a_coefficient=a_coefficient,
        terrain_factor=terrain_factor,
        settling_factor=1.0,
        highest_wind_m_s=highest_wind_m_s,
        edition=edition,
    )
    field = field.rename({STATISTIC: "summation", "pollutant": "group"})
    field = field.assign_coords(
        group=[group for group, _ in chosen.values()],
        coefficient=("group", [coefficient for _, coefficient in chosen.values()]),
    )
    field["summation"].attrs["units"] = "1"
    field.attrs.update(settling_factor="1", left_out=", ".join(left_out))
    return field


def _rates(sources: gpd.GeoDataFrame) -> dict[str, Any]:
    """Emissions by substance [g/s]; NOx as its NO2 and NO unless the table has NO2 of its own."""
    rates: dict[str, Any] = {
        name: sources[f"emission_{name}_g_s"] for name in pollutants_of(sources)
    }
    if "nox" in rates and "no2" not in rates:
        rates |= {name: share * rates["nox"] for name, share in NOX_SHARES.items()}
    return rates


def _refuse_coarse(group: str, pollutants: list[str]) -> None:
    coarse = [name for name in pollutants if settling_factor_of(name) > 1.0]
    if coarse:
        raise InputError("groups", f"group {group!r}: {', '.join(coarse)} settles (F above 1)")
