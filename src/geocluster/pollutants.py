"""The pollutants that are known by name; a table made by hand may name any other."""

from __future__ import annotations

# Names of pollutants as they stand in column names, and how a reader sees them.
POLLUTANTS = {
    "so2": "SO₂",
    "nox": "NOₓ",
    "no2": "NO₂",
    "pm10": "PM₁₀",
    "pm25": "PM₂.₅",
    "tsp": "dust (TSP)",
    "co": "CO",
    "nh3": "NH₃",
    "hf": "HF",
    "h2s": "H₂S",
    "hcl": "HCl",
    "voc": "VOC",
    "benzene": "benzene",
    "toluene": "toluene",
    "ethylbenzene": "ethylbenzene",
    "xylenes": "xylenes",
    "pb": "Pb",
    "co2": "CO₂",
    "ch4": "CH₄",
    "n2o": "N₂O",
}
# Inventoried and mapped as tonnes, never dispersed.
GREENHOUSE_GASES = ("co2", "ch4", "n2o")
