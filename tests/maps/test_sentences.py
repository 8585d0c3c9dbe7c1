"""Every sentence that a reader can meet is told in Russian and Uzbek, whatever the study.

The rooms that speak are read as code: each of their strings that reads as a sentence or a label is
filled in and told. A piece of a sentence counts where a sentence of `said.txt` holds it, and those
are told as a whole.
"""

import ast
import itertools
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from geocluster.sentences import tell
from geocluster.words import catalogue

SAID = [
    line
    for line in Path(__file__).with_name("said.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
# Rooms of which a string reaches the map; of the others, what they warn of (a note of the map).
SPEAKING = (
    *("panels", "steps", "siting", "exposure", "industry", "maps", "plume"),
    *("notes.py", "report.py", "validity.py", "results.py"),
)
WARNING = ("load", "elevation.py", "region.py", "study.py", "inputs.py")
TELLING = re.compile(r"(^|\.)(warn|_warn|_mended|_tell)$")

# Not on the map: what pages of their own say is told there, and faults end a run.
ELSEWHERE = {
    "maps/weather_": "the page on weather, in English",
    "maps/compare": "the page of two runs, by gettext",
    "maps/review": "the review page, by gettext",
    "maps/here_words.py": "the popup, by gettext",
    "load/online": "said in the terminal while data are fetched",
    "maps/printed.py": "faults of the browser",
    "maps/assets.py": "scripts of libraries",
    "maps/page.py": "markup",
    "plume/permit.py": "a table for another program",
    "plume/ond86": "a method of its own, for a permit",
    "plume/statistics.py": "faults, and a dimension",
    "plume/options.py": "faults, and settings",
    "siting/question.py": "faults",
    "siting/cases.py": "faults",
    "siting/rules.py": "faults of a table",
    "siting/rule_faults.py": "faults of a table",
    "industry/factors.py": "faults of a table",
    "industry/plants.py": "faults of a table",
    "exposure/limits.py": "faults of a table",
    "steps/dispersion.py": "names of cases, in files",
}
# Texts that are for no reader of the map, each with where it stands.
EXEMPT = {
    "exposure/burden.py": ("persons ug/m3 per g/s", "a list of releases", "unknown key"),
    "exposure/coverage.py": ("the grid",),
    "exposure/dasymetric.py": ("residential areas",),
    "exposure/harm.py": ("the park emits",),
    "load/units.py": ("contradict each other",),
    "maps/area_map.py": ("<text x=", "stroke="),
    "maps/here.py": ("(?:assumed|rural rest)",),
    "maps/text.py": ("percentile {0}",),
    "maps/wind.py": ("<",),
    "panels/why.py": ("is no place", "lies outside"),
    "plume/arrays.py": ("pollutant", "by source"),
    "plume/depositing.py": ("deposition of",),
    "plume/deposition.py": ("Particles | Gas", "has", "deposition"),
    "plume/polar.py": ("tables do not know",),
    "plume/terrain.py": ("ground above the top", "is missing", "coordinate"),
    "plume/weathers.py": ("the sources name several", "has"),
    "report.py": (
        "where the method",
        "persons ug",
        "g/m2",
        "Criteria that",
        "among the top",
        "none:",
    ),
    "siting/candidates.py": ("give more than",),
    "siting/checks.py": ("its attribute units",),
    "siting/rastered.py": ("<",),
    "siting/sensitivity.py": ("there is no site",),
    "siting/suitability.py": ("located homes count always", "its cells are not"),
    "siting/together.py": ("{workers_needed",),
    "steps/several.py": ("[siting.together]",),
    "steps/uncertainty.py": ("{TALL_M",),
    "study.py": ("[siting] weighting",),
}
FAULTS = re.compile(r"Error$|faults?(\.append|\.extend)?$|^re\.\w+$|TypeVar$|cast$")
ITEM, OTHER, FIGURE = "Qx", "Qy", "12"


class Text(NamedTuple):
    """A string of the code: what it may be once filled in, and the pieces that are its own."""

    place: str
    variants: list[str]
    pieces: list[str]


def rooms(root: Path) -> Iterator[tuple[str, ast.Module, bool]]:
    package = root / "src/geocluster"
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        speaks = name.startswith(SPEAKING)
        if name.startswith(tuple(ELSEWHERE)) or not (speaks or name.startswith(WARNING)):
            continue
        yield name, ast.parse(path.read_text("utf-8")), speaks


def texts_of(name: str, tree: ast.Module, *, speaks: bool) -> Iterator[Text]:
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant | ast.JoinedStr):
            continue
        if isinstance(node, ast.Constant) and not isinstance(node.value, str):
            continue
        chain = list(upwards(node, above))
        if for_reader(node, chain) and (speaks or warned(chain)):
            text = Text(f"{name}:{node.lineno}", variants(node), pieces(node))
            if reads(" ".join(text.pieces)) and not exempt(name, "{}".join(text.pieces)):
                yield text


def upwards(node: ast.AST, above: dict[ast.AST, ast.AST]) -> Iterator[ast.AST]:
    while node in above:
        node = above[node]
        yield node


def for_reader(node: ast.AST, chain: list[ast.AST]) -> bool:
    """Not a docstring, a key, an annotation, a part of a longer string, or a fault."""
    first = chain[0]
    if isinstance(first, ast.Expr | ast.JoinedStr | ast.Subscript | ast.Compare | ast.arg):
        return False
    if isinstance(first, ast.FormattedValue) and node is first.format_spec:
        return False
    if any(isinstance(one, ast.Raise | ast.Assert) for one in chain):
        return False
    calls = (ast.unparse(one.func) for one in chain if isinstance(one, ast.Call))
    if any(FAULTS.search(call) for call in calls):
        return False
    kept = [one for one in chain if isinstance(one, ast.Assign | ast.AugAssign | ast.AnnAssign)]
    targets = [t for one in kept for t in getattr(one, "targets", [getattr(one, "target", None)])]
    if any("fault" in ast.unparse(target) for target in targets):
        return False
    if any(isinstance(one, ast.AnnAssign) and node is one.annotation for one in kept):
        return False
    functions = (one.name for one in chain if isinstance(one, ast.FunctionDef))
    return not any(re.search("fault|check", function) for function in functions)


def warned(chain: list[ast.AST]) -> bool:
    """Whether a string stands in a function that warns, or in a call of one."""
    functions = [one for one in chain if isinstance(one, ast.FunctionDef)]
    return any(
        isinstance(one, ast.Call) and TELLING.search(ast.unparse(one.func))
        for function in functions[-1:]
        for one in ast.walk(function)
    )


def variants(node: ast.expr) -> list[str]:
    """What a string may be: each of its values as a name, a list, a figure or one of its words."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    assert isinstance(node, ast.JoinedStr)
    every = [
        values(one) if isinstance(one, ast.FormattedValue) else variants(one) for one in node.values
    ]
    return ["".join(parts) for parts in itertools.islice(itertools.product(*every), 400)]


def values(given: ast.FormattedValue) -> list[str]:
    spec = ast.unparse(given.format_spec) if given.format_spec else ""
    value, words = given.value, ast.unparse(given.value)
    if isinstance(value, ast.IfExp):
        strings = [one for one in (value.body, value.orelse) if isinstance(one, ast.Constant)]
        return [str(one.value) for one in strings] or [FIGURE, ITEM]
    if isinstance(value, ast.BinOp) and isinstance(value.left, ast.Constant):
        return ["", str(value.left.value)]
    if "+" in spec:
        return [f"+{FIGURE}{'%' * ('%' in spec)}"]
    if re.search("[gfd,%]", spec) or re.match(r"(len|figure|count_in_words|int|round)\(", words):
        return [FIGURE + "%" * ("%" in spec)]
    return [f"{ITEM}, {OTHER}", FIGURE] if "join(" in words else [ITEM, FIGURE, f"{FIGURE} m", ""]


def pieces(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    assert isinstance(node, ast.JoinedStr)
    return [str(one.value) for one in node.values if isinstance(one, ast.Constant)]


def reads(text: str) -> bool:
    """Whether it reads as words for people: two at least, that are no code, markup or file."""
    if '="' in text:
        return False
    plain = re.sub(r"<[^>]*>|[\[({][\w.]+[\])}]", " ", text)
    words = re.findall(r"(?<![\w.\[\]/_%=-])[A-Za-z]?[a-z]+(?![\w.\[/=(-])", plain)
    return len(words) > 1


def exempt(name: str, text: str) -> bool:
    return any(start in text for start in EXEMPT.get(name, ()))


# Keys, files, formulas, names of methods and of systems stay in every language.
STAY = re.compile(
    r"'[^']*'|«[^»]*»|\[\[?[\w. ]+\]\]?|[\w./-]*\w[_/]\w[\w./-]*|[\w-]+(?:\.\w+)+"
    r"|\b[A-Z]{1,2}[a-z]?[₀-₉ₓ]+"
    r"|\b(?:Q[xy]|TOPSIS|SPOTIS|PROMETHEE II|AHP|CRITIC|OpenStreetMap|PostGIS|GHSL|EPA|WGS"
    r"|UTM(?: zone)?|UTC|SanPiN|NO2|NOx|PM10|LON|LAT|STUDY|METAR of"
    r"|Abcd|Efgh|Ijkl|Mnop|Qrst|Upper(?: valley)?|S1|min-max)\b"
    r"|/home/somebody/our study|GeoNames|CC BY|ODbL|A station beyond the hills"
    r"|\bEnter\b|geocluster why|--at|\bft\b|\bnote, year\b|\burban = |\bdem\b|\binside\b"
)
STOP = re.compile(
    r"(?<![\w'])(the|of|and|is|are|at|by|with|for|from|not|no|all|to|than|others?|one|as|or|an|on"
    r"|sites?|people|limits?|rank|shares?|sources?|weather|places?)(?![\w'])"
)


@cache
def left_in(text: str, language: str) -> list[str]:
    """The English words that are left of a text in a language."""
    told = tell(text, language)
    rest = STAY.sub(" ", told)
    if language == "ru":
        return re.findall("[A-Za-z]{2,}", rest)
    source = STAY.sub(" ", text)
    same = set(re.findall("[a-z]{5,}", rest)) & set(re.findall("[a-z]{5,}", source))
    whole = [told] if told == text and re.search("[a-z]{2,}", source) else []
    return STOP.findall(rest) + (sorted(same) if len(same) > 1 else []) + whole


def is_told(text: str) -> bool:
    return not left_in(text, "ru") and not left_in(text, "uz")


def in_said(text: Text) -> bool:
    """Whether all its pieces stand, one after the other, in a sentence that is told as a whole."""
    form = ".*?".join(re.escape(piece) for piece in text.pieces).removeprefix("\\ " * 4)
    form = re.sub(r"\\\{\w*\\\}", ".+?", form)
    return any(re.search(form, one) for one in SAID) or any(
        re.search(form[:1].upper() + form[1:], one) for one in SAID
    )


def test_every_string_for_a_reader_is_told(root: Path) -> None:
    found = [text for room in rooms(root) for text in texts_of(*room[:2], speaks=room[2])]
    missing = [
        f"{text.place}: {text.variants[0]}"
        for text in found
        if not in_said(text) and not any(is_told(one) for one in text.variants if one.strip())
    ]
    assert len(found) > 300
    assert missing == [], "add it to scripts/map_texts.txt (a piece: to said.txt) and translate it"


@pytest.mark.parametrize("language", ["ru", "uz"])
def test_sentences_put_together_are_told(language: str) -> None:
    missing = {one: left_in(one, language) for one in SAID if left_in(one, language)}
    assert missing == {}


def test_an_exemption_is_still_needed(root: Path) -> None:
    package = root / "src/geocluster"
    for name, starts in EXEMPT.items():
        text = (package / name).read_text("utf-8") if (package / name).exists() else ""
        assert [start for start in starts if start not in re.sub(r'"\s+f?"', "", text)] == [], name
    assert [name for name in ELSEWHERE if not list(package.glob(f"{name}*"))] == []


def filled(template: str) -> tuple[str, dict[str, str]]:
    """A template with something in each of its places, and what."""
    given = {}
    for number, name in enumerate(dict.fromkeys(re.findall(r"\{(\w+)\}", template)), start=1):
        base = name.rstrip("0123456789")
        figure = f"{number}{number + 1}"
        forms = {"n": figure, "count": figure, "": figure, "r": f"+{figure}", "numbers": figure}
        given[name] = forms.get(base, f"Q{chr(64 + number)}")
    return with_values(template, given), given


def with_values(template: str, given: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: given[found[1]], template)


@pytest.mark.parametrize("language", ["ru", "uz"])
def test_a_template_tells_its_own_sentences(root: Path, language: str) -> None:
    """No other template takes its place, whatever the order in which they are tried."""
    texts = {m.id: str(m.string) for m in catalogue(language) if isinstance(m.id, str) and m.id}
    listed = set((root / "scripts/map_texts.txt").read_text("utf-8").splitlines())
    wrong = {}
    for template, told in texts.items():
        text, given = filled(template)
        wanted = with_values(told, given)
        # Texts of other pages are looked up whole there; here they may stay as they are.
        rest = () if template in listed else (text,)
        if tell(text, language) not in (wanted, texts.get(text), *rest):
            wrong[text] = (tell(text, language), wanted)
    assert len(listed) > 900
    assert wrong == {}
