"""The map's data in a reader's language: titles, keys, fields and texts, never names of places."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from geocluster.sentences import tell, turn_markup
from geocluster.words import SOURCE, Words

# Of a layer, and of the scales and contours in it.
TEXTS = ("title", "unit", "label")


def data_in(language: str, data: dict[str, Any]) -> dict[str, Any]:
    """What the page's script reads, in a language.

    Examples
    --------
    >>> told = data_in("ru", {"words": {"none": "None"}, "attribution": "",
    ...     "groups": [("people", "People")],
    ...     "layers": [{"title": "Main roads", "fields": [["area", "ha", ""]],
    ...                 "features": [[2, [], 0, "Road 1", 1.5]]}]})
    >>> told["words"], told["groups"], told["layers"][0]["fields"]
    ({'none': 'Нет'}, [('people', 'Население')], [['площадь', 'га', '']])
    """
    told = data | Words(language).symbols()
    return told if language == SOURCE else turn_data(told, partial(tell, language=language))


def texts_of_data(data: dict[str, Any]) -> list[str]:
    """Every text of the data that a language may change, in the order of its places."""
    texts: list[str] = []

    def noted(text: str) -> str:
        texts.append(text)
        return text

    turn_data(data, noted)
    return texts


def turn_data(data: dict[str, Any], told: Callable[[str], str]) -> dict[str, Any]:
    """The same data, each of its texts turned; `templates/turn.js` does it in the same order."""
    wind, here = data.get("wind"), data.get("here")
    return data | {
        "title": told(data.get("title", "")),
        "dated": told(data.get("dated", "")),
        "wind": wind and {"svg": turn_markup(wind["svg"], told), "note": told(wind["note"])},
        "words": {name: told(text) for name, text in data["words"].items()},
        "attribution": " · ".join(told(one) for one in data["attribution"].split(" · ")),
        "groups": [(key, told(title)) for key, title in data["groups"]],
        "layers": [_layer(layer, told) for layer in data["layers"]],
        "here": here and _here(here, told),
    }


def _layer(layer: dict[str, Any], told: Callable[[str], str]) -> dict[str, Any]:
    turned = _texts(layer, told)
    for part in ("swatches", "lines"):
        if part in layer:
            turned[part] = [_texts(one, told) for one in layer[part]]
    if "scales" in layer:
        turned["scales"] = {key: _texts(one, told) for key, one in layer["scales"].items()}
    if "entries" in layer:
        turned["entries"] = [told(text) for text in layer["entries"]]
    if "fields" in layer:
        turned["fields"] = [
            [told(label), told(unit), kind] for label, unit, kind in layer["fields"]
        ]
    if "features" in layer:
        turned["features"] = [
            [*row[:3], *(told(item) if isinstance(item, str) else item for item in row[3:])]
            for row in layer["features"]
        ]
    return turned


def _texts(part: dict[str, Any], told: Callable[[str], str]) -> dict[str, Any]:
    return part | {name: told(part[name]) for name in TEXTS if part.get(name)}


def _here(here: dict[str, Any], told: Callable[[str], str]) -> dict[str, Any]:
    """What a click is answered with: its words, the rows of the air, homes and rules."""
    turned = here | {
        "words": {name: told(text) for name, text in here["words"].items()},
        "air": [_air(row, told) for row in here["air"]],
    }
    if here.get("homes"):
        rows = [[told(name), *rest] for name, *rest in here["homes"]["list"]]
        turned["homes"] = here["homes"] | {"list": rows}
    if "rules" in here:
        turned["rules"] = [rule | {"text": told(rule["text"])} for rule in here["rules"]]
    return turned


def _air(row: dict[str, Any], told: Callable[[str], str]) -> dict[str, Any]:
    pollutant, mark, statistic = row["title"].rpartition(", ")
    turned = row | {"title": told(pollutant) + mark + told(statistic)}
    return turned | {name: told(row[name]) for name in ("unit", "limit_name") if name in row}
