"""AERMET, NOAA ISD and METAR: small files in the documented forms."""

import gzip
import warnings

import numpy as np
import pytest

from geocluster.errors import GeoclusterWarning, InputError, MendedWarning, TableError
from geocluster.load.golder import stability_golder
from geocluster.load.weather import read_weather
from geocluster.tables import check_weather

TASHKENT = {"latitude": 41.26, "longitude": 69.28, "time_zone": 5}


@pytest.fixture
def file(tmp_path):
    def write(text, name="weather.txt"):
        path = tmp_path / name
        if name.endswith(".gz"):
            path.write_bytes(gzip.compress(text.encode()))
        else:
            path.write_text(text, encoding="utf-8")
        return path

    return write


def quiet(path, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GeoclusterWarning)
        return read_weather(path, **options)


def times(weather):
    return weather["time"].dt.strftime("%Y-%m-%d %H:%M").values.tolist()


# Golder -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("roughness", [0.01, 0.03, 0.1, 0.5])
def test_the_middle_of_each_class_falls_into_it(roughness):
    # 1/L = a + b log10 z0 through the middle of each class: Seinfeld and Pandis (2006), eq. 16.83.
    middle = [(-0.096, 0.029), (-0.037, 0.029), (-0.002, 0.018)]
    middle += [(0.004, -0.018), (0.035, -0.036)]
    inverse = [a + b * np.log10(roughness) for a, b in middle]
    length = 1 / np.array(inverse)
    assert stability_golder(length, roughness).tolist() == [1, 2, 3, 5, 6]
    assert stability_golder([np.inf, -np.inf, 1e4, -1e4], roughness).tolist() == [4] * 4


def test_beyond_the_lines_the_nearer_roughness_counts_and_unknown_stays_unknown():
    lengths = np.array([-300.0, -50, -9, 9, 50, 300])
    assert stability_golder(lengths, 3.0).tolist() == stability_golder(lengths, 0.5).tolist()
    assert stability_golder(lengths, 1e-4).tolist() == stability_golder(lengths, 0.01).tolist()
    assert np.isnan(stability_golder([np.nan, 0.0, 5.0], [0.1, 0.1, np.nan])).all()


# AERMET -------------------------------------------------------------------------------------------

SFC_HEAD = (
    "   41.980N   87.910W          UA_ID:    94982     SF_ID:    94846     OS_ID:"
    "              VERSION: 19191         CCVR_Sub TEMP_Sub\n"
)


# AERMET's FORMAT of a line: 3(I2,1X),I3,1X,I2,1X,F6.1,1X,3(F6.3,1X),2(F5.0,1X),F8.1,1X,F7.4,...
SFC_LINE = (
    "24  1 {day:2d} {day:3d} {hour:2d}  -12.0 {friction:6.3f} -9.000 -9.000 {convective:5.0f} "
    "{mechanical:5.0f} {length:8.1f}  0.1000   0.85   1.00 {speed:7.2f} {toward:5.0f} "
    "{height:6.1f} {kelvin:6.1f}    2.0     0   0.00     70.   1000. {cloud:5d} NAD-SFC NoSubs\n"
)
USUAL = {"friction": 0.3, "convective": -999.0, "mechanical": 500.0, "length": 80.0, "day": 1}
USUAL |= {"speed": 2.5, "toward": 200.0, "height": 10.0, "kelvin": 270.0, "cloud": 5}


def sfc(hour, **given):
    return SFC_LINE.format(hour=hour, **(USUAL | given))


def test_aermet_is_read_by_its_own_length_and_heights(file):
    lines = [
        sfc(1, length=20.0),
        sfc(2, length=60.0),
        sfc(3, length=5000.0),
        sfc(4, length=-60.0, convective=900.0),
        sfc(5, length=-4.0, convective=1500.0, mechanical=300.0),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        weather = read_weather(file(SFC_HEAD + "".join(lines), "ORD.SFC"))
    check_weather(weather)
    assert weather["stability"].values.tolist() == [6, 5, 4, 3, 1]
    assert weather["mixing_height_m"].values.tolist() == [500, 500, 500, 900, 1500]
    assert weather["obukhov_length_m"].values.tolist() == [20, 60, 5000, -60, -4]
    assert weather["friction_velocity_m_s"].values.tolist() == [0.3] * 5
    assert times(weather)[0] == "2024-01-01 00:00"
    assert weather.attrs["latitude"] == 41.98
    assert weather.attrs["longitude"] == -87.91
    assert weather.attrs["anemometer_height_m"] == 10
    assert weather.attrs["stability_origin"].startswith("Obukhov length and roughness (Golder")
    assert weather.attrs["mixing_height_origin"] == "file"
    assert "surface 94846" in weather.attrs["origin"]
    by_cloud = quiet(file(SFC_HEAD + "".join(lines), "ORD.SFC"), scheme="turner", time_zone=-6)
    assert by_cloud.attrs["stability_origin"] == "Turner (wind, sun, cloud: file)"
    assert (by_cloud["stability"].values >= 4).all(), "night"


def test_aermet_codes_of_missing_values(file):
    lines = [
        sfc(1),
        sfc(2, speed=999.0, toward=999.0, length=-99999.0, friction=-9.0, height=-9.0),
        sfc(3, kelvin=999.0),
        sfc(4),
        sfc(5, speed=0.0, toward=0.0, length=-99999.0, friction=-9.0, mechanical=-999.0),
        sfc(6),
    ]
    path = file(SFC_HEAD + "".join(lines))
    with pytest.warns(
        MendedWarning, match="3 of 6 hours filled .*wind 1, temperature 1, stability 2"
    ):
        weather = read_weather(path)
    assert weather.attrs["calm_hours"] == 1
    assert weather["temperature_k"].values[2] == 270
    with pytest.warns(GeoclusterWarning) as caught:
        weather = read_weather(path, fill_gaps_h=0)
    text = " | ".join(str(one.message) for one in caught)
    assert "1 without wind speed or direction, 1 without temperature" in text
    assert "UTC-6 is assumed, by the longitude" in text, "the calm's class is found from its cloud"
    assert weather["wind_speed_m_s"].values.tolist() == [2.5, 2.5, 0, 2.5]
    assert np.isnan(weather["obukhov_length_m"].values[2])
    assert weather.attrs["mixing_height_origin"].startswith("file, else default")


def test_aermet_faults_are_told_together(file):
    lines = [sfc(1), sfc(2, height=50.0), sfc(3).replace("270.0", "warm ", 1), sfc(25)]
    with pytest.raises(TableError) as error:
        read_weather(file(SFC_HEAD + "".join(lines)))
    text = str(error.value)
    assert "several heights: 10 m (3 h), 50 m (1 h)" in text
    assert "row 3 hold something else than numbers" in text
    assert "no time can be read in row 4" in text
    with pytest.raises(TableError, match="rows 1, 2 are no complete lines"):
        read_weather(file(SFC_HEAD + "24 1 1 1 1\n24 1 1 1 2\n"))
    with pytest.raises(InputError, match="only a head"):
        read_weather(file(SFC_HEAD))
    both = read_weather(file(SFC_HEAD + sfc(1) + sfc(2, height=50.0)), anemometer_height_m=10)
    assert both.sizes["hour"] == 2


# NOAA ISD -----------------------------------------------------------------------------------------


CLOUD = "ADDGF108991999999999999999999"


def isd(time, wind="2301N00411", kind="FM-12", station="38457099999", **given):
    """A full record: control 60, WND 10, CIG 8, VIS 9, TMP 6, DEW 6, SLP 6, then what is added."""
    ceiling, added = given.get("ceiling", "9999999N"), given.get("added", CLOUD)
    temperature = given.get("temperature", "+01051")
    control = f"0100{station}{time}4+41260+069280{kind:<5}+0477UTTT V020"
    return f"{control}{wind}{ceiling}010000199{temperature}+00051101521{added}\n"


def test_the_hand_made_record_has_the_documented_places():
    line = isd("202601010000")
    assert line[15:27] == "202601010000"
    assert (line[28:34], line[34:41], line[41:46]) == ("+41260", "+069280", "FM-12")
    assert (line[60:63], line[65:69], line[87:92]) == ("230", "0041", "+0105")
    assert (line[99:105], line[105:111]) == ("101521", "ADDGF1")


def test_isd_records_become_hours_of_local_standard_time(file):
    lines = [
        isd("202606210553"),
        isd("202606210620", wind="1001N00991"),
        isd("202606210700", wind="9999C00001", added="ADDGD1399+0182991"),
        isd("202606210800", wind="9991V00151", added="ADDGA1021+009009071"),
        isd("202606210900", wind="2401N00201", ceiling="220001CN"),
    ]
    weather = quiet(file("".join(lines), "384570-99999-2026.gz"), time_zone="Asia/Tashkent")
    check_weather(weather)
    assert times(weather) == [f"2026-06-21 {hour}:00" for hour in (10, 11, 12, 13)]
    assert weather["wind_speed_m_s"].values.tolist() == [4.1, 0, 1.5, 2.0]
    assert weather["wind_from_deg"].values.tolist() == [230, 0, 240, 240]
    assert weather["temperature_k"].values == pytest.approx(283.65)
    assert weather.attrs["latitude"] == 41.26
    assert weather.attrs["origin"] == "NOAA ISD, station 384570-99999"


def test_isd_says_what_it_sets_aside(file):
    lines = [isd(f"20260621{hour:02d}00") for hour in range(4)]
    lines.append(isd("202606210400", wind="2303N00411", temperature="+01052"))
    lines.append(isd("202606210500", wind="9999V00151"))
    lines.append(isd("202606210600"))
    lines.append(isd("202606212359", wind="9999999999", temperature="+99999", kind="SOD"))
    with pytest.warns(GeoclusterWarning) as caught:
        weather = read_weather(file("".join(lines)))
    text = " | ".join(str(one.message) for one in caught)
    assert "1 summaries of days or months" in text
    assert "(quality 2, 3, 6, 7) left out: direction 1, temperature 1" in text
    assert "2 reports of variable or missing direction" in text
    assert "UTC+5 is assumed, by the longitude" in text
    assert "2 of 7 hours filled" in text
    assert weather.attrs["time_zone_origin"] == "assumed from the longitude"
    assert weather.sizes["hour"] == 7


def test_isd_faults(file):
    with pytest.raises(TableError, match="reports of 2 stations"):
        read_weather(file(isd("202601010000") + isd("202601010100", station="38696099999")))
    with pytest.raises(TableError, match="row 2 are no complete ISD records"):
        read_weather(file(isd("202601010000") + isd("202601010100")[:90] + "\n"))
    lines = [
        isd("202601010000", wind="9999999999", kind="SOD"),
        isd("202613010000"),
        isd("202601010100", wind="2301N00x11"),
        isd("202601010200", temperature="+010x1"),
    ]
    with pytest.raises(TableError) as error:
        read_weather(file("".join(lines)))
    assert error.value.faults == [
        "WND in row 3 is not of the documented form",
        "TMP in row 4 is not of the documented form",
        "no time can be read in row 2",
    ], "rows are those of the file, summaries counted"
    with pytest.raises(TableError, match="no hourly report"):
        read_weather(file(isd("202601010000", kind="SOD")))


def lite(hour, *, temperature=105, direction=230, speed=41, sky=8):
    cells = [temperature, 5, 10152, direction, speed, sky, -9999, -9999]
    return f"2026 06 21 {hour:02d}" + "".join(f"{cell:6d}" for cell in cells) + "\n"


def test_isd_lite_needs_its_place_and_reads_its_sky(file):
    text = lite(6) + lite(7, direction=-9999, speed=15) + lite(8, temperature=-9999, sky=-9999)
    path = file(text + lite(9, sky=0), "384570-99999-2026")
    with pytest.raises(InputError, match="give latitude, longitude, time_zone"):
        read_weather(path)
    weather = quiet(path, **TASHKENT)
    assert times(weather)[0] == "2026-06-21 10:00"
    assert weather["wind_speed_m_s"].values.tolist() == [4.1, 1.5, 4.1, 4.1]
    assert weather["temperature_k"].values == pytest.approx(283.65)
    assert weather["stability"].values.tolist()[-1] < 4, "clear at noon"
    assert weather.attrs["hours_filled"] == 2


def test_global_hourly_says_the_same_as_the_full_records(file):
    head = (
        "STATION,DATE,SOURCE,LATITUDE,LONGITUDE,ELEVATION,NAME,"
        "REPORT_TYPE,WND,CIG,TMP,DEW,GF1,GD1,GA1\n"
    )
    place = '4,41.26,69.28,477,"TASHKENT, UZ"'
    rows = [
        f'38457099999,2026-06-21T05:53:00,{place},FM-12,"230,1,N,0041,1","99999,9,9,N","+0105,1","+0005,1",'
        '"08,99,1,99,9,99,9,99999,9,99,9,99,9",,\n',
        f'38457099999,2026-06-21T07:00:00,{place},FM-15,"999,9,C,0000,1","22000,5,9,N","+0105,1","+0005,1",'
        ',"3,99,1,+01829,9,9",\n',
        f'38457099999,2026-06-21T08:00:00,{place},FM-15,"240,1,N,0020,1","22000,5,9,N","+0105,1","+0005,1",'
        ',,"02,1,+00900,1,07,1"\n',
        f"38457099999,2026-06-21T23:59:00,{place},SOD  ,,,,,,,\n",
    ]
    csv = quiet(file(head + "".join(rows), "38457099999.csv"), time_zone=5)
    lines = [
        isd("202606210553"),
        isd("202606210700", wind="9999C00001", added="ADDGD1399+0182991"),
        isd("202606210800", wind="2401N00201", added="ADDGA1021+009009071"),
    ]
    full = quiet(file("".join(lines)), time_zone=5)
    for name in full.data_vars:
        assert csv[name].values == pytest.approx(full[name].values), name
    assert times(csv) == times(full)
    assert csv.attrs["origin"].startswith("NOAA global-hourly (ISD), TASHKENT, UZ")


# METAR --------------------------------------------------------------------------------------------

IEM = (
    "#DEBUG: Format Typ    -> comma\nstation,valid,lon,lat,tmpf,relh,drct,sknt,skyc1,skyl1,metar\n"
)


def iem(time, columns, report):
    return (
        f"UTTT,2026-06-21 {time},69.28,41.26,{columns},UTTT 21{time.replace(':', '')}Z {report}\n"
    )


def test_metar_columns_and_raw_text(file):
    rows = [
        iem("06:00", "86.00,30,240,8,CLR,M", "24004MPS CAVOK 30/10 Q1010"),
        iem("06:30", "86.00,30,250,8,CLR,M", "25004MPS CAVOK 30/10 Q1010"),
        iem("08:00", "M,M,M,M,M,M", "24015G25KT 9999 BKN030 30/10 Q1010"),
        iem("09:00", "M,M,VRB,2,M,M", "VRB02KT CAVOK M01/M05 Q1010"),
        iem("10:00", "86,T,0,0,OVC,900", "00000KT OVC009 30/10 Q1010"),
        iem("11:00", "86,T,260,4,OVC,900", "26004KT OVC009 30/10 Q1010"),
    ]
    with pytest.warns(GeoclusterWarning) as caught:
        weather = read_weather(file(IEM + "".join(rows), "UTTT.csv"), time_zone=5)
    text = " | ".join(str(one.message) for one in caught)
    assert "1 reports of variable or missing direction" in text
    assert times(weather) == [f"2026-06-21 {hour}:00" for hour in range(10, 16)]
    knot = 0.514444
    assert weather["wind_speed_m_s"].values == pytest.approx(
        [8 * knot, 8 * knot, 15 * knot, 2 * knot, 0, 4 * knot]
    )
    assert weather["wind_from_deg"].values.tolist() == [240, 250, 240, 240, 0, 260]
    assert weather["temperature_k"].values[:4] == pytest.approx([303.15, 303.15, 303.15, 272.15])
    assert weather["stability"].values[-2:].tolist() == [4, 4], "a full and low cover"
    assert weather.attrs["longitude"] == 69.28


def test_raw_reports_with_their_times_are_enough(file):
    rows = "2026-06-21 06:00,UTTT 210600Z 24008MPS CAVOK 30/10 Q1010\n"
    rows += "2026-06-21 07:00,UTTT 210700Z 25030KMH SCT040 31/10 Q1010 NOSIG TEMPO 36020MPS\n"
    weather = read_weather(file("valid,metar\n" + rows), **TASHKENT)
    assert weather["wind_speed_m_s"].values == pytest.approx([8, 30 / 3.6])
    assert weather["wind_from_deg"].values.tolist() == [240, 250]


def test_metar_faults_are_told_together(file):
    rows = "A,2026-06-21 06:00,10,240,UTTT 210100Z 24008MPS\nB,soon,ten,240,UTTT 210200Z 24008MPS\n"
    with pytest.raises(TableError) as error:
        read_weather(file("station,valid,sknt,drct,metar\n" + rows), **TASHKENT)
    text = str(error.value)
    assert "reports of 2 stations (A (1), B (1))" in text
    assert "no time can be read in row 2" in text
    assert "column 'sknt': 'TEN' in row 2 is not a number, M or T" in text
    assert "differ from those in the raw reports (by 5 h): download them in UTC" in text


# The file itself ----------------------------------------------------------------------------------


def test_a_packed_file_that_is_cut_or_bursts_is_refused(tmp_path, monkeypatch):
    whole = gzip.compress(isd("202601010000").encode() * 50)
    cut = tmp_path / "cut.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="cannot be unpacked"):
        read_weather(cut)
    monkeypatch.setattr("geocluster.load.weather_text.MOST_BYTES", 10**6)
    burst = tmp_path / "burst.gz"
    burst.write_bytes(gzip.compress(b"0" * 10**7))
    with pytest.raises(InputError, match="larger than 1 MB"):
        read_weather(burst)


def test_a_million_columns_are_refused(file):
    with pytest.raises(InputError, match="over 2,000 columns"):
        read_weather(file(",".join(["a"] * 1_000_000) + "\n" + ",".join(["1"] * 1_000_000)))
