"""[siting] of study.toml: the width of the fringe, its basis, and speeds of roads."""

import pytest
from pydantic import ValidationError

from geocluster.load.settings_siting import SitingSettings


def test_a_distance_is_the_default_and_a_time_takes_its_place():
    assert SitingSettings().fringe_km == 10
    assert SitingSettings().fringe_minutes is None
    assert SitingSettings(fringe_minutes=20).fringe_minutes == 20


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"fringe_km": 5, "fringe_minutes": 20}, "leave one out"),
        ({"fringe_minutes": 0}, "greater than 0"),
        ({"urbanisation": "lights"}, "'people' or 'built-up'"),
        ({"road_speeds": {"trunk": 0}}, "above 0"),
        ({"road_speeds": {"highway": 90}}, "known are motorway"),
    ],
)
def test_what_cannot_be_is_refused(given, told):
    with pytest.raises(ValidationError, match=told):
        SitingSettings(**given)


def test_speeds_of_classes_may_be_set():
    assert SitingSettings(road_speeds={"trunk": 70, "overland": 12}).road_speeds["overland"] == 12
