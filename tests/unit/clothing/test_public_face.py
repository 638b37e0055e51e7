"""What `wearcast.clothing` offers to people's own code."""

import doctest

from wearcast import clothing


def test_its_example_gives_what_it_says():
    found = doctest.testmod(clothing)
    assert found.attempted >= 5
    assert found.failed == 0


def test_it_names_what_people_need():
    assert {"advise", "Weather", "Settings"} <= set(clothing.__all__)
    assert clothing.advise is clothing.advice.advise
