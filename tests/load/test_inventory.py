"""Inventories in long form: a row a source and a pollutant."""

import warnings
from pathlib import Path

import pytest
from shapely.geometry import box

from geocluster.errors import GeoclusterWarning, InputError
from geocluster.load.pollutant_names import NAMES, pollutant_named
from geocluster.load.sources import read_sources
from geocluster.pollutants import POLLUTANTS
from geocluster.region import Region

REGION = Region("Town", box(500_000, 4_560_000, 540_000, 4_600_000), "EPSG:32642")
STACK = {
    "stack_height_m": 50.0,
    "stack_diameter_m": 2.0,
    "exit_velocity_m_s": 10.0,
    "exit_temperature_k": 400.0,
}
HEADER = "InspireId,facilityName,Longitude,Latitude,Pollutant,Releases,Year,Medium,Method"
COLUMNS = {
    "source_id": "InspireId",
    "name": "facilityName",
    "pollutant": "Pollutant",
    "quantity": "Releases",
}
YEAR = 31_536_000  # seconds, and so kg a year of 1000 g/s


@pytest.fixture
def releases(tmp_path: Path):
    """Writes rows to a CSV and returns its path."""

    def write(*rows: str, header: str = HEADER) -> Path:
        (tmp_path / "releases.csv").write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
        return tmp_path / "releases.csv"

    return write


def read(path: Path, **options: object):
    options = {"form": "long", "rename": COLUMNS, "quantity_unit": "kg/yr", **options}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", GeoclusterWarning)
        table = read_sources(path, REGION, assumed=STACK, **options)
    return table, [str(one.message).split("releases.csv: ")[-1] for one in told]


def faults(path: Path, **options: object) -> list[str]:
    with pytest.raises(InputError) as error:
        read(path, **options)
    return error.value.faults


def test_a_row_a_source_out_of_a_row_a_pollutant(releases):
    path = releases(
        f"A,Smelter,69.2,41.3,Sulphur oxides (SOX),{YEAR},2020,AIR,M",
        f"B,Works,69.3,41.3,Ammonia (NH3),{YEAR / 1000},2020,AIR,E",
        f"A,Smelter,69.2,41.3,Particulate matter (PM10),{YEAR / 10},2020,AIR,E",
    )
    table, told = read(path)
    assert table.source_id.tolist() == ["A", "B"]
    assert table.name.tolist() == ["Smelter", "Works"]
    assert table.emission_so2_g_s.tolist() == pytest.approx([1000, 0])
    assert table.emission_pm10_g_s.tolist() == pytest.approx([100, 0])
    assert table.emission_nh3_g_s.tolist() == pytest.approx([0, 1])
    assert table.Year.tolist() == [2020, 2020]
    assert set(table.stack_origin) == {"assumed"}
    assert told[0] == (
        "3 pollutants that a source does not report read as 0; columns not kept, as they differ "
        "within a source: Method"
    )


def test_without_identifiers_name_and_place_are_one_source(releases):
    rows = [
        "Smelter,69.2,41.3,benzene,1", "Smelter,69.2,41.3,toluene,2",
        "Smelter,69.25,41.3,benzene,3", "Works,69.2,41.3,benzene,4",
    ]  # fmt: skip
    path = releases(*rows, header="name,lon,lat,pollutant,quantity")
    table, _ = read(path, rename=None, quantity_unit="g_s")
    assert table.emission_benzene_g_s.tolist() == [1, 3, 4]
    assert table.emission_toluene_g_s.tolist() == [2, 0, 0]
    assert table.source_id.is_unique


def test_rows_of_one_source_and_pollutant_are_summed_and_told(releases):
    path = releases(
        "A,Smelter,69.2,41.3,SOx,1,2020,AIR,M", "A,Smelter,69.2,41.3,Sulphur dioxide,2,2020,AIR,M"
    )
    table, told = read(path, quantity_unit="g_s")
    assert table.emission_so2_g_s.tolist() == [3]
    assert told[0] == "2 rows of one source and pollutant summed"


def test_years_and_media_are_never_summed_unasked(releases):
    rows = [
        "A,Smelter,69.2,41.3,Benzene,1,2019,AIR,M", "A,Smelter,69.2,41.3,Benzene,2,2020,AIR,E",
        "A,Smelter,69.2,41.3,Benzene,4,2020,WATER,E", "A,Smelter,69.2,41.3,Toluene,8,2020,AIR,E",
    ]  # fmt: skip
    told = faults(releases(*rows))
    assert len(told) == 3
    assert told[0] == (
        "column 'Year' differs between rows of one source and pollutant (2019, 2020) in rows 1, 2, "
        "3: choose by where = { Year = … }, or add it to sum_over"
    )
    table, _ = read(releases(*rows), where={"Year": 2020, "Medium": "AIR"}, quantity_unit="g_s")
    assert table.emission_benzene_g_s.tolist() == [2]
    every = ["Year", "Medium", "Method"]
    table, _ = read(releases(*rows), sum_over=every, quantity_unit="g_s")
    assert table.emission_benzene_g_s.tolist() == [7]
    assert faults(releases(*rows), sum_over=[*every, "Colour"]) == [
        "sum_over: there is no column 'Colour'"
    ]


def test_rows_that_repeat_another_are_an_error(releases):
    row = "A,Smelter,69.2,41.3,Benzene,1,2019,AIR,M"
    assert faults(releases(row, row.replace(",1,", ",2,"), row)) == [
        "row 3 repeat another row in every column: leave them out"
    ]


def test_unknown_pollutants_are_listed_and_counted(releases):
    rows = [
        "A,Smelter,69.2,41.3,Zinc and compounds (as Zn),1,2019,AIR,M",
        "A,Smelter,69.2,41.3,Benzene,1,2019,AIR,M",
        "B,Works,69.3,41.3,Zinc and compounds (as Zn),1,2019,AIR,M",
        "C,Mill,69.3,41.4,Asbestos,1,2019,AIR,M",
    ]
    words = (
        "3 rows of 2 pollutants that are not known: Zinc and compounds (as Zn) (2), Asbestos (1)"
    )
    assert faults(releases(*rows))[0].startswith(f"column 'pollutant': {words}: leave them out by")
    table, told = read(releases(*rows), skip_unknown=True)
    assert told[0] == f"left out, as was asked for, {words}"
    assert table.source_id.tolist() == ["A"]


def test_one_source_has_one_place_and_one_stack(releases):
    rows = ["1,69.2,41.3,Benzene,1,50", "1,69.21,41.3,Toluene,1,60"]
    told = faults(
        releases(*rows, header="source_id,lon,lat,pollutant,quantity,stack_height_m"), rename=None
    )
    assert told == [
        "one source has several places in rows 1, 2: give each a source_id of its own",
        "one source has several values of 'stack_height_m' in rows 1, 2: give each a source_id of "
        "its own",
    ]


def test_units_of_quantities(releases):
    row = "1,69.2,41.3,Benzene,31536"
    path = releases(row, header="source_id,lon,lat,pollutant,quantity")
    for unit in ("kg/yr", "kg_yr", "kg/year", "kg/a", "KG/YR"):
        assert read(path, rename=None, quantity_unit=unit)[0].emission_benzene_g_s[0] == 1.0
    assert "unknown unit 'KGM'; known are g_s, mg_s" in faults(
        path, rename=None, quantity_unit="KGM"
    )[0]  # fmt: skip
    assert "quantity_unit is missing" in faults(path, rename=None, quantity_unit=None)[0]
    rows = [f"{row},kg/yr", "2,69.3,41.3,Benzene,31.536,t/yr"]
    path = releases(*rows, header="source_id,lon,lat,pollutant,quantity,quantity_unit")
    table, _ = read(path, rename=None, quantity_unit=None)
    assert table.emission_benzene_g_s.tolist() == pytest.approx([1, 1])
    assert "leave one" in faults(path, rename=None, quantity_unit="kg/yr")[0]


def test_faults_of_columns_come_together(releases):
    rows = ["1,69.2,41.3,Benzene,-1,kg/yr", "1,69.2,41.3,,x,kg/yr", "1,69.2,41.3,Benzene,1,stone"]
    path = releases(*rows, header="source_id,lon,lat,pollutant,quantity,quantity_unit")
    told = "\n".join(faults(path, rename=None, quantity_unit=None))
    assert "column 'pollutant': no value in row 2" in told
    assert "column 'quantity': 'x' in row 2 is not a number" in told or "quantity" in told
    assert "column 'quantity_unit': 'stone' in row 3: known are g_s" in told
    path = releases("1,69.2,41.3", header="source_id,lon,lat")
    assert len(faults(path, rename=None)) == 2


def test_the_table_of_names_is_sound():
    import csv

    with NAMES.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["pollutant"] for row in rows} == set(POLLUTANTS)
    assert all(pollutant_named(row["name"]) == row["pollutant"] for row in rows)
    assert all(pollutant_named(name) == name for name in POLLUTANTS)
    assert pollutant_named("  nitrogen   OXIDES (nox) ") == "nox"
    assert pollutant_named("Carbon dioxide (CO2) excluding biomass") is None
