"""Lines cut where they meet: at ends and at vertices that they share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# OpenStreetMap's coordinates are given to some 11 mm; the same vertex is the same to the last bit.
SAME_M = 1e-3


class Noded(NamedTuple):
    """Pieces of lines between nodes; `line` is the number of the line that each was cut from."""

    x: np.ndarray
    y: np.ndarray
    pieces: np.ndarray
    start: np.ndarray
    end: np.ndarray
    line: np.ndarray


class Vertices(NamedTuple):
    """The vertices of all lines one after another; `at` is the distance along the line. [m]"""

    xy: np.ndarray
    line: np.ndarray
    at: np.ndarray


def noded(lines: np.ndarray, *extra: Vertices | None) -> Noded:
    """Cut lines at their ends, at vertices that lie on several of them, and at extra points.

    Parameters
    ----------
    lines : array of LineString
        In a metric reference system.
    *extra : Vertices, optional
        Points to put into lines before they are cut, from `near_ends` or `crossings`.

    Examples
    --------
    >>> from shapely import linestrings
    >>> street = linestrings([[0, 0], [100, 0], [200, 0]])
    >>> side = linestrings([[100, 0], [100, 50]])
    >>> cut = noded(np.array([street, side]))
    >>> len(cut.x), cut.line.tolist()
    (4, [0, 0, 1])
    """
    import shapely

    if not len(lines):
        none = np.empty(0, int)
        return Noded(np.empty(0), np.empty(0), np.empty(0, object), none, none, none)
    found = _vertices(lines)
    found = Vertices(*map(np.concatenate, zip(found, *filter(None, extra), strict=True)))
    order = np.lexsort((found.at, found.line))
    found = Vertices(*(part[order] for part in found))
    key = _keys(found.xy)
    again = np.r_[False, (key[1:] == key[:-1]) & (found.line[1:] == found.line[:-1])]
    xy, line, key = found.xy[~again], found.line[~again], key[~again]
    alone = np.bincount(line, minlength=len(lines))[line] < 2
    xy, line, key = xy[~alone], line[~alone], key[~alone]
    first = np.r_[True, line[1:] != line[:-1]]
    last = np.r_[first[1:], True]
    _, vertex, count = np.unique(key, return_inverse=True, return_counts=True)
    cut = first | last | (count[vertex] > 1)
    numbers, node = np.unique(vertex[cut], return_inverse=True)
    rows = np.flatnonzero(cut)
    whole = ~last[rows[:-1]]
    begin, finish = rows[:-1][whole], rows[1:][whole]
    length = finish - begin + 1
    inner = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    number = np.repeat(np.arange(len(length)), length)
    pieces = shapely.linestrings(xy[np.repeat(begin, length) + inner], indices=number)
    place = np.empty((len(numbers), 2))
    place[node] = xy[rows]
    return Noded(
        place[:, 0],
        place[:, 1],
        np.atleast_1d(pieces),
        node[:-1][whole],
        node[1:][whole],
        line[begin],
    )


def near_ends(lines: np.ndarray, within_m: float) -> Vertices:
    """Ends that no other line shares but that lie so near to one: as points of that other line.

    Examples
    --------
    >>> from shapely import linestrings
    >>> street = linestrings([[0, 0], [200, 0]])
    >>> side = linestrings([[100, 0.5], [100, 50]])
    >>> near_ends(np.array([street, side]), 1.0).xy.tolist()
    [[100.0, 0.5]]
    """
    import shapely

    points, owner = loose_ends(lines)
    tree = shapely.STRtree(lines)
    end, line = tree.query(points, predicate="dwithin", distance=within_m)
    other = owner[end] != line
    end, line = end[other], line[other]
    at = shapely.line_locate_point(lines[line], points[end])
    return Vertices(shapely.get_coordinates(points[end]), line, at)


def crossings(lines: np.ndarray, drawn: np.ndarray) -> Vertices:
    """Where lines drawn by hand meet any other: as points of both.

    Parameters
    ----------
    lines : array of LineString
        All lines.
    drawn : array of bool
        Which of them were drawn by hand: two others that cross without a shared vertex do not
        join, since one passes over the other.
    """
    import shapely

    one, other = shapely.STRtree(lines).query(lines, predicate="intersects")
    wanted = (one < other) & (drawn[one] | drawn[other])
    one, other = one[wanted], other[wanted]
    shared = shapely.intersection(lines[one], lines[other])
    # Of a stretch that both share, its ends are enough to join them.
    xy, pair = shapely.get_coordinates(shared, return_index=True)
    points = shapely.points(xy)
    at_one = shapely.line_locate_point(lines[one[pair]], points)
    at_other = shapely.line_locate_point(lines[other[pair]], points)
    return Vertices(
        np.concatenate([xy, xy]),
        np.concatenate([one[pair], other[pair]]),
        np.concatenate([at_one, at_other]),
    )


def loose_ends(lines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ends of lines that no other line has as a vertex, as points, and whose they are."""
    import shapely

    xy, line = shapely.get_coordinates(lines, return_index=True)
    first = np.r_[True, line[1:] != line[:-1]]
    last = np.r_[first[1:], True]
    _, vertex, count = np.unique(_keys(xy), return_inverse=True, return_counts=True)
    rows = np.flatnonzero((first | last) & (count[vertex] == 1))
    return np.asarray(shapely.points(xy[rows])), line[rows]


def _vertices(lines: np.ndarray) -> Vertices:
    import shapely

    xy, line = shapely.get_coordinates(lines, return_index=True)
    along = np.cumsum(np.r_[0.0, np.hypot(*np.diff(xy, axis=0).T)])
    return Vertices(xy, line, along - along[np.searchsorted(line, line)])


def _keys(xy: np.ndarray) -> np.ndarray:
    """One number a place, the same for places within a rounding error."""
    rounded = np.round(xy / SAME_M)
    return np.asarray(rounded[:, 0] + 1j * rounded[:, 1])
