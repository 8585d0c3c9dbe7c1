"""What the dossier says, as plain data: page and office document are written from the same."""

from __future__ import annotations

import importlib.metadata
import platform
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from geocluster.dossier.candidates import FIRST, Candidate, candidates_of
from geocluster.dossier.checks import Check, checks_of
from geocluster.dossier.methods import LIMITS, REFERENCES, Method, methods_for
from geocluster.maps.text import clean
from geocluster.region import metric_crs
from geocluster.sentences import tell
from geocluster.words import SOURCE, Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geocluster.maps.panels import Panel
    from geocluster.results import Results
    from geocluster.study import Study

# Titles of the folds that stand in the summary; the others are of the map alone.
LEFT_OUT = ("The first candidates, one by one", "Emission factors used")
VERSIONED = ("numpy", "scipy", "numba", "xarray", "geopandas", "shapely", "pyproj", "rasterio")


@dataclass(frozen=True)
class Dossier:
    """The dossier of a run: plain text and figures, never HTML.

    Attributes
    ----------
    language : str
    title, subtitle, verdict : str
    demonstration : str or None
    figures : list of (figure, label)
    sections : list of Panel
        Text, table and chart each, in the order of a reader's questions.
    methods, references, limits, notes : what figures rest on
    provenance : list of (name, value)
    hashes : list of (file, SHA-256)
    checks : list of Check
    candidates : list of Candidate
    """

    language: str
    title: str
    subtitle: str
    verdict: str
    demonstration: str | None
    figures: list[tuple[str, str]]
    sections: list[Panel]
    methods: Sequence[Method]
    references: Sequence[str]
    limits: Sequence[tuple[str, str]]
    notes: list[str]
    provenance: list[tuple[str, str]]
    hashes: list[tuple[str, str]]
    checks: list[Check]
    candidates: list[Candidate]
    count: int = 0
    sources_of_data: list[str] = field(default_factory=list)


def dossier_of(
    study: Study,
    results: Results,
    *,
    sections: Sequence[Panel] = (),
    figures: Sequence[tuple[str, str]] = (),
    sources_of_data: Sequence[str] = (),
    language: str = SOURCE,
    first: int = FIRST,
) -> Dossier:
    """Gather what the dossier says of a run.

    Parameters
    ----------
    study : Study
    results : Results
    sections : sequence of Panel
        The folds of the page.
    figures : sequence of (figure, label)
        The few that stand first.
    sources_of_data : sequence of str
        Attribution.
    language : {"en", "ru", "uz"}
    first : int
        So many candidates get a page by their rank; those that somebody named always do.

    Returns
    -------
    Dossier
    """
    words = Words(language)
    return Dossier(
        language=language,
        title=tell(clean(study.region.name), words.language),
        subtitle=words("Siting dossier of an eco-industrial park"),
        verdict=tell(clean(results.verdict, 1_000), words.language),
        demonstration=tell(clean(results.demonstration, 600), words.language) or None,
        figures=[
            (tell(clean(figure, 60), words.language), tell(clean(label, 120), words.language))
            for figure, label in figures
        ],
        sections=[one for one in sections if one.title not in LEFT_OUT],
        methods=methods_for(results.judging.methods[0] if results.judging else None),
        references=REFERENCES,
        limits=LIMITS,
        notes=[tell(clean(note, 1_200), words.language) for note in results.notes],
        provenance=_provenance(study, words),
        hashes=[(clean(name, 120), clean(value, 80)) for name, value in study.inputs.items()],
        checks=checks_of(study, results, words),
        candidates=candidates_of(study, results, words, first),
        count=len(results.sites),
        sources_of_data=[tell(clean(one, 300), words.language) for one in sources_of_data],
    )


def _provenance(study: Study, words: Words) -> list[tuple[str, str]]:
    import geocluster

    settings: Any = study.settings
    crs = metric_crs(study.region.crs, study.region.name)
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in VERSIONED)
    return [
        ("geocluster", geocluster.__version__),
        ("Python", platform.python_version()),
        (words("Libraries"), versions),
        (
            words("Reference system"),
            clean(crs.name, 120),
        ),
        (words("Cells of the grid"), f"{words.number(settings.grid.cell_m, None)} {words('m')}"),
        (
            words("Weather"),
            tell(clean(study.weather.attrs.get("origin"), 600), words.language) or "–",
        ),
        (words("Everything else"), "provenance.json"),
    ]
