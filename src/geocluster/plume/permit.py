"""The permit table (PDV form): each source, what it adds at most, and its share of the MAC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from geocluster.errors import InputError
from geocluster.plume.ond86_field import ond86_sources

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

SINGLE_MAC = Path(__file__).with_name("single_mac.csv")
SINGLE_TIMES = ("20min", "30min")
# Practice with OND-86: of NOx, counted as NO2, so much is NO2 and NO by mass.
NOX_SHARES = {"no2": 0.8, "no": 0.13}
LANGUAGES = ("en", "ru")

# Column, its factor, its heading in English and in Russian.
HEADINGS: tuple[tuple[str, float, str, str], ...] = (
    ("source", 1.0, "Source", "Номер источника"),
    ("name", 1.0, "Name", "Наименование источника"),
    ("substance", 1.0, "Substance", "Загрязняющее вещество"),
    ("height_m", 1.0, "Height, m", "Высота источника H, м"),
    ("diameter_m", 1.0, "Diameter of the mouth, m", "Диаметр устья D, м"),
    ("velocity_m_s", 1.0, "Velocity, m/s", "Скорость выхода w0, м/с"),
    ("gas_flow_m3_s", 1.0, "Gas flow, m3/s", "Объём газовоздушной смеси V1, м3/с"),
    ("temperature_c", 1.0, "Temperature, °C", "Температура смеси Tг, °C"),
    ("emission_g_s", 1.0, "Emission, g/s", "Выброс M, г/с"),
    ("settling_factor", 1.0, "F", "F"),
    ("c_m_ug_m3", 1e-3, "c_m, mg/m3", "Cм, мг/м3"),
    ("x_m_m", 1.0, "x_m, m", "Xм, м"),
    ("u_m_m_s", 1.0, "u_m, m/s", "Uм, м/с"),
    ("value_ug_m3", 1e-3, "Single MAC, mg/m3", "ПДКм.р., мг/м3"),
    ("share", 1.0, "c_m / single MAC", "Cм / ПДКм.р., доли"),
    ("limit_source", 1.0, "Source of the MAC", "Источник ПДК"),
    ("limit_grade", 1.0, "Grade of the MAC", "Достоверность ПДК"),
    ("emission_origin", 1.0, "Origin of the emission", "Происхождение выброса"),
    ("stack_origin", 1.0, "Origin of the stack", "Происхождение параметров"),
)
SUBSTANCES = {
    "so2": ("Sulphur dioxide", "Серы диоксид"),
    "no2": ("Nitrogen dioxide", "Азота диоксид"),
    "no": ("Nitrogen oxide", "Азота оксид"),
    "co": ("Carbon monoxide", "Углерода оксид"),
    "tsp": ("Dust (suspended matter)", "Взвешенные вещества"),
    "pm10": ("PM10", "Взвешенные частицы PM10"),
    "pm25": ("PM2.5", "Взвешенные частицы PM2.5"),
    "nh3": ("Ammonia", "Аммиак"),
    "h2s": ("Hydrogen sulphide", "Сероводород"),
    "hf": ("Hydrogen fluoride", "Фтористый водород"),
    "hcl": ("Hydrogen chloride", "Хлористый водород"),
    "benzene": ("Benzene", "Бензол"),
    "pb": ("Lead", "Свинец"),
}
WORDS_RU = {
    "read": "прочитано в источнике",
    "derived": "выведено из источника",
    "known": "общеизвестно, по первоисточнику не сверено",
    "reported": "сообщено предприятием",
    "allocated": "распределено",
    "factor": "по удельным показателям",
    "assumed": "принято",
}


def read_single_mac(name: str) -> pd.DataFrame:
    """Single-time maximum allowable concentrations that come with the package.

    Parameters
    ----------
    name : {"ru", "uz", "ussr"}
        Russia, Uzbekistan, or the list that OND-86 itself quotes.

    Returns
    -------
    DataFrame
        pollutant, value_ug_m3 [ug/m3], source, grade ("read" where the value was read in its
        source, "known" where it was not), note.

    Raises
    ------
    InputError
        For a set that does not exist.

    Examples
    --------
    >>> read_single_mac("ussr")[["pollutant", "value_ug_m3", "grade"]]
      pollutant  value_ug_m3 grade
    0       so2        500.0  read
    1       no2         85.0  read
    2       tsp        500.0  read
    """
    import pandas as pd

    table = pd.read_csv(SINGLE_MAC, keep_default_na=False).astype({"value_ug_m3": float})
    names = list(dict.fromkeys(table["set"]))
    if name not in names:
        raise InputError("limits", f"set {name!r} does not exist: there are {', '.join(names)}")
    return table[table["set"] == name].drop(columns="set").reset_index(drop=True)


def permit_table(
    sources: gpd.GeoDataFrame,
    limits: str | pd.DataFrame,
    *,
    ambient_temperature_c: float,
    lang: str = "en",
    pollutants: str | Sequence[str] | None = None,
    a_coefficient: float | None = None,
    terrain_factor: float = 1.0,
    settling_factor: float | Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """The table that a permit (PDV) asks for: a row a source and substance.

    c_m is each source's own highest concentration by OND-86, without the others and without a
    background: a share under 1 is no permit, and shares of sources are not to be added.

    Parameters
    ----------
    sources, ambient_temperature_c, pollutants, a_coefficient, terrain_factor, settling_factor
        As in `geocluster.ond86`. NOx stands as NO2 (0.8 of it) and NO (0.13), the practice with
        OND-86, unless the table has an emission of no2 itself.
    limits : {"uz", "ru", "ussr"} or DataFrame
        Single-time MACs: a set of the package, or a table with pollutant, value_ug_m3, source and
        grade; of `read_limits` the rows averaged over 20 or 30 minutes count.
    lang : {"en", "ru"}
        Of headings and substances.

    Returns
    -------
    DataFrame
        Headed as the form is. Where no MAC is known its value and the share are missing. The
        origins of emission and stack stand beside wherever `sources` has them.

    Raises
    ------
    InputError, TableError, CRSError
        As in `geocluster.ond86`; or an unknown set or language.

    Examples
    --------
    >>> import geopandas as gpd
    >>> boiler = gpd.GeoDataFrame(
    ...     {
    ...         "stack_height_m": [35.0],
    ...         "stack_diameter_m": [1.4],
    ...         "exit_velocity_m_s": [7.0],
    ...         "exit_temperature_k": [398.15],
    ...         "emission_so2_g_s": [12.0],
    ...     },
    ...     geometry=gpd.points_from_xy([0.0], [0.0]),
    ... )
    >>> form = permit_table(boiler, "ussr", ambient_temperature_c=25.0, a_coefficient=200.0)
    >>> form[["Substance", "c_m, mg/m3", "x_m, m", "c_m / single MAC"]].round(3)
             Substance  c_m, mg/m3   x_m, m  c_m / single MAC
    0  Sulphur dioxide       0.186  430.398             0.373
    """
    import pandas as pd

    if lang not in LANGUAGES:
        raise InputError("permit_table", f"lang is {lang!r}: allowed are {', '.join(LANGUAGES)}")
    table = ond86_sources(
        sources,
        ambient_temperature_c=ambient_temperature_c,
        pollutants=pollutants,
        a_coefficient=a_coefficient,
        terrain_factor=terrain_factor,
        settling_factor=settling_factor,
    )
    table = _split_nox(table).merge(single_limits(limits), on="pollutant", how="left")
    table["share"] = table["c_m_ug_m3"] / table["value_ug_m3"]
    table["substance"] = [_substance(name, lang) for name in table["pollutant"]]
    if lang == "ru":
        for column in ("limit_grade", "emission_origin", "stack_origin"):
            if column in table:
                table[column] = table[column].map(lambda word: WORDS_RU.get(word, word))
    form = pd.DataFrame(index=table.index)
    for column, factor, *headings in HEADINGS:
        if column in table:
            values = table[column] if factor == 1.0 else table[column] * factor
            form[headings[LANGUAGES.index(lang)]] = values
    return form


def _split_nox(table: pd.DataFrame) -> pd.DataFrame:
    """NOx as its NO2 and NO; as it is where the table has NO2 of its own."""
    import pandas as pd

    nox = table["pollutant"] == "nox"
    if not nox.any() or (table["pollutant"] == "no2").any():
        return table
    parts = [table[~nox]]
    for name, share in NOX_SHARES.items():
        part = table[nox].assign(pollutant=name)
        part[["emission_g_s", "c_m_ug_m3"]] *= share
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def single_limits(limits: str | pd.DataFrame) -> pd.DataFrame:
    """Single-time MACs by pollutant, of the package or of a table; each pollutant once."""
    table = read_single_mac(limits) if isinstance(limits, str) else limits
    missing = [name for name in ("pollutant", "value_ug_m3") if name not in table]
    if missing:
        raise InputError("limits", [f"column '{name}' is missing: add it" for name in missing])
    if "averaging" in table:
        table = table[table["averaging"].isin(SINGLE_TIMES)]
    if not table["pollutant"].is_unique:
        raise InputError("limits", "a pollutant has two single-time values: leave one")
    kept = [name for name in ("pollutant", "value_ug_m3", "source", "grade") if name in table]
    return table[kept].rename(columns={"source": "limit_source", "grade": "limit_grade"})


def _substance(pollutant: str, lang: str) -> str:
    names = SUBSTANCES.get(pollutant)
    return pollutant if names is None else names[LANGUAGES.index(lang)]
