"""The tree of errors that geocluster raises.

::

    GeoclusterError(ValueError)
    ├── InputError            a file, table or setting cannot be used
    │   ├── SettingsError     ... in study.toml
    │   ├── TableError        ... in a table of sources, homes, land, places, weather or sites
    │   ├── CRSError          ... coordinates without a usable reference system
    │   └── FetchError        ... of a service on the network, which did not give what was asked
    └── StatisticError        the question cannot be answered from this input

    GeoclusterWarning(UserWarning)
    └── MendedWarning         something was mended without guessing; the message counts it

Every error says what is wrong, where, and what to do.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class GeoclusterError(ValueError):
    """Any fault that the user can mend: shown as a message, never as a traceback."""


class InputError(GeoclusterError):
    """An input cannot be used; carries every fault found, not only the first.

    Parameters
    ----------
    where : str
        The file or table at fault.
    faults : iterable of str
        One sentence a fault: what is wrong, at which key, column or rows, and what to do.

    Examples
    --------
    >>> raise InputError("homes.csv", ["column 'people' is missing: add it"])
    Traceback (most recent call last):
    ...
    geocluster.errors.InputError: homes.csv: column 'people' is missing: add it
    """

    def __init__(self, where: str, faults: Iterable[str] | str) -> None:
        self.where = str(where)
        self.faults = [faults] if isinstance(faults, str) else list(faults)
        super().__init__(self._message())

    def add(self, fault: str) -> None:
        """One more fault, or what may lie behind those that were found."""
        self.faults.append(fault)
        self.args = (self._message(),)

    def _message(self) -> str:
        if len(self.faults) == 1:
            return f"{self.where}: {self.faults[0]}"
        lines = "".join(f"\n  - {fault}" for fault in self.faults)
        return f"{self.where}: {len(self.faults)} faults{lines}"


class SettingsError(InputError):
    """study.toml asks for something that does not exist or is not allowed."""


class TableError(InputError):
    """A table lacks a column, or holds a value that cannot be."""


class CRSError(InputError):
    """Coordinates without a reference system, or a region that no single one can serve."""


class FetchError(InputError):
    """A service on the network did not give what it was asked for."""


class StatisticError(GeoclusterError):
    """A question that this input cannot answer, such as a maximum hour from a wind rose."""


class GeoclusterWarning(UserWarning):
    """Any warning of geocluster's own."""


class MendedWarning(GeoclusterWarning):
    """Something was mended without guessing, and how many times."""


@contextmanager
def recorded() -> Iterator[list[warnings.WarningMessage]]:
    """What is warned of in a block, as a list; told again where the block ends in an error.

    Examples
    --------
    >>> with recorded() as caught:
    ...     warnings.warn("1 ring mended", MendedWarning)
    >>> [str(one.message) for one in caught]
    ['1 ring mended']
    """
    done = False
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", GeoclusterWarning)
            yield caught
        done = True
    finally:
        if not done:
            tell_again(caught)


def own_messages(caught: Iterable[warnings.WarningMessage]) -> list[str]:
    """What geocluster itself warned of, each sentence once.

    Examples
    --------
    >>> with recorded() as caught:
    ...     for _ in range(2):
    ...         warnings.warn("1 ring mended", MendedWarning)
    >>> own_messages(caught)
    ['1 ring mended']
    """
    ours = (one for one in caught if issubclass(one.category, GeoclusterWarning))
    return list(dict.fromkeys(str(one.message) for one in ours))


def tell_again(caught: Iterable[warnings.WarningMessage]) -> None:
    """Warn once more of what was recorded."""
    for one in caught:
        warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
