"""What a run tells its reader: the files, the map, and a short summary."""

from __future__ import annotations

import importlib.metadata
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from geocluster.elevation import ABOVE_STACK, GROUND
from geocluster.files import write_csv, write_json, write_layers, write_raster
from geocluster.gis.outputs import write_gis_files
from geocluster.load.settings_weather import DEFAULT_PLACE
from geocluster.notes import source_names
from geocluster.region import metric_crs
from geocluster.siting.excluded import rules_of
from geocluster.steps.breathed import with_exposure_shares
from geocluster.validity import stations_and_areas
from geocluster.words import LANGUAGES, SOURCE

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    import pandas as pd

    from geocluster.dossier.content import Dossier
    from geocluster.maps.page import Page
    from geocluster.maps.review import ReviewPage
    from geocluster.results import Results
    from geocluster.study import Study

Frame = TypeVar("Frame", bound="pd.DataFrame")

REVIEW_PAGE, DOSSIER_PAGE = "review.html", "dossier.html"
# Of weights that obey preferences: the review page carries them.
DRAWS = 2_000
VERSIONED = ("numpy", "scipy", "numba", "xarray", "geopandas", "shapely", "pyproj", "rasterio")


def write_results(
    study: Study, results: Results, target: Path, language: str = SOURCE, *, docx: bool = False
) -> dict[str, Path]:
    """Write the map, the tables and the rasters of a run into a folder.

    Pages that are there in several languages open in this one; with `docx` the dossier is written
    as a Word document too.

    Returns
    -------
    dict
        Name to path of each file.
    """
    target.mkdir(parents=True, exist_ok=True)
    crs = metric_crs(study.region.crs, study.region.name).to_wkt()
    field, exposure = results.field, results.exposure
    bands = {
        f"{pollutant}_{statistic}": field[statistic].sel(pollutant=pollutant)
        for statistic in field.data_vars
        if "pollutant" in field[statistic].dims
        for pollutant in field["pollutant"].values
    }
    burdens = {
        str(name): results.burdens.sel(release=name) for name in results.burdens["release"].values
    }
    word = results.demonstration
    tags = {} if word is None else {"demonstration": word}

    def marked(table: Frame) -> Frame:
        return table if word is None else table.assign(demonstration=word)

    breathed = with_exposure_shares(study.sources, results.contributions)
    files = {
        "index.html": target / "index.html",
        REVIEW_PAGE: target / REVIEW_PAGE,
        "exposure.csv": write_csv(marked(results.summary), target / "exposure.csv"),
        "homes.gpkg": write_layers({"homes": marked(exposure)}, target / "homes.gpkg"),
        "sites.gpkg": write_layers({"sites": marked(results.sites)}, target / "sites.gpkg"),
        "sites.csv": write_csv(marked(results.sites), target / "sites.csv"),
        "rules.csv": write_csv(marked(rules_of(results.suitable)), target / "rules.csv"),
        "clusters.gpkg": write_layers(
            {"clusters": marked(results.clusters), "sources": marked(breathed)},
            target / "clusters.gpkg",
        ),
        "concentration.tif": write_raster(
            bands, target / "concentration.tif", crs=crs, units="ug/m3", tags=tags
        ),
        "burden.tif": write_raster(
            {"burden": results.burden, **burdens},
            target / "burden.tif",
            crs=crs,
            units="persons ug/m3 per g/s",
            tags=tags,
        ),
        **terrain_file(study, results, target, crs),
        **stability_file(results, target),
        **several_files(results, target, marked),
        "candidates.json": write_json(candidates(results), target / "candidates.json"),
        "provenance.json": write_json(provenance(study, results), target / "provenance.json"),
    }
    if results.supply is not None and len(results.supply):
        files["supply.csv"] = write_csv(marked(results.supply), target / "supply.csv")
    if results.deposition is not None:
        settled = results.deposition
        files["deposition.tif"] = write_raster(
            {str(name): settled.sel(pollutant=name) for name in settled["pollutant"].values},
            target / "deposition.tif",
            crs=crs,
            units="g/m2 in a year",
            tags=tags,
        )
    files |= write_gis_files(study, results, target)
    draw(study, results, language).save(files["index.html"])
    review(study, results, language).save(files[REVIEW_PAGE])
    return files | write_dossier(study, results, target, language, docx=docx)


def stability_file(results: Results, target: Path) -> dict[str, Path]:
    """How sure the order of sites is, and what would turn it; none without sites."""
    if not results.stability:
        return {}
    content = {"verdict": results.verdict, "demonstration": results.demonstration}
    told = {**content, **results.stability}
    return {"stability.json": write_json(told, target / "stability.json")}


def several_files(results: Results, target: Path, marked: Callable[[Any], Any]) -> dict[str, Path]:
    """Several parks at once, and shared facilities, where study.toml asks for them."""
    files = {}
    if results.together is not None:
        table = marked(results.together)
        files["together.csv"] = write_csv(table, target / "together.csv")
        files["together.gpkg"] = write_layers({"together": table}, target / "together.gpkg")
    if results.facilities:
        import pandas as pd

        tables = [marked(one.copy()) for one in results.facilities]
        for one in tables:
            one.attrs = {}
        table = pd.concat(tables, ignore_index=True)
        files["facilities.csv"] = write_csv(table, target / "facilities.csv")
        files["facilities.gpkg"] = write_layers({"facilities": table}, target / "facilities.gpkg")
    return files


def candidates(results: Results) -> dict[str, Any]:
    """Each candidate in figures and in sentences, under what is said of all of them."""
    from geocluster.panels.narratives import sentences

    return {
        "verdict": results.verdict,
        "demonstration": results.demonstration,
        "candidates": [{**told, "text": sentences(told)} for told in results.narratives],
    }


def terrain_file(study: Study, results: Results, target: Path, crs: str) -> dict[str, Path]:
    """The ground of each cell, and where it is above a stack's top; none without terrain."""
    if study.terrain is None:
        return {}
    above = results.field[ABOVE_STACK]
    bands = {GROUND: study.grid()[GROUND], ABOVE_STACK: above}
    units = {GROUND: "m", ABOVE_STACK: "1 where the method does not hold"}
    return {
        "terrain.tif": write_raster(bands, target / "terrain.tif", crs=crs, units=units),
    }


def provenance(study: Study, results: Results) -> dict[str, Any]:
    """Inputs with hashes, settings, versions, assumptions and warnings; the same for a rerun."""
    import geocluster

    unused: dict[str, Any] = {} if study.settings.weather_places else {"weather_places": True}
    if study.terrain is None:
        unused["inputs"] = {"dem": True}
    if study.settings.dossier == type(study.settings.dossier)():
        unused["dossier"] = True
    if not study.park.emissions:
        unused["park"] = {"emission_g_s": True, "emissions_t_yr": True, "harm": True}
    versions = {name: importlib.metadata.version(name) for name in VERSIONED}
    return {
        "study": study.region.name,
        "geocluster": geocluster.__version__,
        "python": platform.python_version(),
        "versions": versions,
        "inputs_sha256": study.inputs,
        **({"databases": [vars(one) for one in study.databases]} if study.databases else {}),
        "settings": study.settings.model_dump(mode="json", by_alias=True, exclude=unused),
        "crs": metric_crs(study.region.crs, study.region.name).to_string(),
        "weather": dict(study.weather.attrs),
        **weather_places(study, results),
        "low_winds": results.low_winds,
        **({"terrain": results.terrain} if results.terrain else {}),
        "demonstration": results.demonstration,
        "candidates_found": results.candidates,
        "verdict": results.verdict,
        "weights": results.weights,
        **({"judging": results.judging.facts()} if results.judging else {}),
        "criteria_rank_correlations": {
            str(name): {str(other): _rounded(value) for other, value in row.items()}
            for name, row in results.correlations.iterrows()
        },
        "notes": results.notes,
        "warnings": list(study.warnings),
    }


def weather_places(study: Study, results: Results) -> dict[str, Any]:
    """Of several weathers: what each is, which sources disperse in it, and which hours count."""
    if len(study.weathers) < 2:
        return {}
    sources = study.sources
    places = {
        name: {**weather.attrs, "sources": source_names(sources[sources["weather"] == name])}
        for name, weather in study.weathers.items()
    }
    told = {key: value for key, value in results.field.attrs.items() if "hours_" in key}
    return {"weather_places": places, "weather_hours": told}


def _sites_in_words(sites: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """The candidates as the map shows them: the rules that they break by what these say."""
    from geocluster.panels.words import rules_in_words

    if sites is None or "breaks_rules" not in sites:
        return sites
    return sites.assign(breaks_rules=[rules_in_words(told) for told in sites["breaks_rules"]])


def draw(study: Study, results: Results, language: str = SOURCE) -> Page:
    """The map of a run, in a language."""
    from geocluster.exposure.limits import read_limits
    from geocluster.maps.page import draw_map
    from geocluster.maps.several import facility_layers, together_layers
    from geocluster.panels.folds import panels

    return draw_map(
        study.region,
        exposure=results.exposure,
        concentration=results.field,
        clusters=results.clusters,
        sites=_sites_in_words(results.sites),
        suitable=results.suitable,
        burden=results.burden,
        sources=with_exposure_shares(study.sources, results.contributions),
        land=study.land,
        places=study.places,
        zones=study.zones,
        not_valid=results.not_valid,
        weather_areas=stations_and_areas(
            study.region, study.weather, study.weather_areas, DEFAULT_PLACE
        ),
        limits=read_limits(study.settings.limits()),
        summary=headline(results),
        verdict=results.verdict,
        notes=results.notes,
        panels=panels(study, results),
        more_layers=[
            *together_layers(results.together, study.region),
            *facility_layers(results.facilities, study.region),
        ],
        demonstration=results.demonstration,
        sources_of_data=credits_of(study),
        review_page=REVIEW_PAGE,
        weather=study.weather,
        weather_name=DEFAULT_PLACE if len(study.weathers) > 1 else "",
        dossier_page=DOSSIER_PAGE,
        protection_zone_m=study.park.protection_zone_m,
        reach_m=study.settings.plume.reach_m,
        language=language,
    )


def review(study: Study, results: Results, language: str) -> ReviewPage:
    """The page on which a reader weighs the criteria; it begins as the run judged the sites."""
    from geocluster.maps.review import draw_review
    from geocluster.siting.criteria import criteria_table

    sites, judging = results.sites, results.judging
    judged = judging.first if judging is not None else {}
    known = ("method", "normalisation", "bounds", "thresholds")
    return draw_review(
        study.region,
        sites,
        criteria_table(sites),
        results.weights,
        measured=results.measured,
        cases=results.cases,
        methods=judging.methods if judging is not None else (),
        draws=preferred(results),
        land=study.land,
        homes=study.homes,
        not_valid=results.not_valid,
        demonstration=results.demonstration,
        sources_of_data=credits_of(study),
        map_page="index.html",
        dossier_page=DOSSIER_PAGE,
        language=language,
        **{name: judged[name] for name in known if judged.get(name) is not None},
    )


def preferred(results: Results) -> Any:
    """Weights that obey the study's preferences (draws, weights); None where it has none."""
    from geocluster.siting.draws import drawn_weights

    judging = results.judging
    if judging is None or not judging.preferences:
        return None
    return drawn_weights(list(results.weights), judging.preferences, samples=DRAWS, seed=0)


def write_dossier(
    study: Study, results: Results, target: Path, language: str, *, docx: bool = False
) -> dict[str, Path]:
    """The dossier as a page, and as a Word document where that is asked for."""
    from geocluster.dossier.office import write_docx
    from geocluster.dossier.page import draw_dossier

    asked = study.settings.dossier
    content = dossier(study, results, language)
    others = [dossier(study, results, code) for code in LANGUAGES if code != language]
    page = draw_dossier(content, study, results, others)
    files = {DOSSIER_PAGE: page.save(target / DOSSIER_PAGE)}
    if docx or asked.docx:
        template = None if asked.template is None else study.settings.path(asked.template)
        path = target / "dossier.docx"
        files[path.name] = write_docx(content, study, results, path, template)
    return files


def dossier(study: Study, results: Results, language: str) -> Dossier:
    """What the dossier of a run says, in one language."""
    from geocluster.dossier.content import dossier_of
    from geocluster.panels.folds import panels

    return dossier_of(
        study,
        results,
        sections=panels(study, results),
        figures=headline(results),
        sources_of_data=credits_of(study),
        language=language,
        first=study.settings.dossier.candidates,
    )


def _rounded(value: float) -> float | None:
    return None if value != value else round(float(value), 3)


def credits_of(study: Study) -> list[str]:
    """Whose data the map is made from; OpenStreetMap is named wherever it is used."""
    from geocluster.maps.doubts import CREDITS

    named = list(study.settings.region.credits)
    return [CREDITS["OpenStreetMap"], *named] if study.settings.inputs.osm is not None else named


def headline(results: Results) -> list[tuple[str, str]]:
    """The few figures that stand first, as (figure, label)."""
    from geocluster.panels.folds import answered
    from geocluster.panels.words import count_in_words, limit_in_words, people_above_in_words

    people = results.exposure["people"][results.exposure["inside"]].sum()
    figures = [(count_in_words(people), "people live in the region")]
    worst = answered(results.summary).sort_values("people_above", ascending=False, kind="stable")
    for row in worst.drop_duplicates("pollutant").head(3).to_dict("records"):
        label = f"above {limit_in_words(row)}, by these sources alone"
        figures.append((people_above_in_words(row), label))
    figures.append((str(len(results.sites)), "candidate sites on the fringe"))
    return figures


def summary_rows(results: Results, files: dict[str, Path]) -> dict[str, list[tuple[str, ...]]]:
    """Heading to rows of text, for the terminal: people exposed, first sites, files."""
    from geocluster.panels.siting import correlated_pairs

    best = results.sites.sort_values("rank", kind="stable").head(3)
    sites: list[tuple[str, ...]] = [
        (
            f"{int(row['rank'])}.",
            str(row["site_id"]),
            str(row.get("name") or row.get("kind") or ""),
            f"{row['area_ha']:,.0f} ha",
            f"among the top three in {row['top_three_share']:.0%} of cases",
        )
        for row in best.to_dict("records")
    ]
    return {
        "People": [(label, figure) for figure, label in headline(results)],
        f"Sites. {results.verdict}": sites,
        "Criteria that nearly measure the same (rank correlation)": [
            (pair,) for pair in correlated_pairs(results) or ["none: no pair reaches 0.7"]
        ],
        "Files": [(name, str(path)) for name, path in files.items()],
    }
