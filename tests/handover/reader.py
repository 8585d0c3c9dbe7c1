"""A strict reader of AERMOD input, after the user's guide: what it does not know is a fault."""

import re
from dataclasses import dataclass, field

PATHWAYS = ("CO", "SO", "RE", "ME", "OU")
NEEDED = {
    "CO": ("TITLEONE", "MODELOPT", "AVERTIME", "POLLUTID", "RUNORNOT"),
    "SO": ("LOCATION", "SRCPARAM", "SRCGROUP"),
    "RE": (),
    "ME": ("SURFFILE", "PROFFILE", "SURFDATA", "UAIRDATA", "PROFBASE"),
    "OU": (),
}
ONCE = ("TITLEONE", "MODELOPT", "AVERTIME", "POLLUTID", "RUNORNOT", "URBANOPT", "ERRORFIL",
        "SURFFILE", "PROFFILE", "SURFDATA", "UAIRDATA", "PROFBASE", "SUMMFILE")  # fmt: skip
KEYWORDS = {
    "CO": {"TITLEONE", "MODELOPT", "AVERTIME", "URBANOPT", "POLLUTID", "RUNORNOT", "ERRORFIL"},
    "SO": {"LOCATION", "SRCPARAM", "AREAVERT", "URBANSRC", "SRCGROUP"},
    "RE": {"GRIDCART", "DISCCART", "INCLUDED"},
    "ME": {"SURFFILE", "PROFFILE", "SURFDATA", "UAIRDATA", "PROFBASE"},
    "OU": {"RECTABLE", "MAXTABLE", "PLOTFILE", "SUMMFILE"},
}
# Parameters after the emission rate, and what the place takes.
PARAMETERS = {"POINT": 4, "POINTHOR": 4, "POINTCAP": 4, "VOLUME": 3, "AREAPOLY": 3, "LINE": 3}
COORDINATES = {"LINE": 4}
NUMBER = re.compile(r"[-+]?\d+(\.\d*)?([EeDd][-+]?\d+)?")
SPECIAL = ("SO2", "NO2", "PM25")


@dataclass
class Source:
    """One source as it stands in the file."""

    kind: str
    place: list[float]
    base: str | None
    rate: float = 0.0
    figures: list[float] = field(default_factory=list)
    corners: list[tuple[float, float]] = field(default_factory=list)


@dataclass
class Run:
    """A whole input file."""

    cards: dict[str, list[list[str]]]
    sources: dict[str, Source]
    groups: dict[str, list[str]]
    urban: list[str]
    receptors: list[tuple[float, float]]
    nets: dict[str, list[float]]
    comments: list[str]
    placeholders: list[str]

    def fields(self, pathway: str, keyword: str) -> list[list[str]]:
        return [card[1:] for card in self.cards[pathway] if card[0] == keyword]


def number(text: str) -> float:
    assert NUMBER.fullmatch(text), f"no number: {text!r}"
    return float(text.replace("D", "E"))


def read(text: str) -> Run:
    """Read a file, or fail with what AERMOD would call an error."""
    assert text.isascii()
    assert text.endswith("\n")
    cards, comments = split(text)
    placeholders = [f for p in PATHWAYS for card in cards[p] for f in card[1:] if f[0] == "?"]
    for pathway in PATHWAYS:
        words = [card[0] for card in cards[pathway]]
        assert set(NEEDED[pathway]) <= set(words), (pathway, words)
        assert not any(words.count(word) > 1 for word in ONCE)
    sources, groups, urban = read_sources(cards["SO"])
    receptors, nets = read_receptors(cards["RE"])
    run = Run(cards, sources, groups, urban, receptors, nets, comments, placeholders)
    check_control(run)
    check_outputs(run)
    return run


def split(text: str) -> tuple[dict[str, list[list[str]]], list[str]]:
    """The cards of each pathway, each once, in order, between STARTING and FINISHED."""
    cards: dict[str, list[list[str]]] = {}
    comments, open_now = [], None
    for line in text.split("\n"):
        assert len(line) <= 512
        assert line.isprintable()
        if not line.strip():
            continue
        if line.startswith("**"):
            comments.append(line)
            continue
        pathway, keyword, *fields = line.split()
        assert pathway in PATHWAYS, line
        if keyword == "STARTING":
            assert open_now is None
            assert pathway == PATHWAYS[len(cards)], line
            open_now = pathway
            cards[pathway] = []
            continue
        assert pathway == open_now, line
        if keyword == "FINISHED":
            open_now = None
            continue
        assert keyword in KEYWORDS[pathway], line
        assert fields, line
        assert all(len(one) <= 200 for one in fields)
        cards[pathway].append([keyword, *fields])
    assert open_now is None
    assert tuple(cards) == PATHWAYS
    return cards, comments


def read_sources(cards: list[list[str]]) -> tuple[dict[str, Source], dict, list[str]]:
    sources: dict[str, Source] = {}
    groups: dict[str, list[str]] = {}
    urban: list[str] = []
    words = [card[0] for card in cards]
    assert set(words[words.index("SRCGROUP") :]) == {"SRCGROUP"}  # nothing but FINISHED follows
    for keyword, name, *rest in cards:
        if keyword == "LOCATION":
            kind, *place = rest
            assert re.fullmatch(r"[A-Z0-9]{1,12}", name), name
            assert name not in sources
            assert name != "ALL"
            count = COORDINATES.get(kind, 2)
            assert kind in PARAMETERS
            assert len(place) in (count, count + 1)
            base = place[count] if len(place) > count else None
            sources[name] = Source(kind, [number(one) for one in place[:count]], base)
        elif keyword == "SRCPARAM":
            one = sources[name]
            assert not one.figures
            one.rate, *one.figures = map(number, rest)
            assert len(one.figures) == PARAMETERS[one.kind]
            assert one.rate > 0
        elif keyword == "AREAVERT":
            pairs = [number(text) for text in rest]
            assert len(pairs) % 2 == 0
            assert sources[name].kind == "AREAPOLY"
            if not sources[name].corners:  # error 262: the first vertex is the place, to the bit
                assert pairs[:2] == sources[name].place
            sources[name].corners += zip(pairs[::2], pairs[1::2], strict=True)
        elif keyword == "URBANSRC":
            urban += [name, *rest]
        else:
            assert re.fullmatch(r"[A-Z0-9]{1,8}", name), name
            assert not set(rest) - set(sources)
            groups.setdefault(name, []).extend(rest)
    for one in sources.values():
        check_source(one)
    assert groups["ALL"] == []
    assert len(groups) <= 9  # file units of ten groups would clash (error 550)
    assert urban == ["ALL"] or not set(urban) - set(sources)
    return sources, groups, urban


def check_source(one: Source) -> None:
    assert one.figures, one
    assert 0 <= one.figures[0] <= 3000
    if one.kind == "AREAPOLY":
        assert one.figures[1] == len(one.corners) >= 3
    if one.kind == "LINE":
        assert one.figures[1] >= 1.0  # error 320
        assert one.place[:2] != one.place[2:]


def read_receptors(cards: list[list[str]]) -> tuple[list, dict]:
    receptors, nets, name_now = [], {}, None
    for keyword, first, *rest in cards:
        if keyword == "DISCCART":
            assert name_now is None
            assert len(rest) == 1
            receptors.append((number(first), number(rest[0])))
        elif keyword == "GRIDCART":
            assert re.fullmatch(r"[A-Z0-9]{1,8}", first)
            if rest == ["STA"]:
                assert name_now is None
                assert first not in nets
                name_now = first
            elif rest[0] == "XYINC":
                assert first == name_now
                values = [number(text) for text in rest[1:]]
                assert len(values) == 6
                assert min(values[1], values[4]) >= 1
                nets[first] = values
            else:
                assert rest == ["END"]
                assert first == name_now
                assert first in nets
                name_now = None
    assert name_now is None
    assert receptors or nets or any(card[0] == "INCLUDED" for card in cards)
    assert len(set(receptors)) == len(receptors)
    return receptors, nets


def check_control(run: Run) -> None:
    options = run.fields("CO", "MODELOPT")[0]
    assert "CONC" in options
    assert set(options) <= {"CONC", "FLAT", "DFAULT"}
    assert not {"FLAT", "DFAULT"} <= set(options)
    times = run.fields("CO", "AVERTIME")[0]
    assert len(set(times)) == len(times)
    assert set(times) <= {"1", "24", "PERIOD"}
    assert times[-1] == "PERIOD"
    name, *more = run.fields("CO", "POLLUTID")[0]
    assert len(name) <= 8
    assert more == (["H1H"] if name in SPECIAL else [])  # error 277 for any other
    assert run.fields("CO", "RUNORNOT") == [["RUN"]]
    assert bool(run.urban) == bool(run.fields("CO", "URBANOPT"))
    for population, *_ in run.fields("CO", "URBANOPT"):
        assert number(population) >= 100
    keywords = [card[0] for card in run.cards["CO"]]
    assert keywords.index("MODELOPT") < keywords.index("POLLUTID")


def check_outputs(run: Run) -> None:
    times = run.fields("CO", "AVERTIME")[0]
    ranks = {card[0]: card[1:] for card in run.fields("OU", "RECTABLE")}
    assert set(ranks) == set(times) - {"PERIOD"}
    assert all(1 <= number(rank) <= 999 for own in ranks.values() for rank in own)
    files = []
    for time, group, *rest in run.fields("OU", "PLOTFILE"):
        assert time in times
        assert group in run.groups
        assert len(rest) == (1 if time == "PERIOD" else 2)
        assert time == "PERIOD" or rest[0] in ranks[time]
        assert len(rest[-1]) <= 40
        files.append(rest[-1])
    assert len(set(files)) == len(files)
    keywords = [card[0] for card in run.cards["OU"]]
    assert keywords == sorted(keywords, key=["RECTABLE", "MAXTABLE", "PLOTFILE", "SUMMFILE"].index)
