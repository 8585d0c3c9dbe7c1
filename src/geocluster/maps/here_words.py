"""What the popup of a place says."""

from __future__ import annotations

from geocluster.words import marked

HERE_WORDS: dict[str, str] = {
    "here": marked("At this place"),
    "ask": marked("What is here?"),
    "ask_middle": marked("What is here, in the middle of the map?"),
    "suitable": marked("Suitable: no rule excludes this place."),
    "partly": marked("A part of this cell is too near to something, its centre is not."),
    "excluded": marked("Not suitable:"),
    "region": marked("Outside the region"),
    "fringe": marked("Not on the urban fringe"),
    "on_fringe": marked("On the urban fringe"),
    "core": marked("dense core of the city: {distance} away"),
    "in_core": marked("inside the dense core of the city"),
    "minutes": marked("{minutes} min by road"),
    "no_road": marked("no road leads to it"),
    "inside": marked("the place lies inside"),
    "inside_wanted": marked("the place lies inside, {wanted} away is wanted"),
    "short": marked("{distance} away, {wanted} wanted: {short} too near"),
    "far": marked("{distance} away, at most {wanted} wanted: {short} too far"),
    "steep": marked("{slope}% steep, at most {wanted}% wanted"),
    "kept": marked("{distance} away, {wanted} wanted"),
    "away": marked("{distance} away"),
    "homes": marked("Nearest homes"),
    "among_homes": marked("here"),
    "people": marked("people: {people}"),
    "unnamed": marked("homes without a name"),
    "assumed": marked("assumed"),
    "of_limit": marked("{n}% of {limit}"),
    "no2": marked("were all NOₓ NO₂"),
    "burden": marked("Burden of one more g/s"),
    "intake": marked("Intake fraction of a park here"),
    "more": marked("More of this place"),
    "things": marked("Drawn here: {count}"),
    "others": marked("Also excluded by"),
    "kept_rules": marked("Kept here, the tightest first"),
    "unchecked": marked("Not checked, for want of data"),
    "cell": marked("cell of {cell} m"),
    "precision": marked(
        "Figures are those of the cell: concentration, burden and distances beyond {near} to "
        "{error}%, nearer distances from its centre to 1 m."
    ),
    "by_hand": marked("≈ is a distance to lines drawn by hand."),
    "outside": marked("Nothing was reckoned for this place."),
    "classes": marked("This browser cannot unpack the figures: these are classes."),
    "demonstration": marked("A demonstration: these figures rest on assumptions."),
    "m": marked("m"),
    "km": marked("km"),
    "ppm": marked("ppm"),
    "persons": marked("persons × µg/m³ per g/s"),
}
_STATISTICS = (
    marked("mean"),
    marked("highest hour"),
    marked("highest day"),
    marked("98th percentile of hours"),
    marked("99th percentile of days"),
)
