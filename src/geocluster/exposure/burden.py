"""What one gram a second more would cost the people of a region, at every place in it.

By reciprocity: the concentration that a source at s causes at r depends on r - s alone over flat
ground and one weather, so the burden of every place is the correlation of the people a cell with
the concentration about a single source, and one Fourier transform gives all places at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from geocluster.errors import InputError, TableError
from geocluster.exposure.coverage import Frame
from geocluster.exposure.reciprocity import People, Source
from geocluster.plume.field import PlumeOptions
from geocluster.tables import TABLES, check_table

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import xarray as xr

UNITS = "persons ug/m3 per g/s"
WEAK_CORRELATION = 0.8
RELEASE_KEYS = {column.name for column in TABLES["sources"]} | {"share"}
PER_PPM = 86_400.0


def burden(
    homes: gpd.GeoDataFrame,
    grid: xr.DataArray,
    weather: xr.Dataset | Mapping[str, xr.Dataset],
    *,
    releases: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    urban: bool | np.ndarray | xr.DataArray = False,
    options: PlumeOptions = PlumeOptions(),  # noqa: B008  (frozen)
    weather_of: xr.DataArray | None = None,
) -> xr.DataArray:
    """People times concentration for each gram a second emitted, at every cell.

    The sum over all people within reach of the mean concentration [ug/m3] that a source of 1 g/s
    at the centre of the cell would cause where they live.

    Parameters
    ----------
    homes : GeoDataFrame
        Polygons with `people`, spread evenly over each home's area; homes outside the grid count
        within ``options.reach_m``.
    grid : xarray.DataArray
        Dims (y, x), cell centres as coordinates [m], attrs `crs`; see `Region.grid`.
    weather : xarray.Dataset or mapping of str to xarray.Dataset
        As `read_weather` returns it; of several places by name.
    releases : mapping or list of mappings
        The columns of one source (stack_* and exit_* for a stack; release_height_m,
        initial_sigma_y_m and initial_sigma_z_m for a volume), or a list of them with a `share`
        each, which sum to 1. Optional `name`.
    urban : bool or boolean grid
        Whether urban dispersion holds, by the place where the source would stand.
    options : PlumeOptions
        How the plume is computed; its own `urban` counts where `urban` is not given. The method is
        by tables whatever it says.
    weather_of : xarray.DataArray, optional
        Dims (y, x): the name of the weather at each cell, where there are several.

    Returns
    -------
    xarray.DataArray
        Dims (y, x). [persons ug/m3 per g/s] attrs: ``rank_correlation`` (Spearman, over the cells
        inside the region) of the lowest and the highest release, and a ``note`` where it is under
        0.8: the order of places then depends on the height of release.

    Raises
    ------
    InputError
        Where a release lacks a column, or the shares do not sum to 1.
    TableError
        Where `weather_of` does not fit the weather or the grid.

    Examples
    --------
    >>> import geopandas as gpd, xarray as xr
    >>> from shapely.geometry import box
    >>> from geocluster.region import Region
    >>> grid = Region("Example", box(0, 0, 5000, 5000), "EPSG:32642").grid(cell_m=500)
    >>> homes = gpd.GeoDataFrame({"people": [1000]}, geometry=[box(0, 2000, 1000, 3000)], crs=32642)
    >>> hour = {"wind_speed_m_s": 3.0, "wind_from_deg": 90.0, "stability": 4,
    ...         "mixing_height_m": 800.0, "temperature_k": 290.0, "frequency": 1.0}
    >>> weather = xr.Dataset({name: ("hour", [value]) for name, value in hour.items()},
    ...                      attrs={"anemometer_height_m": 10.0})
    >>> low = {"release_height_m": 10.0, "initial_sigma_y_m": 20.0, "initial_sigma_z_m": 5.0}
    >>> places = burden(homes, grid, weather, releases=low)
    >>> bool(places.sel(x=2250, y=2250) > places.sel(x=4250, y=2250))  # east wind: nearer is worse
    True
    """
    parts = burden_by_release(
        homes, grid, weather,
        releases=releases, urban=urban, options=options, weather_of=weather_of,
    )  # fmt: skip
    return burden_of_profile(parts)


def burden_of_profile(parts: xr.DataArray) -> xr.DataArray:
    """The burden of a whole park from that of its releases: their sum, weighted by share.

    Parameters
    ----------
    parts : xarray.DataArray
        As `burden_by_release` returns it. [persons ug/m3 per g/s]

    Returns
    -------
    xarray.DataArray
        Dims (y, x), with the attrs of `parts`. [persons ug/m3 per g/s]

    Examples
    --------
    >>> import xarray as xr
    >>> parts = xr.DataArray([[[2.0]], [[4.0]]], dims=("release", "y", "x"),
    ...                      coords={"share": ("release", [0.75, 0.25])})
    >>> burden_of_profile(parts).item()
    2.5
    """
    total = np.tensordot(parts["share"].values, parts.values, axes=1)
    result = parts.isel(release=0, drop=True).copy(data=total)
    return result.rename("burden")


def burden_by_release(
    homes: gpd.GeoDataFrame,
    grid: xr.DataArray,
    weather: xr.Dataset | Mapping[str, xr.Dataset],
    *,
    releases: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    urban: bool | np.ndarray | xr.DataArray = False,
    options: PlumeOptions = PlumeOptions(),  # noqa: B008  (frozen)
    weather_of: xr.DataArray | None = None,
) -> xr.DataArray:
    """The burden of each release of a profile by itself; parameters as for `burden`.

    Returns
    -------
    xarray.DataArray
        Dims (release, y, x), coordinates release (its name), share and height_m along it; each
        for 1 g/s from that release alone. [persons ug/m3 per g/s]

    Raises
    ------
    InputError
        Where a release lacks a column, the shares do not sum to 1, or the options ask for
        deposition.
    """
    import xarray as xr

    if options.deposition:
        raise InputError("burden", "it knows no deposition: leave it out of the options")
    table = release_table(releases)
    frame = Frame.of(grid)
    urban_cells = _urban_cells(urban, grid, options)
    about = People.of(homes, grid, frame, options.reach_m)
    values = np.zeros((len(table), *frame.shape))
    cells = [
        (sky, bool(flag), here & (urban_cells == flag))
        for sky, here in _by_weather(weather, weather_of, grid)
        for flag in (np.unique(urban_cells[here]) if about.any() else ())
    ]
    sources = [
        Source(row, sky, replace(options, urban=urban))
        for sky, urban, _ in cells
        for row in _unit_sources(table)
    ]
    for number, field in enumerate(about.times_concentration(sources)):
        which, release = divmod(number, len(table))
        np.copyto(values[release], field, where=cells[which][2])
    result = xr.DataArray(
        np.stack([frame.as_grid(field) for field in values]),
        dims=("release", "y", "x"),
        coords={
            "release": table["name"].to_numpy(),
            "share": ("release", table["share"].to_numpy()),
            "height_m": ("release", table["height_m"].to_numpy()),
            "y": grid["y"],
            "x": grid["x"],
        },
        name="burden",
        attrs={**grid.attrs, "units": UNITS, "reach_m": float(options.reach_m)},
    )
    return result.assign_attrs(_rank_agreement(result, grid))


def intake_fraction(burden: xr.DataArray, breathing_m3_day: float = 14.5) -> xr.DataArray:
    """The share of what is emitted that people breathe in; 1 ppm is 1 g inhaled a tonne.

    Intake fraction [1] = burden [persons ug/m3 per g/s] x breathing [m3/s] x 1e-6 [g/ug], given in
    parts per million: burden x 1.68e-4.

    Parameters
    ----------
    burden : xarray.DataArray or number
        As `burden` returns it. [persons ug/m3 per g/s]
    breathing_m3_day : float
        Air breathed by a person. [m3/day]

    Returns
    -------
    xarray.DataArray or number
        Intake fraction. [ppm]

    References
    ----------
    [1] J. S. Apte, E. Bombrun, J. D. Marshall, W. W. Nazaroff (2012), Global intraurban intake
        fractions for primary air pollutants from vehicles and other distributed sources,
        Environ. Sci. Technol. 46, 3415-3423: 1 to 200 ppm for ground-level urban sources.

    Examples
    --------
    >>> round(intake_fraction(100_000.0), 2)
    16.78
    """
    fraction = burden * (breathing_m3_day / PER_PPM)
    if hasattr(fraction, "attrs"):
        kept = {key: value for key, value in burden.attrs.items() if key != "units"}
        fraction = fraction.assign_attrs({**kept, "units": "ppm"}).rename("intake_fraction")
    return fraction


def release_table(releases: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The releases of a park as a table of sources of 1 g/s, with `share` and `height_m`.

    Raises
    ------
    InputError
        With every fault: unknown keys, missing columns, shares that do not sum to 1.

    Examples
    --------
    >>> release_table({"release_height_m": 10, "initial_sigma_y_m": 5, "initial_sigma_z_m": 5})[
    ...     ["name", "share", "height_m"]].values.tolist()
    [['release 1', 1.0, 10.0]]
    """
    import pandas as pd

    listed: list[Any] = [releases] if hasattr(releases, "keys") else list(releases)
    if not listed:
        raise InputError("releases", "there is none: give the columns of one source")
    rows = [_row(dict(release), number, len(listed)) for number, release in enumerate(listed, 1)]
    table = pd.DataFrame(rows)
    faults = _release_faults(table)
    if faults:
        raise InputError("releases", faults)
    check_table(table.drop(columns="share"), "sources", "releases")
    volume = table["source_type"] == "volume"
    heights = [
        row.get("release_height_m") if low else row.get("stack_height_m")
        for row, low in zip(rows, volume, strict=True)
    ]
    return table.assign(height_m=np.asarray(heights, dtype=float))


def _row(release: dict[str, Any], number: int, count: int) -> dict[str, Any]:
    given = {
        key: value
        for key, value in release.items()
        if value is not None and value == value and not _is_ignored(key)
    }
    stack = "stack_height_m" in given or "release_height_m" not in given
    default = {
        "name": f"release {number}",
        "source_type": "flare" if "heat_release_mw" in given else "point" if stack else "volume",
        **({"share": 1.0} if count == 1 else {}),
    }
    return {**default, **given}


def _is_ignored(key: str) -> bool:
    """What a row of sources says beside how it releases."""
    return key in ("geometry", "urban", "source_id", "grade", "ground_m") or "emission_" in key


def _release_faults(table: pd.DataFrame) -> list[str]:
    unknown = sorted(set(table.columns) - RELEASE_KEYS)
    faults = [f"unknown key {key!r}: allowed are the columns of a source" for key in unknown]
    if "share" not in table or table["share"].isna().any():
        return [*faults, "a list of releases needs a 'share' for each"]
    try:
        shares = table["share"].astype(float)
    except (TypeError, ValueError):
        return [*faults, "'share' must be a number for each release"]
    if (shares < 0).any():
        faults.append("a share is negative")
    if abs(shares.sum() - 1) > 1e-6:
        faults.append(f"the shares sum to {shares.sum():g}: they must sum to 1")
    if table["name"].duplicated().any():
        faults.append("two releases have the same name")
    return faults


def _urban_cells(urban: object, grid: xr.DataArray, options: PlumeOptions) -> np.ndarray:
    """Which cells disperse as in a town, in the frame's order (rows from the north)."""
    frame = Frame.of(grid)
    if isinstance(urban, bool | np.bool_):
        return np.full(frame.shape, bool(urban) or options.urban is True)
    values = np.asarray(getattr(urban, "values", urban))
    if values.shape != frame.shape or values.dtype != bool:
        raise InputError("urban", f"give True, False or a boolean grid of shape {frame.shape}")
    return frame.as_grid(values)


def _by_weather(
    weather: xr.Dataset | Mapping[str, xr.Dataset], names: xr.DataArray | None, grid: xr.DataArray
) -> Iterator[tuple[xr.Dataset, np.ndarray]]:
    """Each weather that some cell has, and its cells in the frame's order."""
    import xarray as xr

    frame = Frame.of(grid)
    if isinstance(weather, xr.Dataset):
        if names is not None:
            raise TableError("weather_of", "there is one weather: give several by name, or none")
        yield weather, np.ones(frame.shape, dtype=bool)
        return
    if names is None:
        raise TableError("weather_of", "give the name of the weather at each cell, dims (y, x)")
    if set(names.dims) != {"y", "x"} or names.transpose("y", "x").shape != frame.shape:
        raise TableError("weather_of", f"give names at each cell of the grid, {frame.shape}")
    cells = frame.as_grid(names.transpose("y", "x").values.astype(str))
    unknown = sorted(set(np.unique(cells).tolist()) - set(weather))
    if unknown:
        known = ", ".join(map(str, weather)) or "none"
        raise TableError("weather_of", f"{', '.join(unknown)} is unknown; there are {known}")
    for name in np.unique(cells):
        yield weather[str(name)], cells == name


def _unit_sources(table: pd.DataFrame) -> list[gpd.GeoDataFrame]:
    import geopandas as gpd
    from shapely.geometry import Point

    sources = table.drop(columns=["share", "height_m"]).assign(emission_unit_g_s=1.0)
    rows = [sources.iloc[[number]].dropna(axis="columns") for number in range(len(sources))]
    return [gpd.GeoDataFrame(row, geometry=[Point(0.0, 0.0)]) for row in rows]


def _ranks(values: np.ndarray) -> np.ndarray:
    """The rank of each value, the mean of theirs for equal ones."""
    _, which, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[which]


def _rank_agreement(parts: xr.DataArray, grid: xr.DataArray) -> dict[str, Any]:
    heights = parts["height_m"].values
    lowest, highest = int(np.argmin(heights)), int(np.argmax(heights))
    inside = np.asarray(grid.values)
    inside = inside if inside.dtype == bool and inside.any() else np.ones(inside.shape, bool)
    low, high = (_ranks(parts.values[number][inside]) for number in (lowest, highest))
    if lowest == highest:
        return {"rank_correlation": 1.0}
    if np.ptp(low) == 0 or np.ptp(high) == 0:
        return {"rank_correlation": math.nan}
    correlation = float(np.corrcoef(low, high)[0, 1])
    if correlation >= WEAK_CORRELATION:
        return {"rank_correlation": correlation}
    names = parts["release"].values
    return {
        "rank_correlation": correlation,
        "note": (
            f"the order of places depends on the height of release: rank correlation "
            f"{correlation:.2f} between {names[lowest]} ({heights[lowest]:g} m) "
            f"and {names[highest]} ({heights[highest]:g} m)"
        ),
    }
