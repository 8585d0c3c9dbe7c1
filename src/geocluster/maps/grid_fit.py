"""From longitude and latitude to a grid's column and row by polynomials, exact enough for a click.

A page carries no library of projections. Over one region a metric system is so smooth that a
polynomial of low degree finds the cell; how far it is off at worst is measured and kept with it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

DEGREES = range(2, 9)
GOOD_ENOUGH = 0.005  # of a cell
LATTICE, CHECKED = 25, 61


class GridFit(NamedTuple):
    """Polynomials in u = (longitude - middle) / half and v likewise.

    Attributes
    ----------
    middle, half : (float, float)
        Of the box in which it holds: longitude, latitude. [degrees]
    degree : int
    column, row : list of float
        Coefficients of u**i v**j for i from 0 to degree, j from 0 to degree - i; 0 is the centre
        of the first cell, rows from north.
    worst_cells : float
        The largest error, of a cell's side.
    """

    middle: tuple[float, float]
    half: tuple[float, float]
    degree: int
    column: list[float]
    row: list[float]
    worst_cells: float

    def at(self, longitude: np.ndarray, latitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Column and row, not rounded, as the page reckons them."""
        terms = _terms(*self._scaled(longitude, latitude), self.degree)
        return terms @ np.array(self.column), terms @ np.array(self.row)

    def _scaled(self, longitude: np.ndarray, latitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return (
            (np.asarray(longitude, dtype=float) - self.middle[0]) / self.half[0],
            (np.asarray(latitude, dtype=float) - self.middle[1]) / self.half[1],
        )


def fit_grid(x: np.ndarray, y: np.ndarray, crs: Any) -> GridFit:
    """Polynomials from longitude and latitude to the column and row of a grid.

    Parameters
    ----------
    x, y : array
        Cell centres, evenly spaced; y descending. [m]
    crs : anything pyproj takes
        Of the coordinates.

    Returns
    -------
    GridFit
        Of the lowest degree that is off by less than 0.5 % of a cell, or else of degree 8.

    Examples
    --------
    >>> x, y = np.arange(500_000, 600_000, 500.0), np.arange(4_600_000, 4_500_000, -500.0)
    >>> fit = fit_grid(x, y, "EPSG:32642")
    >>> fit.worst_cells < 0.005
    True
    >>> [round(float(at), 2) for at in fit.at(69.0, 41.0)]  # the zone's middle meridian
    [0.0, 122.49]
    """
    known = _places(x, y, crs, LATTICE)
    checked = _places(x, y, crs, CHECKED)
    low = np.min([known[0], known[1]], axis=1)
    high = np.max([known[0], known[1]], axis=1)
    middle = tuple(float(m) for m in np.round((low + high) / 2, 6))
    half = tuple(float(h) for h in np.round((high - low) / 2, 6) + 1e-6)
    for degree in DEGREES:
        empty = GridFit(middle, half, degree, [], [], np.inf)  # type: ignore[arg-type]
        terms = _terms(*empty._scaled(known[0], known[1]), degree)
        found = np.linalg.lstsq(terms, np.stack(known[2:], axis=1), rcond=None)[0]
        fit = empty._replace(
            column=[float(f"{c:.12g}") for c in found[:, 0]],
            row=[float(f"{c:.12g}") for c in found[:, 1]],
        )
        column, row = fit.at(checked[0], checked[1])
        worst = float(np.hypot(column - checked[2], row - checked[3]).max())
        fit = fit._replace(worst_cells=float(f"{worst:.2g}"))
        if worst < GOOD_ENOUGH:
            break
    return fit


def _places(
    x: np.ndarray, y: np.ndarray, crs: Any, count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Points over the grid to its outer edge: longitude, latitude, column, row."""
    from pyproj import Transformer

    across, down = np.meshgrid(
        np.linspace(-0.5, len(x) - 0.5, count), np.linspace(-0.5, len(y) - 0.5, count)
    )
    columns, rows = across.ravel(), down.ravel()
    step_x = (x[-1] - x[0]) / (len(x) - 1) if len(x) > 1 else 1.0
    step_y = (y[-1] - y[0]) / (len(y) - 1) if len(y) > 1 else -1.0
    transform = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform
    longitude, latitude = transform(x[0] + columns * step_x, y[0] + rows * step_y)
    return np.asarray(longitude), np.asarray(latitude), columns, rows


def _terms(u: np.ndarray, v: np.ndarray, degree: int) -> np.ndarray:
    return np.stack(
        [u**i * v**j for i in range(degree + 1) for j in range(degree + 1 - i)], axis=-1
    )
