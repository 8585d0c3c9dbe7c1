"""Limits are data: complete, graded, and open to sets of one's own."""

import pytest

from geocluster.errors import InputError
from geocluster.exposure.limits import GRADES, known_limits, read_limits, why_not_answerable

OWN = """
set = "own"
name = "Our own"
source = "a decree"
date = "2026"

[[limit]]
pollutant = "so2"
averaging = "1y"
statistic = "mean"
value_ug_m3 = 12
grade = "read"
"""


def test_every_value_has_its_source_averaging_date_and_grade():
    table = read_limits(known_limits())
    assert table["limit_id"].is_unique
    for column in ("source", "averaging", "date", "set_name", "pollutant"):
        assert (table[column] != "").all()
    assert set(table["grade"]) <= set(GRADES)
    assert (table["value_ug_m3"] > 0).all()


@pytest.mark.parametrize(
    ("limit_id", "value", "grade"),
    [
        ("who-2021_pm25_1y", 5, "read"),
        ("who-2021_so2_24h", 40, "read"),
        ("who-2021_no2_1h", 200, "known"),
        ("who-2021-interim_pm25_24h_it3", 37.5, "read"),
        ("eu-2024-2881_so2_1y", 20, "known"),
        ("eu-2024-2881_no2_1y", 20, "read"),
        ("eu-2008-50_so2_1h", 350, "read"),
        ("uz-mac_so2_1y", 50, "known"),
        ("uz-mac_pm25_notstated", 35, "read"),
        ("ru-2021_no2_24h", 100, "read"),
    ],
)
def test_values_as_published(limit_id, value, grade):
    row = read_limits(known_limits()).set_index("limit_id").loc[limit_id]
    assert (row["value_ug_m3"], row["grade"]) == (value, grade)


def test_values_in_ppb_are_converted_at_25_degrees():
    table = read_limits("us-naaqs").set_index("limit_id")
    litres = 24.465
    assert table.loc["us-naaqs_no2_1y", "value_ug_m3"] == pytest.approx(
        53 * 46.0055 / litres, rel=2e-3
    )
    assert table.loc["us-naaqs_so2_1h", "value_ug_m3"] == pytest.approx(
        75 * 64.066 / litres, rel=3e-3
    )
    assert table.loc["us-naaqs_co_8h", "value_ug_m3"] == pytest.approx(
        9000 * 28.01 / litres, rel=3e-3
    )


def test_there_is_no_annual_value_for_so2_of_the_who():
    table = read_limits("who-2021")
    assert not ((table["pollutant"] == "so2") & (table["averaging"] == "1y")).any()


def test_an_unknown_set_names_the_known_ones():
    with pytest.raises(InputError, match="known are eu-2008-50, eu-2024-2881"):
        read_limits("who-2020")


def test_a_file_of_ones_own_adds_and_overrides(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text(OWN)
    assert read_limits(["eu-2024-2881", own])["limit_id"].iloc[-1] == "own_so2_1y"
    own.write_text(OWN.replace('"own"', '"eu-2024-2881"'))
    both = read_limits(["eu-2024-2881", str(own)]).set_index("limit_id")
    assert both.loc["eu-2024-2881_so2_1y", "value_ug_m3"] == 12
    assert len(both) == len(read_limits("eu-2024-2881"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("value_ug_m3 = 12", "value_ug_m3 = -1"), "value_ug_m3 is -1"),
        (("value_ug_m3 = 12", ""), "value_ug_m3 is None"),
        (('grade = "read"', 'grade = "sure"'), "allowed are read, derived, known"),
        (('averaging = "1y"', ""), "key 'averaging' is missing"),
        (('source = "a decree"', ""), "key 'source' is missing"),
        (('pollutant = "so2"', 'pollutnat = "so2"'), "unknown key 'pollutnat'"),
        (("[[limit]]", "[limit]"), r"tables \[\[limit\]\]"),
        (('date = "2026"', "date = 2026"), "date is 2026: text is needed"),
        (("[[limit]]", "[[limit"), "broken TOML"),
    ],
)
def test_faults_of_a_file_are_told(tmp_path, change, message):
    own = tmp_path / "own.toml"
    own.write_text(OWN.replace(*change))
    with pytest.raises(InputError, match=message):
        read_limits(own)


def test_a_missing_file_and_a_limit_given_twice(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_limits(tmp_path / "none.toml")
    own = tmp_path / "own.toml"
    own.write_text(OWN + OWN[OWN.index("[[limit]]") :])
    with pytest.raises(InputError, match="twice in it: own_so2_1y"):
        read_limits(own)


def test_what_cannot_be_answered_says_why():
    table = read_limits(["who-2021", "uz-mac"]).set_index("limit_id")
    pollutants, statistics = ["so2", "co"], ["mean"]
    assert why_not_answerable(table.loc["uz-mac_so2_1y"], pollutants, statistics) == ""
    assert "p99_24h" in why_not_answerable(table.loc["who-2021_so2_24h"], pollutants, statistics)
    assert "pm25" in why_not_answerable(table.loc["who-2021_pm25_1y"], pollutants, statistics)
    unstated = table.loc["uz-mac_co_notstated"]
    assert "does not state" in why_not_answerable(unstated, pollutants, statistics)
