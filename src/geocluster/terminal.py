"""What the terminal is told: steps with their time, and text as it is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from geocluster.letters import legible, short_words

if TYPE_CHECKING:
    from rich.status import Status


class Progress:
    """One line a step, with its time when it ends."""

    def __init__(self) -> None:
        self._console = console(error=True)
        self._status: Status | None = None
        self._running = False

    def __call__(self, step: str, seconds: float | None = None) -> None:
        if seconds is None:
            if self._status is not None:
                self._status.update(escaped(step))
            elif self._console.is_terminal:
                self._status = self._console.status(escaped(step))
                self._status.start()
            elif self._running:  # how far a long step is, where a log is kept
                self._console.print(f"  [dim]{escaped(step)}[/]")
            self._running = True
            return
        self._running = False
        self._stop()
        self._console.print(f"[green]✓[/] {escaped(step)} [dim]{seconds:.1f} s[/]")

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *error: object) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None


def escaped(text: str) -> str:
    """Text in which nothing is taken for markup, nor does anything move the cursor."""
    from rich.markup import escape

    return escape(shown(text))


def shown(text: object) -> str:
    """Text from outside as a terminal may show it.

    Examples
    --------
    >>> shown("a\\x1b[2Jb")
    'a[2Jb'
    """
    return short_words(legible(str(text))).replace("\r", "")


def console(*, error: bool):  # type: ignore[no-untyped-def]
    """Where output goes, or, of what is no result, where errors go."""
    from rich.console import Console

    return Console(stderr=error, highlight=False, emoji=False, soft_wrap=not sys.stderr.isatty())
