"""Files of weather that were damaged in every way end in a message or a weather, nothing else."""

import random
import warnings

import pytest

from geocluster.errors import GeoclusterError
from geocluster.load.weather import read_weather
from geocluster.tables import check_weather

SFC_HEAD = "   41.980N   87.910W          UA_ID:    94982     SF_ID:    94846     VERSION: 19191\n"
SFC_LINE = (
    "24  1  1   1 {:2d}  -12.0  0.300 -9.000 -9.000 -999.  500.     80.0  0.1000   0.85   1.00"
    "    2.50  200.   10.0  270.0    2.0     0   0.00    70.  1000.     5 NAD-SFC NoSubs\n"
)
SFC = SFC_HEAD + "".join(SFC_LINE.format(hour) for hour in range(1, 13))
ISD = "".join(
    f"010038457099999202606{day:02d}06004+41260+069280FM-12+0477UTTT V0202301N004119999999N0100001"
    "99+01051+00051101521ADDGF108991999999999999999999\n"
    for day in range(1, 13)
)
LITE = "".join(
    f"2026 06 21 {hour:02d}   105     5 10152   230    41     8 -9999 -9999\n" for hour in range(12)
)
METAR = "station,valid,lon,lat,tmpf,drct,sknt,skyc1,skyl1,metar\n" + "".join(
    f"UTTT,2026-06-21 {hour:02d}:00,69.28,41.26,86,240,8,BKN,3000,"
    f"UTTT 21{hour:02d}00Z 24004MPS BKN030 30/10 Q1010\n"
    for hour in range(12)
)
HOURLY = "STATION,DATE,LATITUDE,LONGITUDE,REPORT_TYPE,WND,CIG,TMP,DEW,GF1\n" + "".join(
    f'38457099999,2026-06-21T{hour:02d}:53:00,41.26,69.28,FM-12,"230,1,N,0041,1","99999,9,9,N",'
    '"+0105,1","+0005,1","08,99,1,99"\n'
    for hour in range(12)
)
JSON = """{"latitude": 41.3, "longitude": 69.2, "utc_offset_seconds": 0, "hourly_units":
{"wind_speed_10m": "km/h", "wind_direction_10m": "°", "temperature_2m": "°C", "cloud_cover": "%"},
"hourly": {"time": ["2026-06-21T06:00", "2026-06-21T07:00"], "wind_speed_10m": [7.2, null],
"wind_direction_10m": [270, 280], "temperature_2m": [30, 31], "cloud_cover": [10, 20]}}"""
FORMS = {"aermet": SFC, "isd": ISD, "lite": LITE, "metar": METAR, "hourly": HOURLY, "json": JSON}
PUT_IN = ("999", "-9999", "9" * 30, "nan", "inf", "1e999", "null", '""', "VRB", "\n\n", "é", "[")


def damaged(text, chance):
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(text) + 1)
        how = chance.randrange(5)
        if how == 0:
            text = text[:at]
        elif how == 1:
            text = text[:at] + chance.choice("9-+, .\"'\tMZ{}#;:") + text[at + 1 :]
        elif how == 2:
            text = text[:at] + text[at + chance.randint(1, 40) :]
        elif how == 3:
            text = text[:at] + chance.choice(PUT_IN) + text[at:]
        else:
            lines = text.split("\n")
            chance.shuffle(lines)
            text = "\n".join(lines)
    return text


@pytest.mark.parametrize("form", list(FORMS))
def test_a_damaged_file_is_told_or_read(form, tmp_path):
    path, chance = tmp_path / "weather", random.Random(form)
    options = {"latitude": 41.3, "longitude": 69.2}
    told = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path.write_text(FORMS[form])
        check_weather(read_weather(path, **options, fill_gaps_h=0))
        for _ in range(25):
            path.write_text(damaged(FORMS[form], chance))
            try:
                check_weather(read_weather(path, **options))
            except GeoclusterError as error:
                told.append(error.where)
    assert told
    assert set(told) == {"weather"}
