"""Columns under the file's names and in its units, and stacks that are assumed."""

import warnings
from pathlib import Path

import pytest
from shapely.geometry import box

from geocluster.errors import GeoclusterWarning, InputError, TableError
from geocluster.load.settings import read_settings
from geocluster.load.settings_files import SourceFile
from geocluster.load.sources import read_sources
from geocluster.load.units import in_our_units, units_of
from geocluster.load.vector import read_boundary, read_homes, read_vector
from geocluster.region import Region

REGION = Region("Town", box(500_000, 4_560_000, 540_000, 4_600_000), "EPSG:32642")
STACK = "stack_height_m,stack_diameter_m,exit_velocity_m_s,exit_temperature_k"


@pytest.fixture
def csv(tmp_path: Path):
    """Writes lines to a CSV and returns its path."""

    def write(*lines: str) -> Path:
        (tmp_path / "table.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return tmp_path / "table.csv"

    return write


def read(path: Path, **options: object):
    """The sources of a file, and what was warned of."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", GeoclusterWarning)
        table = read_sources(path, REGION, **options)
    return table, [str(one.message).split("table.csv: ")[-1] for one in told]


def faults(path: Path, **options: object) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GeoclusterWarning)
        with pytest.raises(InputError) as error:
            read_sources(path, REGION, **options)
    return error.value.faults


def test_columns_under_the_names_of_the_file(csv):
    path = csv("Nomi,lon,lat,H_trub,D,V,T,SO2_t", "007,69.2,41.3,80,2,10,400,31.536")
    names = {"source_id": "Nomi", "stack_height_m": "H_trub", "stack_diameter_m": "D"}
    names |= {"exit_velocity_m_s": "V", "exit_temperature_k": "T", "emission_so2_t_yr": "SO2_t"}
    table, told = read(path, rename=names)
    assert table.source_id.tolist() == ["007"]  # text, as it stands under our name
    assert table.stack_height_m.tolist() == [80]
    assert table.emission_so2_g_s.tolist() == pytest.approx([1.0])
    assert told == ["1 column converted: emission_so2_t_yr → emission_so2_g_s "
                    "(t a year of 365 days)"]  # fmt: skip


def test_coordinates_may_be_renamed_too(csv):
    path = csv("X_coord,Y_coord,kind", "520000,4570000,school")
    names = {"x": "X_coord", "y": "Y_coord"}
    assert read_vector(path, rename=names, crs="EPSG:32642").geometry.x.tolist() == [520_000]


def test_a_name_that_is_not_there_and_two_names_for_one(csv):
    path = csv("name,lon,lat,H_trub,stack_diameter_m,D", "a,69.2,41.3,80,2,2")
    names = {"stack_height_m": "H_trb", "stack_diameter_m": "D", "exit_velocty_m_s": "H_trub"}
    assert faults(path, rename=names) == [
        "column 'H_trb' is missing (did you mean 'H_trub'?)",
        "column 'D' is to be 'stack_diameter_m', but a column of that name is there already: two "
        "cannot be one",
        "column 'H_trub' is to be 'exit_velocty_m_s': did you mean 'exit_velocity_m_s'?",
    ]


def test_columns_may_change_places(csv):
    path = csv("name,kind,lon,lat", "school,No 5,69.2,41.3")
    table = read_vector(path, rename={"kind": "name", "name": "kind"})
    assert table[["kind", "name"]].values.tolist() == [["school", "No 5"]]


def test_faults_bear_the_name_of_the_file(csv):
    path = csv(f"lon,lat,{STACK},SO2", "69.2,41.3,80,2,10,400,-5")
    assert faults(path, rename={"emission_so2_t_yr": "SO2"}) == [
        "column 'SO2' (emission_so2_g_s): -0.15854895991882292 in row 1: at least 0 is allowed"
    ]


@pytest.mark.parametrize(
    ("unit", "figure"),
    [
        ("t_yr", 31.536), ("kt_yr", 0.031536), ("kg_yr", 31_536), ("g_yr", 31_536_000),
        ("kg_h", 3.6), ("g_h", 3600), ("mg_s", 1000), ("kg_s", 0.001), ("kg_d", 86.4),
        ("t_d", 0.0864), ("t_h", 0.0036), ("lb_h", 7.936641438655706),
        ("short_ton_yr", 34.76246241470945),
    ],
)  # fmt: skip
def test_every_unit_of_an_emission_makes_the_same_gram_a_second(csv, unit, figure):
    head = f"lon,lat,{STACK},emission_so2_{unit},low_emission_so2_{unit},high_emission_so2_{unit}"
    path = csv(head, f"69.2,41.3,80,2,10,400,{figure},{figure / 2},{figure * 2}")
    table, told = read(path)
    assert table.emission_so2_g_s.tolist() == pytest.approx([1.0])
    assert table.low_emission_so2_g_s.tolist() == pytest.approx([0.5])
    assert table.high_emission_so2_g_s.tolist() == pytest.approx([2.0])
    assert len(told) == 1


@pytest.mark.parametrize(
    ("column", "figure", "ours", "value"),
    [
        ("stack_height_ft", 100, "stack_height_m", 30.48),
        ("stack_height_km", 0.03, "stack_height_m", 30),
        ("stack_diameter_mm", 1500, "stack_diameter_m", 1.5),
        ("stack_diameter_ft", 5, "stack_diameter_m", 1.524),
        ("exit_velocity_ft_s", 10, "exit_velocity_m_s", 3.048),
        ("exit_velocity_km_h", 36, "exit_velocity_m_s", 10),
        ("exit_velocity_ft_min", 600, "exit_velocity_m_s", 3.048),
        ("exit_temperature_c", 126.85, "exit_temperature_k", 400),
        ("exit_temperature_f", 260.33, "exit_temperature_k", 400),
        ("ground_ft", 1000, "ground_m", 304.8),
        ("heat_release_w", 5e6, "heat_release_mw", 5),
        ("heat_release_gj_h", 18, "heat_release_mw", 5),
    ],
)
def test_other_figures_are_converted(csv, column, figure, ours, value):
    columns = dict(zip(STACK.split(","), ["80", "2", "10", "400"], strict=True))
    columns.pop(ours, None)
    columns |= {column: str(figure), "lon": "69.2", "lat": "41.3", "emission_so2_g_s": "1"}
    table, told = read(csv(",".join(columns), ",".join(columns.values())))
    assert table[ours].tolist() == pytest.approx([value])
    assert column in told[0]


def test_every_row_of_the_table_of_units_is_sound():
    for quantity in ("emission", "length", "speed", "temperature", "power", "flow", "area"):
        units = units_of(quantity)
        assert len(units) > 2
        assert all(unit.in_ours(2.0) > unit.in_ours(1.0) > 0 for unit in units.values())
    assert units_of("emission")["g_s"].in_ours(7.0) == 7.0


def test_one_figure_in_two_units_is_an_error(csv):
    path = csv(
        f"lon,lat,{STACK},stack_height_ft,emission_so2_g_s,emission_so2_t_yr,emission_nox_kg_h,"
        "emission_nox_t_yr",
        "69.2,41.3,80,2,10,400,100,1,31.536,1,1",
    )
    assert faults(path) == [
        "columns 'stack_height_m' and 'stack_height_ft' are one figure in two units: leave one",
        "columns 'emission_so2_g_s' and 'emission_so2_t_yr' are one figure in two units: leave one",
        "columns 'emission_nox_kg_h' and 'emission_nox_t_yr' are one figure in two units: leave "
        "one",
    ]


def test_a_unit_that_nobody_knows(csv):
    head = STACK.replace("height_m", "height_yd")
    told = faults(csv(f"lon,lat,{head},emission_so2_st_yr", "69.2,41.3,80,2,10,400,1"))
    assert "'emission_so2_st_yr': unknown unit" in told[0]
    assert told[0].endswith("g_yr, kg_yr, t_yr, kt_yr, lb_yr, short_ton_yr")
    assert any("'stack_height_yd' is in no unit that is known: m, mm" in fault for fault in told)


def test_text_in_a_column_to_be_converted_is_told_with_its_rows(csv):
    head = STACK.replace("_k", "_c")
    rows = [f"69.2,41.3,80;2;10;{t};1".replace(";", ",") for t in ("120", '"120,5"', "hot")]
    assert faults(csv(f"lon,lat,{head},emission_so2_g_s", *rows)) == [
        "column 'exit_temperature_c': '120,5' in rows 2, 3 is not a number: write decimals with a "
        "point"
    ]


def test_a_velocity_from_flow_and_diameter(csv):
    head = "lon,lat,stack_height_m,stack_diameter_m,exit_temperature_k,exit_flow_m3_h"
    path = csv(f"{head},emission_so2_g_s", "69.2,41.3,80,2,400,113097.3,1")
    table, told = read(path)
    assert table.exit_velocity_m_s.tolist() == pytest.approx([10.0], rel=1e-6)
    assert told[1] == "exit_velocity_m_s of 1 stacks from exit_flow_m3_s and the diameter"


def test_a_flow_and_a_velocity_that_contradict_each_other(csv):
    path = csv(f"lon,lat,{STACK},exit_flow_m3_s,emission_so2_g_s", "69.2,41.3,80,2,10,400,99,1")
    assert faults(path) == [
        "columns 'exit_velocity_m_s' and 'exit_flow_m3_s' contradict each other in row 1: by the "
        "diameter the flow leaves at 31.5 m/s, not 10"
    ]
    path = csv(f"lon,lat,{STACK},exit_flow_m3_s,emission_so2_g_s", "69.2,41.3,80,2,10,400,31,1")
    assert read(path)[0].exit_velocity_m_s.tolist() == [10.0]


def test_normal_cubic_metres_are_refused(csv):
    head = "lon,lat,stack_height_m,stack_diameter_m,exit_temperature_k,exit_flow_nm3_h"
    told = faults(csv(f"{head},emission_so2_g_s", "69.2,41.3,80,2,400,1000,1"))
    assert "normal cubic metres are not the volume at the mouth" in told[0]


def test_gaps_are_filled_with_what_is_assumed_and_marked(csv):
    path = csv(
        f"name,lon,lat,source_type,release_height_m,{STACK},emission_so2_g_s",
        "a,69.2,41.3,,,80,2,10,400,1",
        "b,69.2,41.4,point,,,2,10,400,1",
        "c,69.2,41.35,volume,5,,,,,1",
    )
    assumed = {"stack_height_m": 60.0, "exit_velocity_m_s": 5.0, "initial_sigma_y_m": 9.0}
    table, told = read(path, assumed=assumed | {"initial_sigma_z_m": 3.0})
    assert table.stack_height_m.fillna(-1).tolist() == [80, 60, -1]
    assert table.initial_sigma_y_m.fillna(-1).tolist() == [-1, -1, 9]
    assert table.stack_origin.tolist() == ["reported", "assumed", "assumed"]
    assert told == [
        "stacks assumed in 2 of 3 rows: stack_height_m = 60 in row 2, initial_sigma_y_m = 9 in row "
        "3, initial_sigma_z_m = 3 in row 3"
    ]
    assert faults(path, assumed={"initial_sigma_y_m": 9.0, "initial_sigma_z_m": 3.0}) == [
        "column 'stack_height_m': no value in row 2: point sources need it"
    ]


def test_units_of_other_tables(tmp_path):
    import geopandas as gpd

    table = gpd.GeoDataFrame({"area_km2": [2.0]}, geometry=[box(0, 0, 1, 1)], crs=32642)
    with pytest.warns(GeoclusterWarning, match="area_km2"):
        assert in_our_units(table, "zones", "zones.gpkg").table.area_ha.tolist() == [200.0]


def test_a_study_says_it_all_in_its_settings(small_study):
    text = (small_study / "sources.csv").read_text(encoding="utf-8")
    text = (
        text.replace("emission_so2_g_s", "SO2").replace("stack_height_m", "H").replace(",80,", ",,")
    )
    (small_study / "sources.csv").write_bytes(text.encode("cp1251"))
    towns = (small_study / "towns.csv").read_text().replace("name", "gorod")
    (small_study / "towns.csv").write_text(towns)
    toml = (small_study / "study.toml").read_text()
    toml = toml.replace('sources = "sources.csv"\n', "").replace(
        '"towns.csv"', '{ path = "towns.csv", columns = { name = "gorod" } }'
    )
    (small_study / "study.toml").write_text(
        toml
        + """
[inputs.sources]
path = "sources.csv"
encoding = "cp1251"
columns = { stack_height_m = "H", emission_so2_kg_h = "SO2" }
assumed = { stack_height_m = 70 }
"""
    )
    from geocluster.study import read_study

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GeoclusterWarning)
        study = read_study(small_study)
    assert study.sources.name.tolist()[2] == "Plant Ц"
    assert study.sources.stack_height_m.tolist() == [70, 40, 30]
    assert study.sources.stack_origin.tolist() == ["assumed", "reported", "reported"]
    assert study.sources.emission_so2_g_s.tolist() == pytest.approx([200 / 3.6, 20 / 3.6, 5 / 3.6])
    told = " ".join(study.warnings)
    assert "emission_so2_kg_h → emission_so2_g_s (kg/h)" in told
    assert "stack_height_m = 70 in row 1" in told
    assert set(study.homes.name.str.split(",").str[0]) == {"Centre", "Village"}


def test_faults_of_the_settings(small_study):
    toml = (small_study / "study.toml").read_text().replace('sources = "sources.csv"\n', "")
    (small_study / "study.toml").write_text(
        toml
        + """
[inputs.sources]
path = "sources.csv"
encoding = "cp9999"
columns = { stack_height_m = "H", stack_diameter_m = "H" }
header_row = 0
assumed = { stack_height_m = 5000, colour = 1 }
emissions = "nothing.xlsx"
quantity_unit = "kg/yr"
"""
    )
    with pytest.raises(InputError) as error:
        read_settings(small_study)
    told = "\n".join(error.value.faults)
    for words in (
        "encoding = 'cp9999': unknown encoding",
        "'H' is named for stack_height_m, stack_diameter_m",
        "header_row = 0: at least 1",
        "stack_height_m = 5000: at most 1000",
        "colour: unknown key",
        "emissions = 'nothing.xlsx': there is no such file",
    ):
        assert words in told or words.replace("emissions = ", "sources = ") in told


def test_a_shapefile_of_an_agency(tmp_path):
    import geopandas as gpd
    import pyogrio
    from shapely.geometry import Point

    columns = {"Объект": ["Завод № 1", "ТЭЦ"], "H_trub": [80.0, None], "D_mm": [2000, 1500]}
    columns |= {"W": [10.0, 8.0], "T_C": [147.0, 120.0], "SO2_t": [31.536, 0.0]}
    points = [Point(510_000, 4_570_000), Point(511_000, 4_570_000)]
    pyogrio.write_dataframe(
        gpd.GeoDataFrame(columns, geometry=points, crs=32642), tmp_path / "a.shp", encoding="CP1251"
    )
    (tmp_path / "a.cpg").unlink()
    names = {"name": "Объект", "stack_height_m": "H_trub", "stack_diameter_mm": "D_mm"}
    names |= {"exit_velocity_m_s": "W", "exit_temperature_c": "T_C", "emission_so2_t_yr": "SO2_t"}
    table, told = read(
        tmp_path / "a.shp", rename=names, encoding="cp1251", assumed={"stack_height_m": 45.0}
    )
    assert table.name.tolist() == ["Завод № 1", "ТЭЦ"]
    assert table.stack_height_m.tolist() == [80, 45]
    assert table.stack_diameter_m.tolist() == [2, 1.5]
    assert table.exit_temperature_k.tolist() == pytest.approx([420.15, 393.15])
    assert table.emission_so2_g_s.tolist() == pytest.approx([1, 0])
    assert len(told) == 2


def test_boundaries_and_homes_take_the_same_keys(tmp_path):
    import geopandas as gpd

    square = [box(510_000, 4_570_000, 511_000, 4_571_000)]
    file = tmp_path / "homes.gpkg"
    gpd.GeoDataFrame({"Chisl": [7.0], "Tuman": ["A"]}, geometry=square, crs=32642).to_file(file)
    homes = read_homes(file, REGION, rename={"people": "Chisl", "name": "Tuman"})
    assert homes[["name", "people"]].values.tolist() == [["A", 7.0]]
    with pytest.raises(InputError, match=r"'Chsl' is missing .did you mean 'Chisl'"):
        read_homes(file, REGION, rename={"people": "Chsl"})
    assert len(read_boundary(file, rename={"name": "Tuman"}, where={"name": "A"})) == 1
    gpd.GeoDataFrame({"Chisl": [-7.0]}, geometry=square, crs=32642).to_file(file)
    with pytest.raises(TableError, match=r"column 'Chisl' \(people\)"):
        read_homes(file, REGION, rename={"people": "Chisl"})


def test_the_examples_in_the_documentation_are_allowed(root):
    import re
    import tomllib

    text = (root / "docs/input.md").read_text(encoding="utf-8")
    blocks = [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", text, re.S)]
    tables = [
        block["inputs"]["sources"] for block in blocks if "sources" in block.get("inputs", {})
    ]
    tables = [table for table in tables if "columns" in table]
    assert {table["path"] for table in tables} == {"2tp.xlsx", "releases.csv"}
    for table in tables:
        assert SourceFile.model_validate(table).columns == table["columns"]
