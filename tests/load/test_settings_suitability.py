"""What study.toml says of suitable land: hazard class, land cover, mode."""

import pytest

from geocluster.errors import SettingsError
from geocluster.load.settings import read_settings

SMALLEST = """
[region]
name = "Town"
boundary = "boundary.geojson"
[inputs]
weather = "weather.csv"
towns = "towns.csv"
"""


@pytest.fixture
def study(tmp_path):
    for name in ("boundary.geojson", "weather.csv", "towns.csv", "a.tif", "b.tif", "codes.csv"):
        (tmp_path / name).touch()

    def read(text):
        (tmp_path / "study.toml").write_text(SMALLEST + text, encoding="utf-8")
        return read_settings(tmp_path)

    read.folder = tmp_path
    return read


def faults(study, text):
    with pytest.raises(SettingsError) as told:
        study(text)
    return told.value.faults


def test_the_protection_zone_follows_the_hazard_class(study):
    assert study("").park.protection_zone_m == 500
    assert study("").park.hazard_class is None
    assert study('[park]\nhazard_class = "I"').park.protection_zone_m == 1000
    agreed = study('[park]\nhazard_class = "III"\nprotection_zone_m = 300').park
    assert (agreed.hazard_class, agreed.protection_zone_m) == ("III", 300)
    assert study("[park]\nprotection_zone_m = 350").park.protection_zone_m == 350


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            'hazard_class = "I"\nprotection_zone_m = 500',
            "[park]: hazard_class = 'I' has a protection zone of 1000 m, but protection_zone_m = "
            "500: leave one of the two out",
        ),
        ('hazard_class = "VI"', "[park] hazard_class = 'VI': allowed is"),
        ("hazard_class = 2", "[park] hazard_class = 2: allowed is"),
        ('accident_class = "V"', "[park] accident_class = 'V': allowed is"),
        ('hazard_class = "I"\nprotection_zone_m = "1 km"', "[park] protection_zone_m = '1 km'"),
    ],
)
def test_classes_that_cannot_be(study, text, words):
    (fault,) = faults(study, f"[park]\n{text}")
    assert fault.startswith(words)


def test_the_mode_of_distances(study):
    assert study("").siting.mode == "exact"
    assert study('[siting]\nmode = "fast"').siting.mode == "fast"
    (fault,) = faults(study, '[siting]\nmode = "quick"')
    assert fault == "[siting] mode = 'quick': allowed is 'exact' or 'fast'"


def test_land_cover_is_a_file_several_or_a_table(study):
    one = study('land_cover = "a.tif"')
    assert one.inputs.land_cover.path == ("a.tif",)
    assert study('land_cover = ["a.tif", "b.tif"]').inputs.land_cover.path == ("a.tif", "b.tif")
    table = study('land_cover = { path = "a.tif", codes = "codes.csv", kinds = { 40 = "water" } }')
    assert table.options(table.inputs.land_cover) == {
        "codes": study.folder / "codes.csv",
        "kinds": {"40": "water"},
    }
    assert {path.name for path in table.files()} >= {"a.tif", "codes.csv"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('"c.tif"', "[inputs] land_cover = 'c.tif': there is no such file"),
        ('["a.tif", "c.tif"]', "[inputs] land_cover = 'c.tif': there is no such file"),
        ('{ path = "a.tif", codes = "cods.csv" }', "[inputs] land_cover = 'cods.csv': there is no"),
        (
            '{ path = "a.tif", codes = "codes.csv", scheme = "cci" }',
            "[inputs] land_cover: scheme and codes exclude each other",
        ),
        ("[]", "[inputs.land_cover] path"),
        ("5", "[inputs] land_cover = 5 must be"),
    ],
)
def test_land_cover_that_cannot_be(study, text, words):
    told = faults(study, f"land_cover = {text}")
    assert told[0].startswith(words), told
