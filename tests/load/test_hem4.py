"""HEM4's input workbooks: a real facility, and every type of source."""

import warnings
from pathlib import Path

import openpyxl
import pytest
from shapely.geometry import box

from geocluster.errors import InputError, MendedWarning, TableError
from geocluster.load.hem4 import hem4_table
from geocluster.load.sources import read_sources
from geocluster.region import Region

REGION = Region("Alabama", box(500_000, 3_760_000, 540_000, 3_800_000), "EPSG:32616")
SHORT_TON = 907_184.74 / (365 * 86_400)  # g/s of a ton a year
LOCATIONS = [
    "FacilityID", "SourceID", "LocationType", "Longitude", "Latitude", "UTMzone", "SourceType",
    "Lengthx", "Lengthy", "Angle", "HorzDim", "VertDim", "AreaVolReleaseHgt", "StackHgt_m",
    "StackDiameter_m", "ExitGasVel_m", "ExitGasTemp_K", "Elevation_m", "X2", "Y2", "Method",
    "Massfrac", "Partdiam",
]  # fmt: skip
EMISSIONS = ["FacilityID", "SourceID", "HEM3chem", "SumEmissionTPY", "FractionParticulate"]
STACK = {"StackHgt_m": 30, "StackDiameter_m": 1, "ExitGasVel_m": 9, "ExitGasTemp_K": 350}


@pytest.fixture
def workbooks(tmp_path: Path):
    """Writes both workbooks from mappings, and returns their paths."""

    def write(sites: list[dict], rates: list[tuple]) -> tuple[Path, Path]:
        paths = tmp_path / "emisloc.xlsx", tmp_path / "hapemis.xlsx"
        rows = [[None], LOCATIONS] + [[site.get(name) for name in LOCATIONS] for site in sites]
        for path, content in zip(paths, (rows, [EMISSIONS, *map(list, rates)]), strict=True):
            book = openpyxl.Workbook()
            for row in content:
                book.active.append(row)
            book.save(path)
        return paths

    return write


def site(name: str, kind: str, **more: object) -> dict:
    place = {"LocationType": "L", "Longitude": -86.8, "Latitude": 34.1}
    return {"FacilityID": "7", "SourceID": name, "SourceType": kind} | place | more


def test_the_real_facility(shared):
    folder = shared / "data/sources/hem4_us"
    sources = read_sources(folder / "emisloc.xlsx", REGION, emissions=folder / "hapemis.xlsx")
    one = sources.iloc[0]
    assert len(sources) == 1
    assert one.source_id == "01043110000366247/CEOT0001"
    assert one.stack_height_m == pytest.approx(13.716)  # 45 feet
    assert one.stack_diameter_m == pytest.approx(0.9144)  # 3 feet
    assert one.exit_velocity_m_s == pytest.approx(12.77112)
    assert one.exit_temperature_k == 353.142
    assert one.emission_xylenes_g_s == pytest.approx(15.56 * SHORT_TON)
    assert one.emission_ethylbenzene_g_s == pytest.approx(0.53 * SHORT_TON)
    assert one.emission_toluene_g_s == pytest.approx(0.45 * SHORT_TON)
    there = sources.to_crs(4326).geometry.iloc[0]
    assert (there.x, there.y) == pytest.approx((-86.8421543, 34.1306892))


def test_a_study_of_the_real_facility(shared, small_study):
    folder = shared / "data/sources/hem4_us"
    for name in ("emisloc.xlsx", "hapemis.xlsx"):
        (small_study / name).write_bytes((folder / name).read_bytes())
    toml = (small_study / "study.toml").read_text()
    (small_study / "study.toml").write_text(
        toml.replace('"sources.csv"', '{ path = "emisloc.xlsx", emissions = "hapemis.xlsx" }')
    )
    from geocluster.load.settings import read_settings

    settings = read_settings(small_study)
    assert {"emisloc.xlsx", "hapemis.xlsx"} <= {path.name for path in settings.files()}
    given = settings.inputs.sources
    sources = read_sources(settings.path(given), REGION, **settings.options(given))
    assert len(sources) == 1


def test_every_type_of_source(workbooks):
    utm = {"LocationType": "U", "Longitude": 518_000, "Latitude": 3_773_000, "UTMzone": "16N"}
    sites = [
        site("P1", "P", **STACK), site("H1", "h", **STACK), site("C1", "C", **STACK | utm),
        site("V1", "V", HorzDim=5, VertDim=3, AreaVolReleaseHgt=4),
        site("A1", "A", Lengthx=200, Lengthy=100, Angle=90, VertDim=2, AreaVolReleaseHgt=1, **utm),
        site("N1", "N", Lengthx=12, VertDim=2, AreaVolReleaseHgt=1, X2=-86.79, Y2=34.1),
    ]  # fmt: skip
    rates = [("7", one["SourceID"].lower(), "Benzene", 10 * (i + 1), None) for i, one in
             enumerate(sites)] + [("7", "P1", "Toluene", 1, 0)]  # fmt: skip
    paths = workbooks(sites, rates)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MendedWarning)
        table = read_sources(paths[0], REGION, emissions=paths[1]).set_index("source_id")
    assert table.source_type.tolist() == ["point"] * 3 + ["volume", "area", "line"]
    assert table.stack_direction.tolist()[:3] == ["vertical", "horizontal", "capped"]
    assert table.emission_benzene_g_s.tolist() == pytest.approx(
        [10 * (i + 1) * SHORT_TON for i in range(6)]
    )
    assert table.emission_toluene_g_s.tolist() == pytest.approx([SHORT_TON] + [0] * 5)
    assert table.loc["7/V1", "initial_sigma_y_m"] == 5
    assert table.loc["7/V1", "release_height_m"] == 4
    area = table.loc["7/A1", "geometry"]
    assert area.area == pytest.approx(20_000, rel=1e-6)
    # turned clockwise by a right angle about its south-western corner: x runs south, y east
    assert area.bounds == pytest.approx((518_000, 3_772_800, 518_100, 3_773_000), abs=0.01)
    assert table.loc["7/N1", "width_m"] == 12
    assert table.loc["7/N1", "geometry"].geom_type == "LineString"
    assert table.loc["7/C1", "geometry"].x == pytest.approx(518_000)


def test_elevations_count_where_all_are_given(workbooks):
    sites = [site("a", "P", Elevation_m=200, **STACK), site("b", "P", **STACK)]
    rates = [("7", "A", "Benzene", 1), ("7", "B", "Benzene", 1)]
    assert "ground_m" not in hem4_table(*workbooks(sites, rates))
    sites[1]["Elevation_m"] = 210
    assert hem4_table(*workbooks(sites, rates)).ground_m.tolist() == [200, 210]


def test_every_fault_of_both_workbooks_at_once(workbooks):
    sites = [
        site("a", "I"), site("b", "B"), site("c", "X"), site("d", "P", LocationType="Z"),
        site("e", "P", LocationType="U", UTMzone="99"), site("f", "N", Lengthx=3),
        site("g", "P", Longitude=None), site("g", "P", Latitude=95), site("h", "P", StackHgt_m="x"),
    ]  # fmt: skip
    rates = [("7", name, "Benzene", 1) for name in "abcdefg"]
    rates += [("8", "z", "Benzene", 1), ("7", "a", "Unobtainium", -1), ("7", "b", "Benzene", 2)]
    with pytest.raises(TableError) as error:
        hem4_table(*workbooks(sites, rates))
    told = "\n".join(error.value.faults)
    for words in (
        "SourceType I in row 1 is a polygon, whose corners are in a third workbook",
        "SourceType B in row 2 is a buoyant line",
        "SourceType in row 3: allowed are P, H, C, A, V, N",
        "LocationType in row 4: allowed are L and U",
        "UTMzone in row 5: give 1 to 60",
        "column 'x2': no value in row 6",
        "column 'longitude': no value in row 7",
        "one source stands there twice in rows 7, 8",
        "Longitude or Latitude in row 8 is off the earth",
        "column 'stackhgtm': no number in row 9",
        "hapemis.xlsx: column 'tonsperyear': below 0 in row 9",
        "hapemis.xlsx: one source and pollutant stand there twice in rows 2, 10",
        "hapemis.xlsx: 1 row of a pollutant that is not known: Unobtainium (1)",
        "1 sources (FacilityID/SourceID) are not in emisloc.xlsx: 8/Z",
        "1 sources (FacilityID/SourceID) are not in hapemis.xlsx: 7/H",
    ):
        assert words in told, words


def test_unknown_pollutants_may_be_left_out_with_a_count(workbooks):
    rates = [("7", "a", "Unobtainium", 1), ("7", "a", "Benzene", 1)]
    paths = workbooks([site("a", "P", **STACK)], rates)
    with pytest.warns(
        MendedWarning, match=r"left out, as was asked for, 1 row .*Unobtainium \(1\)"
    ):
        table = hem4_table(*paths, skip_unknown=True)
    assert [name for name in table.columns if name.startswith("emission_")] == [
        "emission_benzene_g_s"
    ]


def test_what_is_no_workbook_of_hem4(workbooks, tmp_path):
    paths = workbooks([site("a", "P", **STACK)], [("7", "a", "Benzene", 1)])
    book = openpyxl.Workbook()
    book.active.append(["name"])
    book.save(tmp_path / "other.xlsx")
    with pytest.raises(InputError, match="no workbook of HEM4: neither its first row nor its"):
        hem4_table(paths[0], tmp_path / "other.xlsx")
    with pytest.raises(TableError, match="column 'pollutant' is missing"):
        hem4_table(paths[0], paths[0])
    with pytest.raises(InputError, match="there is no such file"):
        hem4_table(paths[0], tmp_path / "nothing.xlsx")


def test_nothing_is_said_about_these_workbooks_in_vain(workbooks):
    paths = workbooks([site("a", "P", **STACK)], [("7", "a", "Benzene", 1)])
    with pytest.raises(InputError, match="read as they are: leave out columns, header_row"):
        read_sources(
            paths[0], REGION, emissions=paths[1], rename={"name": "FacilityID"}, header_row=2
        )
