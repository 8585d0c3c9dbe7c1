"""EPW and hourly CSV: units, gaps, faults, and the real files beside the project."""

import warnings

import numpy as np
import pytest

from geocluster.errors import GeoclusterError, InputError, MendedWarning, TableError
from geocluster.load.weather import read_weather
from geocluster.tables import check_weather

PLACE = {"latitude": 41.2995, "longitude": 69.2401, "time_zone": 5}


@pytest.fixture
def csv(tmp_path):
    def write(text, name="weather.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def hours(head, row, count=3, start=0):
    lines = [f"2026-01-01 {start + hour:02d}:00,{row}" for hour in range(count)]
    return "\n".join([f"datetime,{head}", *lines]) + "\n"


GOOD = "wind_speed_m_s,wind_from_deg,temperature_k,stability"


@pytest.mark.parametrize(
    ("head", "row"),
    [
        (GOOD, "2.5,45,283.15,D"),
        ("wind_speed_kmh,wind_direction_10m,temperature_c,stability", "9.0,45,10,4"),
        ("ws_ms,wind_dir_from,temperature_2m,stab", "2.5,45,10,4"),
        ("wind_speed_10m (km/h),wind_direction_10m (°),temperature_2m (°C),stability", "9,45,10,d"),
        ("wind_speed_kn,wind_direction,temperature_f,stability", "4.8596,45,50,D"),
        ("wind_speed_mph,wind_dir,temp_k,stability_class", "5.5923,45,283.15,D"),
    ],
)
def test_units_are_read_from_the_names(csv, head, row):
    weather = read_weather(csv(hours(head, row)))
    check_weather(weather)
    assert weather["wind_speed_m_s"].values == pytest.approx(2.5, abs=1e-3)
    assert weather["wind_from_deg"].values.tolist() == [45] * 3
    assert weather["temperature_k"].values == pytest.approx(283.15)
    assert weather["stability"].values.tolist() == [4] * 3
    assert weather["mixing_height_m"].values.tolist() == [800] * 3


def test_semicolons_decimal_commas_and_a_byte_order_mark(csv):
    text = "\ufefftime;wind_speed_m_s;wind_from_deg;temperature_c;stability\n"
    text += "2026-01-01 00:00;2,5;45;-1,5;7\n"
    weather = read_weather(csv(text))
    assert weather["wind_speed_m_s"].item() == 2.5
    assert weather["temperature_k"].item() == pytest.approx(271.65)
    assert weather["stability"].item() == 6, "G counts as F"


@pytest.mark.parametrize(
    ("name", "unit"),
    [("wind_speed_10m", "wind_speed_kmh"), ("wind_speed", "wind_speed_m_s"), ("ws", "mph")],
)
def test_a_wind_without_a_unit_is_an_error_that_names_it(csv, name, unit):
    with pytest.raises(TableError, match=f"'{name}' does not say its unit.*{unit}"):
        read_weather(csv(hours(f"{name},wind_from_deg,temperature_c,stability", "9,45,10,D")))


def test_a_temperature_without_a_unit_is_an_error(csv):
    with pytest.raises(TableError, match="'temperature' does not say its unit"):
        read_weather(csv(hours("wind_speed_m_s,wind_from_deg,temperature,stability", "9,4,10,D")))


def test_two_columns_of_one_quantity_must_agree(csv):
    head = "wind_speed_kmh,ws_ms,wind_from_deg,temperature_c,stability"
    assert read_weather(csv(hours(head, "3.9,1.08,0,10,D")))["wind_speed_m_s"][0] == 3.9 / 3.6
    with pytest.raises(TableError, match="'wind_speed_kmh' and 'ws_ms' do not say the same"):
        read_weather(csv(hours(head, "3.9,3.9,0,10,D")))


def test_every_fault_at_once_with_its_rows(csv):
    text = f"datetime,{GOOD}\n"
    text += "2026-01-01 00:00,80,45,283,D\n2026-01-01 01:00,2,400,283,Z\n"
    text += "2026-01-01 02:00,-1,45,abc,D\nyesterday,2,45,10,D\n2026-01-01 04:00,nan,45,283,D\n"
    with pytest.raises(TableError) as error:
        read_weather(csv(text))
    message = str(error.value)
    assert "'wind_speed_m_s': 80 in rows 1, 3: 0 to 75 m/s is allowed" in message
    assert "'wind_speed_m_s': 'nan' in row 5 is not a number" in message
    assert "'wind_from_deg': 400 in row 2: 0 to 360 degrees is allowed" in message
    assert "'temperature_k': 'abc' in row 3 is not a number" in message
    assert "'temperature_k': 10 in row 4: 180 to 340 K is allowed" in message
    assert "'stability': 'Z' in row 2 is not A to G or 1 to 7" in message
    assert "'datetime': no time can be read in row 4" in message
    assert len(error.value.faults) == 7


def test_missing_columns_are_all_named(csv):
    with pytest.raises(TableError) as error:
        read_weather(csv("a,b\n1,2\n"))
    named = ("wind_speed_m_s", "wind_from_deg", "temperature_k", "datetime")
    assert all(f"'{name}' is missing" in str(error.value) for name in named)


@pytest.mark.parametrize("text", ["", "\n\n", "datetime,wind_speed_m_s\n", "# only: a head\n"])
def test_an_empty_file_is_an_error(csv, text):
    with pytest.raises(InputError, match="no row of data"):
        read_weather(csv(text))


def test_a_missing_file_and_a_binary_one(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_weather(tmp_path / "none.epw")
    (tmp_path / "weather.csv").write_bytes(b"PK\x03\x04\x00\x00")
    with pytest.raises(InputError, match="no text"):
        read_weather(tmp_path / "weather.csv")


def test_missing_hours_are_named_and_left_out(csv):
    text = hours(GOOD, "2.5,45,283,D", 3) + "2026-01-01 07:00,2.5,45,283,D\n"
    words = (
        r"4 of 8 hours are missing and left out \(4 not in the file\): 2026-01-01 03:00 to 07:00"
    )
    with pytest.warns(MendedWarning, match=words):
        weather = read_weather(csv(text))
    assert weather.sizes["hour"] == 4
    assert weather.attrs["hours_missing"] == 4
    assert weather.attrs["hours_filled"] == 0
    assert "filled" not in weather.coords


def test_without_filling_each_loss_is_counted_with_its_reason(csv):
    text = hours(GOOD, "2.5,45,283,D", 3)
    text += "2026-01-01 03:00,,45,283,D\n2026-01-01 04:00,2,,283,D\n2026-01-01 05:00,2,45,,D\n"
    with pytest.warns(MendedWarning) as caught:
        weather = read_weather(csv(text), fill_gaps_h=0)
    messages = " | ".join(str(warning.message) for warning in caught)
    assert "3 of 6 hours are missing" in messages
    assert "2 without wind speed or direction, 1 without temperature" in messages
    assert "2026-01-01 03:00 to 06:00 (3 h)" in messages
    assert weather.sizes["hour"] == 3


def test_a_calm_needs_no_direction_and_is_counted(csv):
    text = hours(GOOD, "2.5,45,283,D", 3) + "2026-01-01 03:00,0,,283,F\n"
    weather = read_weather(csv(text))
    assert weather.attrs["calm_hours"] == 1
    assert weather.attrs["hours_below_1_m_s"] == 0.25
    assert weather["wind_from_deg"].values[-1] == 0


def test_nothing_left_is_an_error(csv):
    with pytest.raises(TableError, match=r"no hour with wind .*\(3 without wind speed"):
        read_weather(csv(hours(GOOD, ",45,283,D")))


def test_unsorted_hours_are_sorted_and_twins_counted_once(csv):
    text = hours(GOOD, "2.5,45,283,D", 3, start=3) + "2026-01-01 00:00,1,45,283,D\n"
    text += "2026-01-01 00:00,1,45,283,D\n2026-01-01 01:00,1,5,283,D\n2026-01-01 02:00,1,5,283,D\n"
    with pytest.warns(MendedWarning) as caught:
        weather = read_weather(csv(text))
    messages = " | ".join(str(warning.message) for warning in caught)
    assert "1 breaks in the order" in messages
    assert "1 hours that stand twice" in messages
    assert weather["wind_speed_m_s"].values.tolist() == [1, 1, 1, 2.5, 2.5, 2.5]


def test_one_hour_with_two_winds_is_an_error(csv):
    text = hours(GOOD, "2.5,45,283,D", 2) + "2026-01-01 01:00,9,45,283,D\n"
    with pytest.raises(TableError, match="same hour with different values in rows 2, 3"):
        read_weather(csv(text))


def test_rows_closer_than_an_hour_are_an_error(csv):
    text = hours(GOOD, "2.5,45,283,D", 2) + "2026-01-01 01:10,9,45,283,D\n"
    with pytest.raises(TableError, match="closer than one hour"):
        read_weather(csv(text))


def test_times_with_an_offset_become_local_standard_time(csv):
    text = hours(GOOD, "2.5,45,283,D").replace(":00,2.5", ":00:00+00:00,2.5")
    local = read_weather(csv(text), time_zone="Asia/Tashkent")
    assert local["time"].values[0] == np.datetime64("2026-01-01T05:00")
    assert local.attrs["time_zone"] == 5
    universal = read_weather(csv(text))
    assert universal["time"].values[0] == np.datetime64("2026-01-01T00:00")
    assert universal.attrs["time_zone"] == 0
    moscow = read_weather(csv(text.replace("+00:00", "+03:00")))
    assert moscow.attrs["time_zone"] == 3
    assert moscow["time"].values[0] == np.datetime64("2026-01-01T00:00")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "99", 99])
def test_an_unknown_time_zone_is_an_error(csv, zone):
    with pytest.raises(InputError, match="time_zone"):
        read_weather(csv(hours(GOOD, "2.5,45,283,D")), time_zone=zone)


def test_hours_one_to_twenty_four_are_ends(csv):
    rows = "".join(f"26,1,1,{hour},2.5,45,283,D\n" for hour in range(1, 25))
    weather = read_weather(csv(f"year,month,day,hour,{GOOD}\n{rows}"))
    days = weather["time"].dt.floor("D").values
    assert weather["time"].values[0] == np.datetime64("2026-01-01T00:00")
    assert len(np.unique(days)) == 1, "the 24 hours of a day belong to it"


def test_stability_from_cloud_and_from_radiation(csv):
    noon = "2026-06-21 12:00"
    cloudy = f"datetime,wind_speed_m_s,wind_from_deg,temperature_c,cloud_cover\n{noon},1.5,0,30,0\n"
    weather = read_weather(csv(cloudy), **PLACE)
    assert weather["stability"].item() == 1
    assert "Turner" in weather.attrs["stability_origin"]
    dim = f"datetime,wind_speed_m_s,wind_from_deg,temperature_c,ghi_w_m2\n{noon},1.5,0,30,120\n"
    weather = read_weather(csv(dim), **PLACE)
    assert weather["stability"].item() == 4
    assert "solar radiation" in weather.attrs["stability_origin"]


def test_clouds_are_read_in_percent_tenths_and_oktas(csv):
    rows = {"cloud_cover": 50, "cloud_percent": 50, "cloud_tenths": 5, "cloud_oktas": 4}
    rows["cloud_cover (%)"] = 50
    found = set()
    for name, value in rows.items():
        head = f"wind_speed_m_s,wind_from_deg,temperature_c,{name}"
        found.add(int(read_weather(csv(hours(head, f"1,0,3,{value}")), **PLACE)["stability"][0]))
    assert found == {6}, "5 tenths are above 4/10: index -1, class F below 1.9 m/s"


def test_without_stability_radiation_or_cloud_it_asks(csv):
    path = csv(hours("wind_speed_m_s,wind_from_deg,temperature_c", "3.5,0,3"))
    with pytest.raises(TableError, match="assumed_cloud"):
        read_weather(path, **PLACE)
    with pytest.raises(TableError, match="give latitude, longitude, time_zone"):
        read_weather(path)
    assert read_weather(path, **PLACE, assumed_cloud=10)["stability"].values.tolist() == [4] * 3
    assert read_weather(path, **PLACE, assumed_cloud=0)["stability"].values.tolist() == [5] * 3


def test_mixing_heights_given_by_number_class_file_and_column(csv):
    path = csv(hours(GOOD, "2.5,45,283,D"))
    assert read_weather(path, mixing_height_m=650)["mixing_height_m"][0] == 650
    assert read_weather(path, mixing_height_m={"D": 700})["mixing_height_m"][0] == 700
    with pytest.raises(TableError, match="no height for class D"):
        read_weather(path, mixing_height_m={"A": 700})
    path = csv(hours(f"{GOOD},mixing_height_m,mixht_urban", "2.5,45,283,D,500,300"))
    assert read_weather(path, mixing_height_m=650)["mixing_height_m"][0] == 500
    named = read_weather(path, columns={"mixing_height_m": "mixht_urban"})
    assert named["mixing_height_m"][0] == 300


def test_the_head_gives_place_and_origin(csv):
    head = "# origin: station 38457\n# latitude: 41.3\n# longitude: 69.2\n# time_zone: 5\n"
    weather = read_weather(csv(head + hours(GOOD, "2.5,45,283,D")), latitude=40)
    expected = {"origin": "station 38457", "latitude": 40, "longitude": 69.2, "time_zone": 5}
    assert expected.items() <= weather.attrs.items()


def test_a_download_of_open_meteo_is_read_as_it_is(csv):
    text = (
        "latitude,longitude,elevation,utc_offset_seconds,timezone,timezone_abbreviation\n"
        "41.3,69.25,430,18000,Asia/Tashkent,GMT+5\n\n"
        "time,temperature_2m (°C),wind_speed_10m (km/h),wind_direction_10m (°),"
        "shortwave_radiation (W/m²)\n"
        "2026-06-21T12:00,30,7.2,270,950\n2026-06-21T13:00,31,7.2,270,940\n"
    )
    weather = read_weather(csv(text))
    assert weather["wind_speed_m_s"].values == pytest.approx(2.0)
    assert weather["time"].values[0] == np.datetime64("2026-06-21T11:00"), (
        "means of the hour before"
    )
    assert weather.attrs["time_zone"] == 5
    assert weather["stability"].values.tolist() == [1, 1]


def epw(rows, place="LOCATION,Test,-,UZB,-,1,41.3,69.2,5.0,430"):
    lines = [place, *("HEAD",) * 7]
    for month, day, hour, speed, direction, temperature, radiation, cloud in rows:
        fields = [
            f"2020,{month},{day},{hour},0,?",
            temperature,
            0,
            50,
            99999,
            0,
            0,
            9999,
            radiation,
        ]
        fields += [0, 0, 0, 0, 0, 0, direction, speed, cloud, cloud, 9999, 99999]
        lines.append(",".join(map(str, fields)))
    return "\n".join(lines) + "\n"


def test_epw_hours_end_at_their_number(csv):
    weather = read_weather(csv(epw([(1, 1, h, 2, 90, 1, 0, 5) for h in range(1, 25)]), "a.epw"))
    assert weather["time"].values[[0, -1]].tolist() == [
        np.datetime64("2020-01-01T00", "ns").astype(int),
        np.datetime64("2020-01-01T23", "ns").astype(int),
    ]
    assert weather.attrs["latitude"] == 41.3
    assert weather.attrs["anemometer_height_m"] == 10


def test_epw_missing_codes_are_gaps_and_direction_zero_of_a_calm_is_fine(csv):
    rows = [(1, 1, 1, 0, 0, 1, 0, 5), (1, 1, 2, 999, 90, 1, 0, 5), (1, 1, 3, 2, 999, 1, 0, 5)]
    rows += [(1, 1, 4, 2, 90, 99.9, 0, 5), (1, 1, 5, 2, 0, 1, 9999, 99), (1, 1, 6, 2, 0, 1, 0, 5)]
    with pytest.warns(MendedWarning) as caught:
        weather = read_weather(csv(epw(rows), "a.epw"), fill_gaps_h=0)
    messages = " | ".join(str(warning.message) for warning in caught)
    assert "2 without wind speed or direction" in messages
    assert "1 without temperature" in messages
    assert "1 with neither radiation nor cloud to find the stability from" in messages
    assert weather.attrs["calm_hours"] == 1
    assert weather["wind_from_deg"].values.tolist() == [0, 0]


def test_epw_faults(csv):
    with pytest.raises(TableError, match=r"wind_speed_m_s': 80 in row 1"):
        read_weather(csv(epw([(1, 1, 1, 80, 0, 1, 0, 5)]), "a.epw"))
    with pytest.raises(InputError, match="complete EPW"):
        read_weather(csv("LOCATION,x\n2020,1,1,1\n", "a.epw"))
    with pytest.raises(TableError, match="no valid date"):
        read_weather(csv(epw([(2, 30, 1, 2, 0, 1, 0, 5)]), "a.epw"))


def test_real_epw_files(shared):
    files = {"pvgis_tmy_45N_8E.epw": (45, 8, 1), "USA_IL_Chicago_725300_TMY3.epw": (42, -88, -6)}
    for name, place in files.items():
        weather = read_weather(shared / "data" / "met" / name)
        check_weather(weather)
        found = [weather.attrs[key] for key in ("latitude", "longitude", "time_zone")]
        assert found == pytest.approx(place, abs=0.2)
        assert weather.sizes["hour"] == 8760
        assert len(np.unique(weather["time"].dt.floor("D").values)) == 365
        hour = weather["time"].dt.hour.values
        stability = weather["stability"].values
        assert (stability[hour == 12] <= 4).all()
        assert (stability[hour == 1] >= 4).all()


def test_the_two_schemes_agree_where_both_are_known(shared):
    path = shared / "data" / "met" / "USA_IL_Chicago_725300_TMY3.epw"
    turner, radiation = (read_weather(path, scheme=name) for name in ("turner", "radiation"))
    apart = np.abs(turner["stability"].values - radiation["stability"].values)
    assert np.mean(apart == 0) > 0.85
    assert np.mean(apart <= 1) > 0.97


def test_the_reference_year_of_isc3_is_read_as_it_stands(shared):
    path = shared / "reference" / "iscst3" / "annual" / "met_hourly.csv"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        weather = read_weather(path)
    assert weather.sizes["hour"] == 8760
    assert weather.attrs["calm_hours"] == 898
    assert weather["wind_from_deg"].values[0] == 171
    assert weather["mixing_height_m"].values[0] == 384.7
    assert weather["time"].values[0] == np.datetime64("1986-01-01T00:00")
    assert weather["stability"].values.max() == 6


def test_raw_wind_in_unknown_units_is_refused_and_told_it_is_the_clean_files(shared):
    raw = shared / "data" / "met" / "tashkent_hourly_2025-12_2026-06_raw.csv"
    with pytest.raises(GeoclusterError, match=r"wind_speed_10m.*does not say its unit"):
        read_weather(raw)
    path = shared / "data" / "met" / "tashkent_hourly_clean.csv"
    gaps = r"21 of 4,266 hours are missing .*2026-06-10 08:00 to 21:00 \(13 h\), .*\(8 h\)"
    with pytest.warns(MendedWarning, match=gaps):
        weather = read_weather(path, **PLACE, assumed_cloud="humidity")
    assert weather.sizes["hour"] == 4245
    assert weather["wind_speed_m_s"].values.mean() == pytest.approx(1.645, abs=0.002)
    assert weather.attrs["hours_below_1_m_s"] == pytest.approx(0.24, abs=0.005)
    with pytest.warns(MendedWarning, match=gaps):
        told = read_weather(
            raw, **PLACE, assumed_cloud="humidity", columns={"wind_speed_kmh": "wind_speed_10m"}
        )
    for name in weather.data_vars:
        assert told[name].values.tolist() == weather[name].values.tolist(), name
    assert told["time"].values.tolist() == weather["time"].values.tolist()
