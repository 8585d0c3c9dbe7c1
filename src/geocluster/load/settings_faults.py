"""Faults of study.toml in words: the key, its value, and what is allowed there."""

from __future__ import annotations

import difflib
import re
import tomllib
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from geocluster.errors import SettingsError
from geocluster.load.database_address import masked

LARGEST_BYTES = 1_000_000
# Python's reader takes time and memory by the square of a key's parts.
DEEP_KEY = re.compile(r"(?<![\w\"'-])(?:[\w\"'-]++\s*+\.\s*+){50}")
TAGS = ("<a path>", "<a table>")
KINDS = {
    "string_type": "text in quotes",
    "float_type": "a number",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "model_type": "a section of keys",
    "model_attributes_type": "a section of keys",
    "tuple_type": "a list",
    "finite_number": "a finite number",
    "string_too_short": "text that is not empty",
}


def read_toml(file: Path) -> dict[str, Any]:
    """The content of a TOML file; broken TOML is told with its line and column.

    Raises
    ------
    SettingsError
        Where the file is missing, not UTF-8 or not TOML.
    """
    if not file.is_file():
        raise SettingsError(str(file), "there is no such file: give a study's folder")
    if file.stat().st_size > LARGEST_BYTES:
        raise SettingsError(str(file), f"more than {LARGEST_BYTES / 1e6:g} MB are no settings")
    try:
        text = file.read_bytes().decode("utf-8-sig")
        if DEEP_KEY.search(text):
            raise SettingsError(str(file), "broken TOML: a key of 50 parts or more")
        return tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise SettingsError(str(file), f"not UTF-8 text ({error}): save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        hint = "; write paths with / instead of \\" if "\\" in str(error) else ""
        last = len(text.splitlines())
        reason = str(error).replace("at end of document", f"at line {last}, the end of the file")
        raise SettingsError(str(file), f"broken TOML: {reason}{hint}") from error
    except RecursionError as error:
        raise SettingsError(str(file), "broken TOML: lists or tables nested too deep") from error
    except SettingsError:
        raise
    except ValueError as error:  # a number of thousands of digits
        raise SettingsError(str(file), f"broken TOML: {error}") from error


def place_of(keys: Iterable[object]) -> str:
    """Where a key is, as it is written in the file.

    Examples
    --------
    >>> place_of(("grid", "cell_m"))
    '[grid] cell_m'
    >>> place_of(("park", "releases", 1, "share"))
    '[[park.releases]] no. 2, share'
    >>> place_of(("siting", "weights", "land"))
    '[siting.weights] land'
    """
    head: list[str] = []
    for key in keys:
        if isinstance(key, int):
            rest = list(keys)[len(head) + 1 :]
            inside = "".join(f", {name}" for name in rest)
            return f"[[{'.'.join(head)}]] no. {key + 1}{inside}"
        head.append(str(key))
    if len(head) == 1:
        return f"[{head[0]}]"
    return f"[{'.'.join(head[:-1])}] {head[-1]}"


def sentence(fault: Mapping[str, Any], model: type[BaseModel]) -> str:
    """One fault that pydantic found, as a reader of study.toml wants it."""
    keys = _written_keys(fault["loc"])
    where, kind, context = place_of(keys), fault["type"], fault.get("ctx", {})
    if kind == "missing":
        return f"{where} is missing: add it"
    if kind == "extra_forbidden":
        return f"{where}: {_unknown(str(keys[-1]), _known_keys(model, keys[:-1]))}"
    value = f"{where} = {_short(fault['input'])}"
    if kind == "value_error":
        error = context["error"]
        reason = "; ".join(getattr(error, "faults", [str(error)]))
        whole = isinstance(fault["input"], Mapping | list | tuple)
        return f"{where}: {reason}" if whole else f"{value}: {reason}"
    bounds = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    for name, words in bounds.items():
        if name in context:
            return f"{value}: {words} {context[name]:g} is allowed"
    if kind == "literal_error":
        return f"{value}: allowed is {context['expected']}"
    return f"{value} must be {KINDS.get(kind, fault['msg'])}"


def _written_keys(loc: tuple[Any, ...]) -> tuple[Any, ...]:
    """The part of pydantic's location that stands in the file."""
    return tuple(key for key in loc if key not in TAGS)


def _known_keys(model: type[BaseModel], keys: tuple[Any, ...]) -> list[str]:
    """The keys that a section of the file may hold."""
    named = False
    for key in keys:
        if isinstance(key, int) or named:
            named = False
            continue
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        inner = _model_in(fields[key].annotation) if key in fields else None
        if inner is None:
            return []
        model, named = inner, typing.get_origin(fields[key].annotation) is dict
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(part) for part in typing.get_args(annotation))
    return next((part for part in found if part is not None), None)


def _unknown(key: str, known: list[str]) -> str:
    """What to do about a key that does not exist; a wrong unit is named as such."""
    same = [name for name in known if _without_unit(name) == _without_unit(key)]
    if same:
        return f"unknown unit; write {same[0]}"
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    hint = f"did you mean '{near[0]}'? " if near else ""
    return f"unknown key; {hint}known are {', '.join(known)}"


def _without_unit(name: str) -> str:
    stem = re.sub(r"_(mm|cm|m|km|ft|ha|km2|m2|acres?|m_s|km_h|kmh|k|c|f|deg)$", "", name)
    return stem if stem != name else f"{name} has no unit"


def _short(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = masked(repr(value))
    return text if len(text) <= 60 else text[:57] + "..."
