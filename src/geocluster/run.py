"""The main job: from a study folder to a map, tables and rasters."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from geocluster.errors import own_messages, recorded
from geocluster.files import check_folder
from geocluster.results import Results
from geocluster.study import Study, read_study
from geocluster.words import SOURCE, Words

if TYPE_CHECKING:
    from collections.abc import Iterator


class Progress(Protocol):
    """Called with a step when it begins, and with its seconds when it ends."""

    def __call__(self, step: str, seconds: float | None = None) -> None: ...


@dataclass
class Outcome:
    """What a run leaves behind.

    Attributes
    ----------
    files : dict
        Name to path of each file written.
    summary : dict
        Heading to rows of text: people exposed, first sites, files.
    warnings : list of str
        What was mended, with counts.
    results : Results
    """

    study: Study
    results: Results
    files: dict[str, Path]
    summary: dict[str, list[tuple[str, ...]]]
    warnings: list[str] = field(default_factory=list)


def run_study(
    path: str | Path,
    out: str | Path | None = None,
    *,
    progress: Progress | None = None,
    language: str = SOURCE,
    parquet: bool = False,
    pdf: str | None = None,
    docx: bool = False,
) -> Outcome:
    """Run the main job on a study folder and write its results.

    Parameters
    ----------
    path : str or Path
        The study folder, or its study.toml.
    out : str or Path, optional
        Where results go; `maps/<folder>` unless told.
    progress : callable, optional
        Called as ``progress(step)`` and ``progress(step, seconds)``.
    language : {"en", "ru", "uz"}
        Of the map and the dossier, and in which the review page opens; it holds all of them.
    parquet : bool
        Write the layers of each GeoPackage as GeoParquet too.
    pdf : {"A4", "A3"}, optional
        Print the map into index.pdf on this paper, through a Chromium that is installed.
    docx : bool
        Write the dossier as a Word document too.

    Returns
    -------
    Outcome
        The files written and a summary; index.html is the map.

    Raises
    ------
    GeoclusterError
        Where an input cannot be used; nothing is written then.
    """
    from geocluster.files import write_parquet_beside
    from geocluster.report import summary_rows, write_results

    tell = progress or _silent
    Words(language)
    if pdf is not None:
        from geocluster.maps.printed import print_page, ready_to_print

        ready_to_print(pdf)
    with recorded() as caught:
        with _timed(tell, "read and check the study"):
            study = read_study(path)
            target = Path(out) if out is not None else Path("maps") / study.folder.resolve().name
            check_folder(target)
        results = compute(study, tell)
        with _timed(tell, "draw the map and write the files"):
            files = write_results(study, results, target, language, docx=docx)
            if parquet:
                files |= write_parquet_beside(files)
        if pdf is not None:
            with _timed(tell, "print the map"):
                page = files["index.html"]
                files["index.pdf"] = print_page(page, page.with_suffix(".pdf"), paper=pdf)
    return Outcome(study, results, files, summary_rows(results, files), own_messages(caught))


def compute(study: Study, tell: Progress | None = None) -> Results:
    """Everything between the tables and the files: the rooms in their order.

    Parameters
    ----------
    study : Study
        As `read_study` gives it.
    tell : callable, optional
        As in `run_study`.
    """
    from geocluster.notes import all_notes, demonstration
    from geocluster.siting.correlation import correlations
    from geocluster.siting.supply import supply_curve
    from geocluster.steps.breathed import shares_of_exposure
    from geocluster.steps.dispersion import low_wind_changes, plume_options
    from geocluster.steps.exposure import air_of, clusters_in, exposed, high_ground, prices
    from geocluster.steps.finalists import with_finalists
    from geocluster.steps.harm import harm_in
    from geocluster.steps.ranking import ranking_of
    from geocluster.steps.several import several_parks, shared_facilities
    from geocluster.steps.siting import find_sites, in_honest_digits, told_in_honest_digits
    from geocluster.steps.uncertainty import uncertainty_of

    tell = tell or _silent
    grid, options = study.grid(), plume_options(study)
    hills: dict[str, Any] = {}
    not_valid = study.not_valid
    joint: tuple[Any, dict[str, Any]] = (None, {})

    with _timed(tell, "group industrial sites into clusters"):
        clusters = clusters_in(study)
    with _timed(tell, "estimate concentration by dispersion"):
        field, deposition = air_of(study, grid, options)
    with _timed(tell, "count who is exposed"):
        exposure, summary = exposed(study, field)
    with _timed(tell, "see which source people breathe"):
        breathed = shares_of_exposure(study, options)
    with _timed(tell, "compare treatments of weak winds"):
        low_winds = low_wind_changes(study, options)
    if study.terrain is not None:
        with _timed(tell, "see where the ground is too high"):
            hills, not_valid = high_ground(study, study.terrain, field, options)
    with _timed(tell, "price every place: the burden"):
        burdens, burden, urban = prices(study, grid, options)
    with _timed(tell, "find suitable land and candidate sites"):
        suitable, sites = find_sites(study, grid, burden, clusters, field)
    with _timed(tell, "see what the criteria would be otherwise"):
        uncertain = uncertainty_of(study, sites, options, field)
    with _timed(tell, "rank the sites, and see how sure that is"):
        found, told = ranking_of(study, sites, burdens, not_valid, uncertain, suitable)
    with _timed(tell, "run the first sites forward"):
        ranked = with_finalists(study, found.sites, grid, urban, options)
    ranked = in_honest_digits(ranked, study.land)
    if study.settings.siting.together is not None:
        with _timed(tell, "choose several parks at once"):
            joint = several_parks(study, ranked, found.weights, exposure)
    facilities = shared_facilities(study, clusters, ranked)
    return Results(
        field=field,
        exposure=exposure,
        summary=summary,
        burden=burden,
        burdens=burdens,
        suitable=suitable,
        candidates=dict(sites.attrs.get("found", {})),
        sites=ranked,
        measured=found.sites,
        weights=found.weights,
        correlations=correlations(ranked),
        clusters=clusters,
        verdict=found.verdict,
        notes=all_notes(study, hills, low_winds, field),
        demonstration=demonstration(study),
        low_winds=low_winds,
        terrain=hills,
        not_valid=not_valid,
        deposition=deposition,
        judging=found.judging,
        stability=found.stability,
        narratives=told_in_honest_digits(told, study.land),
        supply=supply_curve(suitable, burden),
        together=joint[0],
        together_figures=joint[1],
        facilities=facilities,
        harm=harm_in(study, burden),
        contributions=breathed,
        cases=found.cases,
    )


@contextmanager
def _timed(tell: Progress, step: str) -> Iterator[None]:
    started = time.perf_counter()
    tell(step)
    yield
    tell(step, time.perf_counter() - started)


def _silent(step: str, seconds: float | None = None) -> None:
    """Say nothing."""
