"""study.toml: sound settings are read as written, and every fault is told at once."""

import contextlib
import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from geocluster.errors import SettingsError
from geocluster.load.settings import Settings, limit_sets, read_settings

SMALLEST = """
[region]
name = "Town"
boundary = "boundary.geojson"
[inputs]
weather = "weather.csv"
towns = "towns.csv"
"""
FILES = ("boundary.geojson", "weather.csv", "towns.csv", "land.gpkg", "homes.gpkg")


@pytest.fixture
def study(tmp_path: Path):
    """Writes a study.toml beside files of the names above, and reads it."""
    for name in FILES:
        (tmp_path / name).touch()

    def read(text: str) -> Settings:
        (tmp_path / "study.toml").write_text(text, encoding="utf-8")
        return read_settings(tmp_path)

    read.folder = tmp_path
    return read


def faults(study, text: str) -> list[str]:
    with pytest.raises(SettingsError) as told:
        study(text)
    return told.value.faults


def test_the_smallest_study_has_the_stated_defaults(study, tmp_path):
    settings = study(SMALLEST)
    assert settings.region.name == "Town"
    assert settings.inputs.land == ()
    assert settings.inputs.sources is None
    assert settings.grid.cell_m == 500
    assert settings.weather.valid is True
    assert settings.weather.valid_within_km == 25
    assert settings.plume.model_dump() == {
        "urban": False,
        "reach_m": 50_000,
        "final_rise": True,
        "stack_tip_downwash": True,
        "buoyancy_induced_dispersion": True,
        "low_wind": "keep",
        "method": "hourly",
        "depletion": True,
        "roughness_m": 0.1,
        "deposition": {},
    }
    assert settings.limits() == ["who-2021", "eu-2024-2881"]
    assert settings.siting.weights == {
        "exposure": 0.4,
        "access": 0.25,
        "land": 0.15,
        "partners": 0.2,
    }
    assert settings.folder == tmp_path
    assert settings.path(settings.inputs.weather) == tmp_path / "weather.csv"


def test_the_default_park_leaks_low_and_burns_at_40_m(study):
    fugitive, boiler = study(SMALLEST).park.releases
    assert (fugitive["share"], fugitive["release_height_m"]) == (0.3, 10)
    assert (boiler["share"], boiler["stack_height_m"]) == (0.7, 40)
    assert "stack_height_m" not in fugitive
    assert "release_height_m" not in boiler


def test_the_file_itself_may_be_named_and_start_with_a_bom(tmp_path):
    for name in FILES:
        (tmp_path / name).touch()
    (tmp_path / "other.toml").write_text(SMALLEST, encoding="utf-8-sig")
    assert read_settings(tmp_path / "other.toml").file == tmp_path / "other.toml"


def test_layers_and_systems_go_to_the_reader(study, tmp_path):
    settings = study(
        SMALLEST
        + 'land = ["land.gpkg", {path = "homes.gpkg", layer = "roads", crs = "EPSG:32642"}]'
    )
    plain, chosen = settings.inputs.land
    assert settings.path(plain) == tmp_path / "land.gpkg"
    assert settings.options(plain) == {}
    assert settings.path(chosen) == tmp_path / "homes.gpkg"
    assert settings.options(chosen) == {"layer": "roads", "crs": "EPSG:32642"}
    assert study(SMALLEST + 'land = "land.gpkg"').inputs.land == ("land.gpkg",)


def test_a_boundary_may_be_a_part_of_a_file(study):
    part = '{path = "boundary.geojson", where = {name = "Navoi", level = 1}}'
    settings = study(SMALLEST.replace('"boundary.geojson"', part))
    assert settings.path(settings.region.boundary).name == "boundary.geojson"
    assert settings.options(settings.region.boundary) == {"where": {"name": "Navoi", "level": 1}}


ANYTHING = st.recursive(
    st.integers(-5, 5) | st.booleans() | st.floats() | st.sampled_from(["", "a", "towns.csv"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["path", "name", "share", "x"]), inner, max_size=3)
    ),
    max_leaves=4,
)
KEYS = [
    ("region", "boundary"),
    ("region", "crs"),
    ("inputs", "land"),
    ("inputs", "population"),
    ("weather", "valid_within_km"),
    ("weather", "time_zone"),
    ("plume", "urban"),
    ("exposure", "limits"),
    ("park", "releases"),
    ("siting", "weights"),
]


@given(key=st.sampled_from(KEYS), value=ANYTHING, whole=st.booleans())
@hypothesis_settings(
    deadline=None,
    derandomize=True,
    max_examples=300,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_is_written_is_read_or_told(study, key, value, whole):
    data = tomllib.loads(SMALLEST)
    section, name = key
    if whole:
        data[section] = value
    else:
        data.setdefault(section, {})[name] = value
    with contextlib.suppress(SettingsError):
        study("\n".join(f"{k} = {toml(v)}" for k, v in data.items()))


def toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k} = {toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value)


def test_a_raster_may_say_what_a_pixel_holds(study):
    text = 'population = {path = "people.tif", quantity = "density", nodata = -1}'
    (study.folder / "people.tif").touch()
    settings = study(SMALLEST + text)
    assert settings.path(settings.inputs.population) == study.folder / "people.tif"
    assert settings.options(settings.inputs.population) == {"quantity": "density", "nodata": -1.0}
    (fault,) = faults(study, SMALLEST + text.replace("density", "persons"))
    assert fault == "[inputs.population] quantity = 'persons': allowed is 'count' or 'density'"


def test_a_park_of_ones_own(study):
    text = """
[park]
area_ha = 20
emission_pollutant = "so2"
[[park.releases]]
name = "tall"
stack_height_m = 120
stack_diameter_m = 3
exit_velocity_m_s = 15
exit_temperature_k = 400
stack_direction = "vertical"
"""
    (release,) = study(SMALLEST + text).park.releases
    assert release == {
        "name": "tall",
        "share": 1.0,
        "stack_height_m": 120.0,
        "stack_diameter_m": 3.0,
        "exit_velocity_m_s": 15.0,
        "exit_temperature_k": 400.0,
        "stack_direction": "vertical",
    }


def test_what_a_park_emits_in_either_unit(study):
    text = "[park.emissions]\nnox = 2\n[park.emissions_t_yr]\npm25 = 31.5576\n"
    assert study(SMALLEST + text).park.emissions == pytest.approx({"nox": 2.0, "pm25": 1.0})
    assert study(SMALLEST).park.emissions == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[park.emissions]\npm2_5 = 2", "[park] emissions: unknown pollutant 'pm2_5'; did you"),
        ("[park.emissions]\nco2 = 2", "[park] emissions: co2 is a greenhouse gas"),
        ("[park.emissions]\nnox = 0", "[park.emissions] nox = 0: above 0 is allowed"),
        ("[park.emissions]\nnox = inf", "[park.emissions] nox = inf must be a finite number"),
        ("[park.emissions_t_yr]\nnox = '2'", "[park.emissions_t_yr] nox = '2' must be a number"),
        (
            "[park]\nemissions = {nox = 1}\nemissions_t_yr = {nox = 1}",
            "[park]: nox in emissions and in emissions_t_yr: give one",
        ),
    ],
)
def test_what_a_park_cannot_emit(study, text, words):
    (fault,) = faults(study, SMALLEST + text)
    assert fault.startswith(words)


MORTALITY = "source = 'x'\ndeaths_per_1000 = 9\nshare_of_people = 0.5\n"
MONEY = "source = 'x'\nunit = 'EUR a year'\ngrade = 'read'\nper_person_ug_m3_year = {nox = 3}\n"


@pytest.mark.parametrize("text", [MORTALITY, MONEY])
def test_how_a_park_s_harm_is_weighed(study, text):
    settings = study(f"{SMALLEST}[park.emissions]\nnox = 1\n[park.harm]\n{text}")
    assert settings.park.harm.source == "x"
    assert study(SMALLEST).park.harm is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (MORTALITY + "unit = 'EUR'", "deaths_per_1000 and unit in one"),
        ("source = 'x'\ndeaths_per_1000 = 9", "deaths_per_1000 also needs share_of_people"),
        ("source = 'x'\nunit = 'EUR'", "unit also needs per_person_ug_m3_year, grade"),
        ("source = 'x'", "give deaths_per_1000 and share_of_people, or unit"),
    ],
)
def test_what_cannot_weigh_a_park(study, text, words):
    (fault,) = faults(study, f"{SMALLEST}[park.emissions]\nnox = 1\n[park.harm]\n{text}")
    assert words in fault
    (fault,) = faults(study, f"{SMALLEST}[park.harm]\n{MORTALITY}")
    assert "give emissions too" in fault


@pytest.mark.parametrize(("written", "read"), [("false", None), ("inf", None), ("40", 40.0)])
def test_the_check_of_distance_can_be_turned_off(study, written, read):
    text = f"{SMALLEST}[weather]\nvalid_within_km = {written}\n"
    assert study(text).weather.valid_within_km == read


def test_every_fault_is_told_at_once(study):
    told = faults(
        study,
        """
[region]
nam = "Town"
boundary = "boundery.geojson"
[inputs]
sources = 3
land = ["land.gpkg", {path = "land.gpkg", laier = "x"}]
[grid]
cell_km = 0.5
[plume]
urban = "sometimes"
[exposure]
limits = ["who-2012"]
[park]
emission_pollutant = "xyz"
area_ha = "large"
[[park.releases]]
stack_height_m = 40
[siting]
max_sites = 1.5
[siting.weights]
exposure = -1
[gird]
""",
    )
    expected = [
        "[region] name is missing: add it",
        "[region] nam: unknown key; did you mean 'name'?",
        "[region] boundary = 'boundery.geojson': there is no such file; there is boundary.geojson",
        "[inputs] weather is missing: add it",
        "[inputs] sources = 3 must be text in quotes",
        "[[inputs.land]] no. 2, laier: unknown key; did you mean 'layer'?",
        "[grid] cell_km: unknown unit; write cell_m",
        "[plume] urban = 'sometimes': allowed are true, false, 'by source' and 'auer'",
        "[exposure] limits = 'who-2012': unknown set of limits; did you mean 'who-2021'?",
        "[park] emission_pollutant = 'xyz': unknown pollutant; known are so2, nox",
        "[park] area_ha = 'large' must be a number",
        "[[park.releases]] no. 1: a stack also needs stack_diameter_m, exit_velocity_m_s",
        "[siting] max_sites = 1.5 must be a whole number",
        "[siting.weights] exposure = -1: at least 0 is allowed",
        "[siting.weights] access is missing: add it",
        "[siting.weights] land is missing: add it",
        "[siting.weights] partners is missing: add it",
        "[gird]: unknown key; did you mean 'grid'?",
    ]
    for words in expected:
        assert any(fault.startswith(words) for fault in told), words
    assert len(told) == len(expected)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[grid]\ncell_m = 5", "[grid] cell_m = 5: at least 10 is allowed"),
        ("[grid]\ncell_m = nan", "[grid] cell_m = nan must be a finite number"),
        ("[grid]\ncell_m = true", "[grid] cell_m = true must be a number"),
        ("[grid]\ncell_m = '500'", "[grid] cell_m = '500' must be a number"),
        ("grid = 500", "[inputs] grid: unknown key"),
        ("[weather]\nvalid = 1", "[weather] valid = 1 must be true or false"),
        ("[weather]\nvalid_within_km = 0", "allowed is a distance above 0, or false"),
        ("[weather]\nvalid_within_km = true", "allowed is a distance above 0, or false"),
        ("[weather]\nlatitude = 91", "[weather] latitude = 91: at most 90 is allowed"),
        ("[weather]\ntime_zone = 'Asia/Taschkent'", "'Asia/Taschkent': unknown time zone"),
        ("[weather]\ntime_zone = 99", "time_zone = 99: hours east of UTC, -12 to 14"),
        ("[plume]\nurban = 'true'", "urban = 'true': allowed are true, false"),
        ("[plume]\nreach_m = -1", "[plume] reach_m = -1: at least 100 is allowed"),
        ("dem = 'weather.csv'\n[plume]\nmethod = 'tables'", "'tables' knows no terrain: write"),
        (
            "[plume]\nmethod = 'tables'\n[plume.deposition.so2]\nvelocity_m_s = 0.005",
            "'tables' knows no deposition: write 'hourly'",
        ),
        ("[plume]\nmethod = 'table'", "[plume] method = 'table': "),
        ("[park]\nreleases = []", "no release: leave the key out"),
        ("[park]\narea_ha = 0", "[park] area_ha = 0: above 0 is allowed"),
        ("[exposure]\nlimits = [3]", "[[exposure.limits]] no. 1 = 3 must be text in quotes"),
        ("[siting]\nrules = 'rules.csv'", "[siting] rules = 'rules.csv': there is no such file"),
        ("[siting.weights]\nexposure=0\naccess=0\nland=0\npartners=0", "all weights are 0"),
    ],
)
def test_each_fault_names_key_value_and_what_is_allowed(study, text, words):
    (fault,) = faults(study, SMALLEST + text)
    assert words in fault


STACK = "stack_height_m=40\nstack_diameter_m=1\nexit_velocity_m_s=10\nexit_temperature_k=400\n"
VOLUME = "release_height_m=10\ninitial_sigma_y_m=20\ninitial_sigma_z_m=9\n"


@pytest.mark.parametrize(
    ("releases", "words"),
    [
        ([STACK + VOLUME], "a stack (stack_height_m) and a volume (release_height_m) in one"),
        ([""], "no way out: give a stack"),
        ([VOLUME.replace("initial_sigma_y_m=20\n", "")], "a volume also needs initial_sigma_y_m"),
        (
            ["name='a'\nshare=0.5\n" + STACK, "name='b'\nshare=0.6\n" + VOLUME],
            "the shares sum to 1.1: they must sum to 1",
        ),
        (["name='a'\n" + STACK, "name='b'\nshare=0.5\n" + VOLUME], "no share for a"),
        (["name='a'\nshare=0.5\n" + STACK] * 2, "the names a, a are not different"),
        (["share=0.0\n" + STACK], "share = 0.0: above 0 is allowed"),
        (["stack_height_m=4000\n" + STACK.partition("\n")[2]], "at most 1000 is allowed"),
        ([STACK + "stack_hight_m=4\n"], "stack_hight_m: unknown key; did you mean"),
        ([STACK + "colour='red'\n"], "colour: unknown key; known are name, share"),
    ],
)
def test_a_release_is_a_whole_stack_or_a_whole_volume(study, releases, words):
    text = "".join(f"[[park.releases]]\n{release}" for release in releases)
    told = faults(study, SMALLEST + text)
    assert any(words in fault for fault in told), told


def test_nobody_lives_here(study):
    (fault,) = faults(study, SMALLEST.replace("towns =", "places ="))
    assert fault == "[inputs]: nobody lives here: give homes, towns or population"


@pytest.mark.parametrize(
    ("crs", "words"),
    [("EPSG:4326", "not metric"), ("EPSG:1", "not a reference system that PROJ knows")],
)
def test_the_system_of_the_region_is_checked(study, crs, words):
    (fault,) = faults(study, SMALLEST.replace("[inputs]", f'crs = "{crs}"\n[inputs]'))
    assert fault.startswith("[region] crs = ")
    assert words in fault


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[region\nname = 1",
            "broken TOML: Expected ']' at the end of a table declaration (at line 1",
        ),
        ("[region]\nname = Town", "(at line 2, column 8)"),
        ("[region]\nname = 'a'\nname = 'b'", "Cannot overwrite a value (at line 3, the end of the"),
        ("[a]\nb = ", "Invalid value (at line 2, the end of the file)"),
        ('[region]\nboundary = "data\\map.shp"', "write paths with / instead of \\"),
    ],
)
def test_broken_toml_is_told_with_line_and_column(study, text, words):
    (fault,) = faults(study, text)
    assert words in fault


def test_a_backslash_that_became_a_line_break(study):
    told = faults(study, SMALLEST.replace("boundary.geojson", "maps\\new.shp"))
    assert told == [
        "[region] boundary = 'maps\\new.shp' holds a control character: "
        "write paths with / instead of \\"
    ]


def test_a_file_that_is_not_utf8(tmp_path):
    (tmp_path / "study.toml").write_bytes("[region]\nname = 'Ташкент'".encode("cp1251"))
    with pytest.raises(SettingsError, match="save it as UTF-8"):
        read_settings(tmp_path)


def test_no_study_at_all(tmp_path):
    with pytest.raises(SettingsError, match="there is no such file"):
        read_settings(tmp_path)
    with pytest.raises(SettingsError, match="there is no such file"):
        read_settings(tmp_path / "nowhere")


def test_every_missing_file_is_told(study, tmp_path):
    (tmp_path / "maps").mkdir()
    told = faults(
        study,
        SMALLEST
        + 'osm = "https://example.org/a.osm.pbf"\n'
        + 'land = ["forest.shp", "maps"]\nplants = "plants.csv"',
    )
    assert [fault.partition(" = ")[2] for fault in told] == [
        "'plants.csv': there is no such file",
        "'forest.shp': there is no such file",
        "'maps' is a folder: name the file in it",
        "'https://example.org/a.osm.pbf' is an address: download the file into the study's folder",
    ]


def test_a_path_that_no_system_takes(study):
    (fault,) = faults(study, f'{SMALLEST}plants = "{"a" * 300}"')
    assert fault.endswith("there is no such file")


def test_limits_of_ones_own_lie_beside_the_study(study, tmp_path):
    (tmp_path / "city.toml").touch()
    settings = study(SMALLEST + '[exposure]\nlimits = ["who-2021", "city.toml"]')
    assert settings.limits() == ["who-2021", tmp_path / "city.toml"]
    assert {"who-2021", "eu-2024-2881"} <= set(limit_sets())


def test_settings_cannot_be_changed(study):
    settings = study(SMALLEST)
    with pytest.raises(ValueError, match="frozen"):
        settings.grid.cell_m = 100


def test_an_empty_section_is_its_defaults(study):
    assert study(SMALLEST + "[grid]\n[park]\n").grid.cell_m == 500


@pytest.mark.parametrize("name", ["tashkent", "navoi", "andijan", "bukhara"])
def test_the_default_regions_are_sound(root, name):
    settings = read_settings(root / "data" / "regions" / name)
    assert sum(release["share"] for release in settings.park.releases) == pytest.approx(1)
