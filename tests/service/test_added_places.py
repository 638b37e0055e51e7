"""`/stations` says of a place that was added that the model was not trained there, and what to
expect."""

import json
from dataclasses import replace

import pytest

from service.in_process_service import StoreFolder, serving
from service.synthetic_snapshots import NEWARK, SEOUL, joined, varied
from unit.forecasting.synthetic import built, place
from wearcast.serving.places.place_facts import KEY

FACTS = {
    "fitted_from": "2021-04-09T22:00Z",
    "fitted_until": "2024-04-09T21:00Z",
    "days": 1095,
    "borrowed_from": ["EWR"],
    "nearest_km": 214.5,
    "forecasts": 3600,
    "mae_c": {"1-24": 1.3, "25-72": 2.2, "73-168": 2.9, "all": 2.5},
    "climatology_mae_c": {"1-24": 3.1, "25-72": 3.2, "73-168": 3.2, "all": 3.2},
    "coverage_80": {"1-6": 0.78, "7-24": 0.8, "25-72": 0.81, "73-168": 0.79, "all": 0.8},
    "guided": {"days": 330, "mae_c": {"1-24": 1.1}, "coverage_80": {"all": 0.79}},
}


def told(folder, snapshot, verification, **settings):
    """By id what `/stations` says beside a snapshot with this live verification."""
    recent = None if verification is None else json.dumps(verification).encode()
    StoreFolder(folder / "store").publish(snapshot, recent=recent)
    with serving(folder, **settings) as running:
        return {one["id"]: one for one in running.read("/stations")["stations"]}


def cities():
    return joined(varied(NEWARK, "2024-04-09T19"), varied(SEOUL, "2024-04-09T21"))


def test_it_says_where_no_model_was_trained_and_what_to_expect_there(tmp_path):
    offered = told(tmp_path, cities(), {"EWR": {"forecasts": 0}, "108": {KEY: FACTS}})
    assert (offered["EWR"]["trained"], offered["EWR"]["expected"]) == (True, None)
    assert offered["108"]["trained"] is False
    expected = offered["108"]["expected"]
    times = {name: expected.pop(name) for name in ("fitted_from", "fitted_until")}
    assert times == {
        "fitted_from": "2021-04-09T22:00:00Z",
        "fitted_until": "2024-04-09T21:00:00Z",
    }
    assert expected == {name: FACTS[name] for name in expected}
    assert expected.keys() == FACTS.keys() - times.keys()


def test_facts_of_the_release_before_say_nothing_of_numerical_forecasts(tmp_path):
    facts = {name: value for name, value in FACTS.items() if name != "guided"}
    offered = told(tmp_path, cities(), {"108": {KEY: facts}})
    assert offered["108"]["expected"]["guided"] is None


@pytest.mark.parametrize("facts", [{}, {**FACTS, "mae_c": 3}, "other", {**FACTS, "new": 1}])
def test_what_another_release_tells_leaves_it_untrained(tmp_path, facts):
    offered = told(tmp_path, cities(), {"108": {KEY: facts}})
    assert offered["108"]["trained"] is False
    assert (offered["108"]["expected"] is None) is ("new" not in facts)


def test_without_live_verification_the_model_says_it(tmp_path, trained):
    snapshot = joined(varied(place("AAA"), "2024-04-09T19"), varied(SEOUL, "2024-04-09T21"))
    other = told(tmp_path / "other", snapshot, None, model=trained)
    assert [other[id]["trained"] for id in ("AAA", "108")] == [True, True]
    version = built().manifest.version
    own = told(tmp_path / "own", of_model(snapshot, version), None, model=trained)
    assert {id: own[id]["trained"] for id in ("AAA", "BBB", "108")} == {
        "AAA": True,
        "BBB": True,
        "108": False,
    }


def of_model(snapshot, version):
    """The same snapshot, made by a model of this version."""

    return replace(snapshot, origin=replace(snapshot.origin, model=version))
