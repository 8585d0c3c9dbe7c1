"""The command line: one command for all of it, the steps one by one, and a check without a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geocluster.comparing import options as runs
from geocluster.fetching import options
from geocluster.terminal import Progress, console, escaped, shown

if TYPE_CHECKING:
    from geocluster.run import Outcome

app = typer.Typer(
    help="Who breathes what from industry, and where the next eco-industrial park may stand.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

export = typer.Typer(help="Hand a study over to another model.", no_args_is_help=True)
app.add_typer(export, name="export")
weather = typer.Typer(help="Look at a file of weather.", no_args_is_help=True)
app.add_typer(weather, name="weather")

Folder = Annotated[Path, typer.Argument(help="A study folder, or its study.toml.")]
Out = Annotated[
    Path | None, typer.Option("--out", "-o", help="Where results go (default: maps/<folder>).")
]
Lang = Annotated[
    str, typer.Option("--lang", help="Of the map and the pages: en, ru or uz (Latin).")
]


@app.callback(invoke_without_command=True)
def main(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Who breathes what from industry, and where the next eco-industrial park may stand."""
    if version:
        import geocluster

        typer.echo(f"geocluster {geocluster.__version__}")
        raise typer.Exit


@app.command()
def run(
    folder: Folder,
    out: Out = None,
    lang: Lang = "en",
    parquet: Annotated[
        bool, typer.Option("--parquet", help="Write the layers as GeoParquet too.")
    ] = False,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Print the map into index.pdf (needs Chromium).")
    ] = False,
    docx: Annotated[
        bool, typer.Option("--docx", help="Write the dossier as a Word document too.")
    ] = False,
    paper: Annotated[str, typer.Option("--paper", help="Of the PDF: A4 or A3.")] = "A4",
) -> None:
    """All of it: a map, tables and rasters from a study folder."""
    with _faults_as_messages():
        from geocluster.run import run_study

        with Progress() as progress:
            result = run_study(
                folder, out, progress=progress, language=lang, parquet=parquet,
                pdf=paper.upper() if pdf else None, docx=docx,
            )  # fmt: skip
        _print_summary(result, lang)


@app.command()
def check(folder: Folder) -> None:
    """Read and check a study without running it."""
    with _faults_as_messages():
        from geocluster.study import read_study

        study = read_study(folder)
        for line in study.inventory():
            typer.echo(shown(line))
        for line in study.warnings:
            _warn(line)
        typer.echo(f"{shown(study.region.name)}: nothing wrong found")


@app.command("why")
def why_not(
    folder: Folder,
    at: Annotated[str, typer.Option("--at", help="The place: LON,LAT. [degrees]")],
    lang: Annotated[
        str, typer.Option("--lang", help="Of the answer: en, ru or uz (Latin).")
    ] = "en",
) -> None:
    """Why a park may not stand at a place, and what it would take."""
    with _faults_as_messages():
        from geocluster.panels.why import answer_at
        from geocluster.sentences import tell
        from geocluster.study import read_study
        from geocluster.words import Words

        language = Words(lang).language
        longitude, latitude = options.numbers(at, 2, "--at") or (0.0, 0.0)
        study = read_study(folder)
        answer = answer_at(study, longitude, latitude)
        for line in (*study.warnings, *answer.notes):
            _warn(line, language)
        for line in answer.lines:
            indent = line[: len(line) - len(line.lstrip(" -"))]
            typer.echo(indent + shown(tell(line[len(indent) :], language)))


@app.command()
def compare(a: runs.RunA, b: runs.RunB, out: runs.Out = None, lang: Lang = "en") -> None:
    """What differs between two runs: a page, a raster and a table; nothing is computed again."""
    with _faults_as_messages():
        from geocluster.comparing.compare import write_comparison

        for path in write_comparison(a, b, out, language=lang).values():
            typer.echo(shown(path))


@export.command("aermod")
def export_to_aermod(
    folder: Folder,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="A new folder. (default: maps/<folder>-aermod)"),
    ] = None,
    site: Annotated[
        str | None, typer.Option("--site", help="Add the park at this candidate site.")
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option("--results", help="The run that has the site. (default: maps/<folder>)"),
    ] = None,
    park_emission_g_s: Annotated[
        float, typer.Option("--park-emission-g-s", help="Of the whole park. [g/s]")
    ] = 1.0,
) -> None:
    """Write a study as AERMOD input, to confirm an option by the regulatory model."""
    with _faults_as_messages():
        from geocluster.handover.aermod import export_aermod
        from geocluster.study import read_study

        study = read_study(folder)
        target = out or Path("maps") / f"{study.folder.resolve().name}-aermod"
        files = export_aermod(
            study, target, site_id=site, results=results, park_emission_g_s=park_emission_g_s
        )
        for line in study.warnings:
            _warn(line)
        for path in files.values():
            typer.echo(shown(path))


@weather.command("show")
def show_weather(
    file: Annotated[Path, typer.Argument(help="Weather in any form of docs/weather.md.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The page. (default: maps/<file>-weather.html)"),
    ] = None,
    latitude: Annotated[float | None, typer.Option(help="Of the place. [degrees]")] = None,
    longitude: Annotated[float | None, typer.Option(help="Of the place. [degrees]")] = None,
    time_zone: Annotated[
        str | None, typer.Option(help='Hours ahead of UTC, or a name: "Asia/Tashkent".')
    ] = None,
    assumed_cloud: Annotated[
        str | None, typer.Option(help='Tenths, or "humidity", where no cloud is known.')
    ] = None,
    fill_gaps_h: Annotated[int, typer.Option(help="Longest gap that is filled. [h]")] = 3,
    hour_label: Annotated[
        str | None, typer.Option(help='What a row\'s time is: "start" or "end".')
    ] = None,
    scheme: Annotated[
        str, typer.Option(help='Stability: "auto", "golder", "radiation", "turner".')
    ] = "auto",
    column: Annotated[
        list[str] | None,
        typer.Option(help="A column by a known name, as wind_speed_kmh=V; once for each."),
    ] = None,
    lang: Lang = "en",
) -> None:
    """Draw a wind rose, stability, light winds, completeness and mixing heights as one page."""
    with _faults_as_messages():
        from geocluster.errors import own_messages, recorded
        from geocluster.load.weather import read_weather
        from geocluster.load.weather_words import cloud_of, columns_of, in_words
        from geocluster.maps.weather_page import draw_weather

        with recorded() as caught:
            read = read_weather(
                file,
                latitude=latitude,
                longitude=longitude,
                time_zone=time_zone,
                assumed_cloud=cloud_of(assumed_cloud),
                fill_gaps_h=fill_gaps_h,
                hour_label=hour_label,
                scheme=scheme,
                columns=columns_of(column),
            )
        notes = own_messages(caught)
        page = draw_weather(read, title=file.name, notes=notes, language=lang)
        target = page.save(out or Path("maps") / f"{file.stem}-weather.html")
        for line in notes:
            _warn(line)
        typer.echo(shown(in_words(read)))
        typer.echo(shown(target))


@app.command()
def fetch(
    place: options.Place = None,
    bbox: options.Bbox = None,
    boundary: options.Boundary = None,
    name: options.Name = None,
    out: options.Out = None,
    osm: options.Osm = None,
    buildings: options.Buildings = False,
    weather: options.Weather = None,
    isd: options.Isd = None,
    year: options.Year = None,
    weather_at: options.WeatherAt = None,
    time_zone: options.TimeZone = None,
    population: options.Population = None,
    towns: options.Towns = None,
    dem: options.Dem = None,
    without: options.Without = None,
    nominatim_url: options.NominatimUrl = None,
    overpass_url: options.OverpassUrl = None,
    weather_url: options.WeatherUrl = None,
    isd_url: options.IsdUrl = None,
    population_url: options.PopulationUrl = None,
    dem_url: options.DemUrl = None,
    contact: options.Contact = None,
    timeout: options.Timeout = 200.0,
    attempts: options.Attempts = 5,
    wait: options.Wait = 5.0,
    tile_km: options.TileKm = 50.0,
    cache: options.Cache = None,
    cache_days: options.CacheDays = 7.0,
) -> None:
    """Make a study folder of a place from open sources; the only command that uses the network.

    Stopped or failed, the same command goes on where it was. docs/fetch.md has the sources.
    """
    with _faults_as_messages():
        asked = {
            "place": place,
            "bbox": options.numbers(bbox, 4, "--bbox"),
            "boundary": boundary,
            "name": name,
            "osm": osm,
            "buildings": buildings,
            "weather": weather,
            "isd": isd,
            "year": year,
            "weather_at": options.numbers(weather_at, 2, "--weather-at"),
            "time_zone": time_zone,
            "population": population,
            "towns": towns,
            "dem": dem,
            "without": frozenset(without or ()),
            "nominatim_url": nominatim_url,
            "overpass_url": overpass_url,
            "weather_url": weather_url,
            "isd_url": isd_url,
            "population_url": population_url,
            "dem_url": dem_url,
            "tile_km": tile_km,
        }
        manners = {
            "contact": contact,
            "timeout_s": timeout,
            "attempts": attempts,
            "first_wait_s": wait,
            "keep_days": cache_days,
        }
        _fetch(asked, manners, out, cache)


def _fetch(
    asked: Mapping[str, object], manners: Mapping[str, object], out: Path | None, cache: Path | None
) -> None:
    from geocluster.fetching.fetch import fetch_study
    from geocluster.fetching.request import Request
    from geocluster.load.online import Manners

    given = {name: value for name, value in asked.items() if value is not None}
    try:
        with Progress() as progress:
            fetched = fetch_study(
                Request(**given),  # type: ignore[arg-type]
                out,
                manners=Manners(**manners),  # type: ignore[arg-type]
                cache=cache,
                progress=progress,
            )
    except KeyboardInterrupt:
        _print("[yellow]stopped[/] the same command goes on where it was", error=True)
        raise typer.Exit(130) from None
    for line in fetched.warnings:
        _warn(line)
    for line in fetched.lines:
        typer.echo(shown(line))


@contextmanager
def _faults_as_messages() -> Iterator[None]:
    """A fault of input is a message and exit code 1; a fault of ours keeps its traceback."""
    import warnings

    from geocluster.errors import GeoclusterError, GeoclusterWarning, own_messages

    try:
        # A study keeps them, and they are printed once at the end: by us where it does not come.
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", GeoclusterWarning)
            yield
    except (GeoclusterError, OSError) as error:
        for line in own_messages(caught):
            _warn(line)
        text = _os_message(error) if isinstance(error, OSError) else str(error)
        _print(f"[bold red]error[/] {escaped(text)}", error=True)
        raise typer.Exit(1) from None


def _os_message(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"


def _print_summary(result: Outcome, language: str) -> None:
    from rich.table import Table

    from geocluster.sentences import tell

    shown = console(error=False)
    for line in result.warnings:
        _warn(line, language)
    shown.print()
    for heading, rows in result.summary.items():
        shown.print(f"[bold]{escaped(tell(heading, language))}[/]")
        if not rows:
            shown.print()
            continue
        table = Table(box=None, show_header=len(rows[0]) > 2, pad_edge=False)
        for _ in rows[0]:
            table.add_column("")
        for row in rows:
            table.add_row(*(escaped(tell(str(cell), language)) for cell in row))
        shown.print(table)
        shown.print()


def _warn(line: str, language: str = "en") -> None:
    from geocluster.sentences import tell

    note = tell("note", language)
    _print(f"[yellow]{note}[/] {escaped(tell(line, language))}", error=True)


def _print(text: str, *, error: bool = False) -> None:
    console(error=error).print(text, highlight=False)
