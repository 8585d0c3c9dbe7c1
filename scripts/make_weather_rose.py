"""Make data/regions/tashkent/weather.csv: the joint table of wind, stability and season.

Run once, from the project's folder:  python scripts/make_weather_rose.py [HOURLY.csv [WEATHER.csv]]

The hourly file is Open-Meteo's modelled weather for Tashkent, kept beside the project and not in
it; the table made here holds figures counted from it. docs/weather.md says how far the plume's mean
from the table is from that of the hours.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from geocluster.load.weather import read_weather

HOURLY = Path("../shared/data/met/tashkent_hourly_clean.csv")
ROSE = Path("data/regions/tashkent/weather.csv")
LATITUDE, LONGITUDE, TIME_ZONE = 41.2995, 69.2401, 5
SECTOR_DEG = 22.5
SEASONS = {12: "winter", 1: "winter", 2: "winter"}  # the rest: spring
# Lower bounds of the classes of speed. Fine where the plume's rise meets the mixing lid within a
# few tenths of a metre a second (A to C); a bound at 1 m/s everywhere but in E (which has no such
# wind), since the plume raises weaker winds to 1 m/s.
FINE = (0, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4)
BOUNDS_M_S = {
    "A": FINE,
    "B": FINE,
    "C": FINE,
    "D": (0, 1, 1.5, 2, 2.5, 3, 4),
    "E": (0, 2.5),
    "F": (0, 0.5, 1, 1.5, 2),
}
HEAD = """\
# Wind, stability and season at Tashkent: a row a season, sector, stability and class of speed.
# origin: Open-Meteo for Tashkent, modelled, 15 December 2025 to 11 June 2026 only
# stability: Turner (wind, sun, cloud assumed from the day's lowest humidity, full in rain)
# latitude: {latitude}
# longitude: {longitude}
# time_zone: {time_zone}
# anemometer_height_m: 10
# licence: CC BY 4.0, weather data by Open-Meteo.com; counted by scripts/make_weather_rose.py
# hours: {hours} of {expected} between the first and the last
# calms (wind 0): {calms}; under 1 m/s: {light:.1%} of the hours, kept as they are
# no whole year: summer and autumn (12 June to 14 December) are not in it, winter weighs too much
# winter: December to February; spring: March to 11 June
# wind_speed_low_m_s: where the class begins; wind_speed_m_s: its harmonic mean
# mixing height: none known, the reader's default by class holds (docs/weather.md)
"""


def joint_table(hourly: Path) -> tuple[pd.DataFrame, dict[str, object]]:
    """Hours, harmonic mean wind and mean temperature by season, sector, stability and speed."""
    weather = read_weather(
        hourly,
        latitude=LATITUDE,
        longitude=LONGITUDE,
        time_zone=TIME_ZONE,
        assumed_cloud="humidity",
    )
    hours = weather.to_dataframe().reset_index(drop=True)
    moving = hours[hours["wind_speed_m_s"] > 0].copy()
    moving["season"] = moving["time"].dt.month.map(SEASONS).fillna("spring")
    sector = np.floor(moving["wind_from_deg"] / SECTOR_DEG + 0.5) % (360 / SECTOR_DEG)
    moving["wind_from_deg"] = sector * SECTOR_DEG
    moving["stability"] = moving["stability"].map(dict(enumerate("ABCDEF", start=1)))
    moving["wind_speed_low_m_s"] = [
        BOUNDS_M_S[letter][np.searchsorted(BOUNDS_M_S[letter], speed, side="right") - 1]
        for letter, speed in zip(moving["stability"], moving["wind_speed_m_s"], strict=True)
    ]
    moving["slowness"] = 1 / moving["wind_speed_m_s"]
    keys = ["season", "wind_from_deg", "stability", "wind_speed_low_m_s"]
    table = (
        moving.groupby(keys, sort=True)
        .agg(
            hours=("slowness", "size"),
            slowness=("slowness", "mean"),
            temperature_k=("temperature_k", "mean"),
        )
        .reset_index()
    )
    table["sector_width_deg"] = SECTOR_DEG
    table["wind_speed_m_s"] = (1 / table.pop("slowness")).round(2)
    table["temperature_k"] = table["temperature_k"].round(1)
    counts = {
        "hours": int(weather.sizes["hour"]),
        "expected": int(weather.sizes["hour"]) + int(weather.attrs["hours_missing"]),
        "calms": int(weather.attrs["calm_hours"]),
        "light": float(weather.attrs["hours_below_1_m_s"]),
    }
    return table, counts


def rose_text(hourly: Path) -> str:
    """The whole file: head and table."""
    table, counts = joint_table(hourly)
    head = HEAD.format(latitude=LATITUDE, longitude=LONGITUDE, time_zone=TIME_ZONE, **counts)
    columns = [
        *("season", "wind_from_deg", "sector_width_deg", "stability"),
        *("wind_speed_low_m_s", "wind_speed_m_s", "temperature_k", "hours"),
    ]
    return head + table[columns].to_csv(index=False, lineterminator="\n")


if __name__ == "__main__":
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else HOURLY
    target = Path(sys.argv[2]) if len(sys.argv) > 2 else ROSE
    target.write_text(rose_text(source), encoding="utf-8")
    print(f"{target}: {len(target.read_text(encoding='utf-8').splitlines())} lines")
