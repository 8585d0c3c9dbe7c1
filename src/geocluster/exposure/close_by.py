"""What parts of a cell leave out close to a source: where in a part people live."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from geocluster.exposure.coverage import Frame, cover

if TYPE_CHECKING:
    Means = Callable[[tuple[int, int], tuple[float, float]], np.ndarray]

# Parts longer than this are looked at more closely, in pieces of about so much. [m]
PART_M, PIECE_M = 60.0, 35.0
# So many parts on each side of a source are close; farther away a part is as good as its pieces.
CLOSE = 8
# A home of more parts fills most of them evenly: only its rim would change.
MOST_PARTS = 16
MOST_PIECES = 3_000_000


@dataclass(frozen=True)
class CloseBy:
    """People of small homes by pieces of parts, for the places close to them.

    `row`, `column` and `people` are of each piece with people in it; rows from the north, in the
    frame of the grid padded by `pad` cells and cut into `pieces` x `pieces` a cell.
    """

    frame: Frame
    pad: tuple[int, int]
    parts: int
    per_part: int
    row: np.ndarray
    column: np.ndarray
    people: np.ndarray

    @classmethod
    def of(cls, shapes: np.ndarray, people: np.ndarray, frame: Frame, parts: int) -> CloseBy | None:
        """The people of homes, by piece; None where parts are small enough, or pieces too many.

        Parameters
        ----------
        shapes, people : array
            Homes and their people.
        frame : Frame
            Of the grid.
        parts : int
            How many parts a side of a cell is cut into.
        """
        import shapely

        part_m = max(frame.dx, frame.dy) / parts
        if part_m <= PART_M:
            return None
        per_part = max(math.ceil(part_m / PIECE_M) // 2 * 2 + 1, 3)
        area = shapely.area(shapes)
        small = area <= MOST_PARTS * frame.dx * frame.dy / parts**2
        piece_m2 = frame.dx * frame.dy / (parts * per_part) ** 2
        if not small.any() or float((area[small] / piece_m2 + 1).sum()) > MOST_PIECES:
            return None
        reach = (CLOSE * per_part + per_part // 2) / (parts * per_part) + 0.5
        pad = (math.ceil(reach), math.ceil(reach))
        fine = _cut(frame.padded(*pad), parts * per_part)
        home, cell, share = cover(shapes[small], fine)
        row, column = np.divmod(cell, fine.columns)
        return cls(frame, pad, parts, per_part, row, column, people[small][home] * share)

    def correction(self, means: Means) -> np.ndarray:
        """What pieces say beyond parts, summed at every cell of the frame.

        Parameters
        ----------
        means : callable
            ``means((columns, rows), (dx, dy))``: the mean concentration about a source in so many
            cells on each side of it, with these sides; rows from the north. [ug/m3]

        Returns
        -------
        array (row, column)
            [persons ug/m3]
        """
        pieces = self.parts * self.per_part
        sides = self.frame.dx / self.parts, self.frame.dy / self.parts
        fine = sides[0] / self.per_part, sides[1] / self.per_part
        reach = CLOSE * self.per_part + self.per_part // 2
        coarse = means((CLOSE, CLOSE), sides)
        spread = np.repeat(np.repeat(coarse, self.per_part, axis=0), self.per_part, axis=1)
        beyond = means((reach, reach), fine) - spread
        rows, columns = self.frame.shape
        field = np.zeros(rows * columns)
        for row, down, in_rows in self._cells(self.row, self.pad[1], rows, pieces, reach):
            for column, right, in_columns in self._cells(
                self.column, self.pad[0], columns, pieces, reach
            ):
                both = in_rows & in_columns
                weight = self.people[both] * beyond[down[both] + reach, right[both] + reach]
                cell = row[both] * columns + column[both]
                field += np.bincount(cell, weight, minlength=field.size)
        return field.reshape(rows, columns)

    def _cells(
        self, piece: np.ndarray, pad: int, cells: int, pieces: int, reach: int
    ) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Along one axis: a cell near each piece, the piece's offset from its middle, and whether.

        The offset counts pieces; it is within reach, and the cell in the grid, where the last says.
        """
        own = piece // pieces
        found = []
        for step in range(-pad, pad + 1):
            offset = piece - ((own + step) * pieces + pieces // 2)
            cell = own + step - pad
            valid = (np.abs(offset) <= reach) & (cell >= 0) & (cell < cells)
            if valid.any():
                found.append((cell, offset, valid))
        return found


def _cut(frame: Frame, pieces: int) -> Frame:
    return replace(
        frame,
        dx=frame.dx / pieces,
        dy=frame.dy / pieces,
        columns=frame.columns * pieces,
        rows=frame.rows * pieces,
    )
