"""The map's data in a reader's language: titles, keys, fields and texts, never names of places."""

from __future__ import annotations

from typing import Any

from geocluster.sentences import tell, tell_markup
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
    told = data | {"decimal": Words(language).symbols()["decimal"]}
    if language == SOURCE:
        return told
    wind = data.get("wind")
    return told | {
        "title": tell(data.get("title", ""), language),
        "dated": tell(data.get("dated", ""), language),
        "wind": wind
        and {"svg": tell_markup(wind["svg"], language), "note": tell(wind["note"], language)},
        "words": {name: tell(text, language) for name, text in data["words"].items()},
        "attribution": " · ".join(tell(one, language) for one in data["attribution"].split(" · ")),
        "groups": [(key, tell(title, language)) for key, title in data["groups"]],
        "layers": [_layer(layer, language) for layer in data["layers"]],
    }


def _layer(layer: dict[str, Any], language: str) -> dict[str, Any]:
    told = _texts(layer, language)
    for part in ("swatches", "lines"):
        if part in layer:
            told[part] = [_texts(one, language) for one in layer[part]]
    if "scales" in layer:
        told["scales"] = {key: _texts(one, language) for key, one in layer["scales"].items()}
    if "entries" in layer:
        told["entries"] = [tell(text, language) for text in layer["entries"]]
    if "fields" in layer:
        told["fields"] = [
            [tell(label, language), tell(unit, language), kind]
            for label, unit, kind in layer["fields"]
        ]
    if "features" in layer:
        told["features"] = [
            [
                *row[:3],
                *(tell(item, language) if isinstance(item, str) else item for item in row[3:]),
            ]
            for row in layer["features"]
        ]
    return told


def _texts(part: dict[str, Any], language: str) -> dict[str, Any]:
    return part | {name: tell(part[name], language) for name in TEXTS if part.get(name)}
