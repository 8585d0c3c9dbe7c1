"""GeoPackages looked at before they are read: a view in one is a program, and may not end."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from geocluster.errors import InputError

STEPS_AT_ONCE = 1_000_000
MOST_ROUNDS = 100  # some seconds; a view of a million rows takes about ten


def check_views(file: Path, name: str) -> None:
    """An error where a layer of a GeoPackage is a view that does not end.

    Raises
    ------
    InputError
        With the view. What is broken in another way is left for GDAL to tell.
    """
    rounds = 0

    def tired() -> bool:
        nonlocal rounds
        rounds += 1
        return rounds > MOST_ROUNDS

    base = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
    try:
        views = "SELECT name FROM sqlite_master WHERE type = 'view'"
        for (view,) in base.execute(views).fetchall():
            rounds = 0
            base.set_progress_handler(tired, STEPS_AT_ONCE)
            _count(base, view)
            base.set_progress_handler(None, 0)
            if rounds > MOST_ROUNDS:
                raise InputError(
                    name,
                    f"its view '{view[:60]}' does not end, or takes too long: save what it shows "
                    "as a layer",
                )
    except (sqlite3.Error, UnicodeDecodeError):  # the latter where a message quotes broken text
        return
    finally:
        base.close()


def _count(base: sqlite3.Connection, view: str) -> None:
    quoted = view.replace('"', '""')
    try:
        base.execute(f'SELECT COUNT(*) FROM "{quoted}"').fetchone()
    except (sqlite3.Error, UnicodeDecodeError):  # stopped, or with functions that only GDAL knows
        return
