"""The sentences about a candidate say what its figures say."""

from geocluster.panels.narratives import sentences

FINDING = {
    "column": "distance_rail_m",
    "label": "Distance to a railway",
    "unit": "m",
    "value": 400.0,
    "median": 9000.0,
    "place": 2,
    "of": 30,
    "shared_with": 1,
}
SHARE = {
    "column": "farmland_share",
    "label": "Share of the site that is farmland",
    "unit": "0 to 1",
    "value": 0.75,
    "median": 0.25,
    "place": 28,
    "of": 30,
    "shared_with": 0,
}


def told(**changes: object) -> dict:
    usual = {
        "site_id": "S7",
        "name": "",
        "kind": "empty land",
        "area_ha": 50.0,
        "rank": 3,
        "of": 30,
        "top_three_share": 0.42,
        "strengths": [FINDING],
        "weaknesses": [SHARE],
        "missing": [],
        "weight_flips": [{"label": "Distance to a railway", "now": 0.1, "needed": 0.25}],
        "value_flips": [
            {"label": "Share of the site that is farmland", "unit": "0 to 1", "now": 0.75,
             "needed": 0.1}
        ],
        "facts": {"approximate": False, "breaks_rules": None},
    }  # fmt: skip
    return usual | changes


def test_every_figure_is_in_the_sentences():
    assert sentences(told()) == [
        "S7, empty land of 50 ha: place 3 of 30, among the top three in 42% of the cases.",
        "For it: distance to a railway, 400 m (place 2 of 30, as 1 other; the middle one has "
        "9,000).",
        "Against it: share of the site that is farmland, 75% (place 28 of 30; the middle one has "
        "25%).",
        "It would be first if the weight of 'distance to a railway' were 25% instead of 10%, or "
        "if 'share of the site that is farmland' were 10% instead of 75%.",
    ]


def test_the_first_is_told_what_it_would_lose_its_place_to():
    assert "It would no longer be first if the weight" in sentences(told(rank=1))[-1]


def test_doubts_stand_last():
    facts = {"approximate": True, "location_error_m": 3000.0, "breaks_rules": "homes; roads"}
    lines = sentences(told(facts=facts, missing=[{"label": "Slope of the ground"}]))
    assert lines[-3:] == [
        "Its outline is not known, and its place only to 3 km.",
        "It breaks these rules: Homes would lie inside the park's sanitary protection zone; "
        "The strip of a main road.",
        "Not known here, and counted as the worst value found: slope of the ground.",
    ]


def test_nothing_is_said_where_there_is_nothing_to_say():
    empty = told(strengths=[], weaknesses=[], weight_flips=[], value_flips=[])
    assert len(sentences(empty)) == 1
