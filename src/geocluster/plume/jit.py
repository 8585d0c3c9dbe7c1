"""How the plume's kernels are compiled, and where the result is kept.

Numba's own cache looks at one file only: a change in sigma.py would not recompile kernel.py. The
cache is therefore a folder named by a hash of all of plume/*.py. Where no folder can be written,
nothing is cached.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.core import config


def compiled(**options: Any) -> Callable[[Callable], Any]:
    """Compile a function with numba on its first call, keeping the result between runs.

    Parameters
    ----------
    **options
        Given to `numba.njit`, such as ``parallel=True``.

    Examples
    --------
    >>> @compiled()
    ... def twice(x):
    ...     return 2 * x
    >>> twice(3.0)
    6.0
    """

    def decorate(function: Callable) -> Any:
        folder = cache_folder() if Path(function.__code__.co_filename).is_file() else None
        if folder is None:
            return numba.njit(**options)(function)
        with _numba_cache_in(folder):
            return numba.njit(cache=True, **options)(function)

    return decorate


def inner() -> Callable[[Callable], Any]:
    """Compile a function that only compiled ones call; faults of arithmetic are not looked for."""
    return compiled(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)


@contextmanager
def _numba_cache_in(folder: str) -> Iterator[None]:
    settings = vars(config)
    before = settings["CACHE_DIR"]
    settings["CACHE_DIR"] = folder
    try:
        yield
    finally:
        settings["CACHE_DIR"] = before


@cache
def cache_folder() -> str | None:
    """The folder for compiled code, or None where none can be written."""
    from platformdirs import user_cache_dir

    folder = Path(user_cache_dir("geocluster")) / "compiled" / _hash_of_sources()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        os.close(handle)
        os.unlink(name)
    except OSError:
        return None
    return str(folder)


def _hash_of_sources() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
