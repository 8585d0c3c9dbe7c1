"""Nominatim, Open-Meteo and NOAA: their answers, and what else may come instead."""

import contextlib
import gzip
import json
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback_services import Reply, hours, places

from geocluster.errors import FetchError, InputError
from geocluster.load.isd_lite import fetch_observations
from geocluster.load.nominatim import find_place
from geocluster.load.online import Answer
from geocluster.load.online_faults import PassingError
from geocluster.load.open_meteo import fetch_hours
from geocluster.load.weather import read_weather

KEYS = (
    "hourly", "hourly_units", "time", "wind_speed_10m", "wind_direction_10m", "temperature_2m",
    "utc_offset_seconds", "geojson", "type", "coordinates", "display_name", "address", "error",
)  # fmt: skip


def find(client, services, text="Navoi, Uzbekistan"):
    return find_place(client, text, url=services.url)


def test_the_first_area_is_the_place(client, services):
    place = find(client, services)
    assert (place.name, place.osm_id, place.country) == ("Navoi", "relation/196231", "uz")
    assert place.boundary.bounds == (65.30, 40.05, 65.44, 40.15)
    assert place.others == ()
    assert services.asked[-1][2]["polygon_geojson"] == "1"


def test_other_areas_of_that_name_are_told(client, services):
    assert find(client, services, "Navoi").others == ("Navoi, elsewhere",)


def test_no_such_place(client, services):
    with pytest.raises(FetchError, match="'Nowhere': Nominatim knows no such place"):
        find(client, services, "Nowhere")
    assert list(client.folder.iterdir()) == []


def test_a_place_without_a_boundary_gives_a_box_to_go_on_with(client, services):
    with pytest.raises(FetchError, match=r"--bbox 65.22,39.95,65.52,40.25"):
        find(client, services, "Navoi station")


@pytest.mark.parametrize(
    "body",
    ["<html><body>Bandwidth limit exceeded</body></html>", '{"error": "Bandwidth limit"}', "[3]"],
)
def test_what_is_no_list_of_places(client, services, body):
    services.script("/search", Reply(body))
    with pytest.raises(FetchError, match="something else than a list of places"):
        find(client, services)


def test_a_list_cut_off_is_asked_for_again(client, services):
    services.script("/search", Reply('[{"name": "Nav'))
    assert find(client, services).name == "Navoi"
    assert services.count("/search") == 2


@pytest.fixture
def weather(client, services, tmp_path):
    def fetch(year=2025, **options):
        path = tmp_path / "weather.csv"
        return fetch_hours(client, 65.37, 40.1, year, path, url=services.url, **options)

    return fetch


def test_a_year_of_hours_is_read_as_it_was_sent(weather, services):
    fetched = weather()
    assert (fetched.hours, fetched.missing) == (8760, ())
    asked = services.asked[-1][2]
    assert (asked["wind_speed_unit"], asked["timezone"]) == ("ms", "UTC")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = read_weather(fetched.path)
    sent = hours(asked)["hourly"]
    assert read.sizes["hour"] == 8760
    np.testing.assert_allclose(read["wind_speed_m_s"], sent["wind_speed_10m"], atol=0.006)
    np.testing.assert_allclose(read["temperature_k"] - 273.15, sent["temperature_2m"], atol=0.06)
    # Labelled by its end there, by its start here; by the sun 4 hours ahead of UTC.
    assert str(read["time"].values[0]) == "2025-01-01T03:00:00.000000000"
    assert read.attrs["time_zone"] == 4
    assert read.attrs["latitude"] == 40.1


def test_the_time_zone_can_be_told(weather):
    assert "# time_zone: 5\n" in weather(time_zone=5.0).path.read_text()


def test_a_leap_year(weather):
    assert weather(2024).hours == 8784


def mended(services, change):
    """An answer of the archive with something changed in it."""

    def reply():
        content = hours(
            {
                "start_date": "2025-01-01",
                "end_date": "2025-12-31",
                "wind_speed_unit": "ms",
                "hourly": "wind_speed_10m,wind_direction_10m,temperature_2m,cloud_cover,"
                "shortwave_radiation,boundary_layer_height",
            }
        )
        change(content)
        return Reply(json.dumps(content))

    services.script("/v1/archive", reply())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda c: c["hourly_units"].update(wind_speed_10m="km/h"),
            "comes in 'km/h', not in 'm/s'",
        ),
        (lambda c: c["hourly"]["wind_speed_10m"].pop(), "of another length"),
        (lambda c: c["hourly"].pop("temperature_2m"), "'temperature_2m' is missing"),
        (lambda c: c["hourly"]["cloud_cover"].__setitem__(5, "thick"), "other than numbers"),
        (lambda c: c.update(utc_offset_seconds=18000), "not in UTC"),
        (lambda c: c.pop("hourly"), "something else than hours"),
        (lambda c: c["hourly"].update(time=[]), "without a single hour"),
        (lambda c: c["hourly"].update(wind_speed_10m=[None] * 8760), "only 0 hours of 2025"),
        (lambda c: c["hourly"]["time"].__setitem__(0, "noon"), "times that cannot be read"),
    ],
)
def test_what_is_no_weather(weather, services, tmp_path, change, words):
    mended(services, change)
    with pytest.raises(FetchError, match=words):
        weather()
    assert not (tmp_path / "weather.csv").exists()


def test_a_column_without_values_is_left_out_and_told(weather, services):
    mended(services, lambda c: c["hourly"].update(boundary_layer_height=[None] * 8760))
    fetched = weather()
    assert fetched.missing == ("mixing_height_m",)
    assert "mixing_height_m" not in fetched.path.read_text().splitlines()[5]


def test_a_reason_in_json_is_told(weather, services):
    services.script("/v1/archive", Reply('{"error": true, "reason": "Daily API limit"}', 400))
    with pytest.raises(FetchError, match="Daily API limit"):
        weather()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
        ),
        max_leaves=12,
    )
)
@settings(derandomize=True, deadline=None, max_examples=60)
def test_whatever_json_comes_is_an_answer_or_an_error_of_ours(content):
    class Served:
        """A client that has just this answer."""

        def get(self, *args, check, **options):
            check(path)
            return Answer(path, "2026-03-01", "", from_cache=False)

        def forgetting(self, answer):
            return contextlib.nullcontext()

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "answer")
        path.write_text(json.dumps(content))
        for ask in (
            lambda: find_place(Served(), "Navoi"),
            lambda: fetch_hours(Served(), 65.0, 40.0, 2025, Path(folder, "weather.csv")),
        ):
            with contextlib.suppress(InputError, PassingError):
                ask()


def test_what_a_terminal_would_obey_does_not_come_through(client, services):
    name = "Navoi\x1b]0;owned\x07\x1b[2J, Uzbekistan"
    services.script("/search", Reply(json.dumps([{**places("Navoi")[0], "display_name": name}])))
    assert find(client, services).full_name == "Navoi ]0;owned [2J, Uzbekistan"


HISTORY = (
    '"USAF","WBAN","STATION NAME","CTRY","STATE","ICAO","LAT","LON","ELEV(M)","BEGIN","END"\n'
    '"386960","99999","NAVOI","UZ","","UTSA","+40.117","+065.171","+0341.0","19320101","20251231"\n'
    '"999999","00001","ONE","US","","","+1.0","+1.0","","",""\n'
    '"999999","00002","TWO","US","","","","","","",""\n'
)
STATION = "/noaa/isd-lite/2025/386960-99999-2025.gz"


def isd_lines():
    times = pd.date_range("2025-01-01", "2025-12-31 23:00", freq="3h")
    return "".join(
        f"{t:%Y %m %d %H} {-50 + i % 200:5d} {-9999:5d} {10203:5d} {i * 10 % 360:5d} "
        f"{20 + i % 50 if i % 100 else -9999:5d} {i % 10 if i % 7 else -9999:5d} {0:5d} {0:5d}\n"
        for i, t in enumerate(times)
    )


@pytest.fixture
def noaa(services):
    services.files["/noaa/isd-history.csv"] = HISTORY.encode()
    services.files[STATION] = gzip.compress(isd_lines().encode())
    return services


def observe(client, noaa, folder, station="386960-99999"):
    return fetch_observations(client, station, 2025, folder / "weather.csv", url=noaa.url + "/noaa")


@pytest.mark.parametrize("number", ["386960-99999", "38696099999", "386960"])
def test_a_station_is_read(client, noaa, tmp_path, number):
    seen = observe(client, noaa, tmp_path, number)
    assert (seen.station.name, seen.station.longitude) == ("NAVOI", 65.171)
    assert seen.hours == 2890
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = read_weather(tmp_path / "weather.csv")
    assert read.attrs["latitude"] == 40.117
    first = read.isel(hour=0)
    assert float(first["wind_speed_m_s"]) == 2.1
    assert float(first["wind_from_deg"]) == 10
    assert float(first["temperature_k"]) == pytest.approx(273.15 - 4.9)


@pytest.mark.parametrize(
    ("station", "words"),
    [
        ("123456", "no such station"),
        ("999999", "2 stations have it: 999999-00001, 999999-00002"),
        ("999999-00002", "without a place"),
        ("Navoi", "USAF and WBAN"),
    ],
)
def test_stations_that_cannot_be_read(client, noaa, tmp_path, station, words):
    with pytest.raises(InputError, match=words):
        observe(client, noaa, tmp_path, station)


def test_a_station_without_that_year(client, noaa, tmp_path):
    del noaa.files[STATION]
    with pytest.raises(FetchError, match="nothing at this address"):
        observe(client, noaa, tmp_path)


def test_a_station_file_that_is_broken(client, noaa, tmp_path):
    noaa.files[STATION] = noaa.files[STATION][:900]
    with pytest.raises(FetchError, match="cannot be unpacked"):
        observe(client, noaa, tmp_path)
    assert not (tmp_path / "weather.csv").exists()


def test_a_station_with_too_few_hours(client, noaa, tmp_path):
    noaa.files[STATION] = gzip.compress("".join(isd_lines().splitlines(True)[:500]).encode())
    with pytest.raises(InputError, match="only 495 hours in 2025"):
        observe(client, noaa, tmp_path)
