"""Which inputs, settings and versions differ between two runs, key by key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pandas as pd

from geocluster.comparing.reading import Run
from geocluster.words import marked

SETTINGS, INPUTS, VERSIONS = marked("settings"), marked("input files"), marked("versions")
WEATHER, WEIGHTS, GRID = marked("weather"), marked("weights"), marked("grid")
STUDY_FILE = "study.toml"


def setting_changes(a: Run, b: Run) -> pd.DataFrame:
    """What differs in the provenance of two runs.

    Parameters
    ----------
    a, b : Run
        The two runs.

    Returns
    -------
    DataFrame
        part, key, a, b (text; missing where a run does not have it). A list whose entries have
        names is read by them: ``park.releases[boiler].share``.
    """
    first, second = a.provenance, b.provenance
    rows = [
        *_rows(SETTINGS, first.get("settings"), second.get("settings")),
        *_rows(WEIGHTS, first.get("weights"), second.get("weights")),
        *_rows(WEATHER, first.get("weather"), second.get("weather")),
        *_inputs(first.get("inputs_sha256"), second.get("inputs_sha256")),
        *_rows(VERSIONS, _versions(first), _versions(second)),
        *_rows(GRID, {"crs": first.get("crs")}, {"crs": second.get("crs")}),
    ]
    return pd.DataFrame(rows, columns=["part", "key", "a", "b"])


def same_inputs(changes: pd.DataFrame) -> bool:
    """Whether both runs rest on the same files and versions, study.toml apart."""
    others = changes[changes["part"].isin([INPUTS, VERSIONS])]
    paths = changes[(changes["part"] == SETTINGS) & changes["key"].str.startswith("inputs.")]
    return bool((others["key"] == STUDY_FILE).all()) and paths.empty


def flat(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Every value of nested mappings and lists with the way to it; what is not set is left out.

    Examples
    --------
    >>> list(flat({"park": {"releases": [{"name": "boiler", "share": 0.7}], "note": None}}))
    [('park.releases[boiler].name', 'boiler'), ('park.releases[boiler].share', '0.7')]
    """
    if isinstance(value, dict):
        for name, part in value.items():
            yield from flat(part, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        for number, part in enumerate(value, start=1):
            name = part.get("name") if isinstance(part, dict) else None
            yield from flat(part, f"{key}[{name if isinstance(name, str) else number}]")
    elif value is not None:
        yield key, _told(value)


def _told(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return ", ".join(_told(one) for one in value)
    return value if isinstance(value, str) else json.dumps(value)


def _rows(part: str, a: Any, b: Any) -> list[tuple[str, str, str | None, str | None]]:
    first, second = dict(flat(a or {})), dict(flat(b or {}))
    return [
        (part, key, first.get(key), second.get(key))
        for key in dict.fromkeys([*first, *second])
        if first.get(key) != second.get(key)
    ]


def _inputs(a: Any, b: Any) -> list[tuple[str, str, str | None, str | None]]:
    """Files whose content is not the same; the first signs of each hash."""
    return [
        (part, key, None if one is None else one[:12], None if other is None else other[:12])
        for part, key, one, other in _rows(INPUTS, a, b)
    ]


def _versions(provenance: dict[str, Any]) -> dict[str, Any]:
    versions = provenance.get("versions")
    own = {name: provenance.get(name) for name in ("geocluster", "python")}
    return own | (versions if isinstance(versions, dict) else {})
