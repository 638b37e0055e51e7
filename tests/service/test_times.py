"""Times: ISO 8601 to the second with their zone everywhere, but in the prototype's fields."""

import json
import re

import pytest

from wearcast.serving.api.utc_time import with_whole_times

WHOLE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
SEEMING = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d[^\",\s]*")


@pytest.mark.parametrize(
    "path",
    [
        "/forecast/latest",
        "/forecast/latest?units=imperial",
        "/forecast/latest.csv",
        "/stations",
        "/recommendation/by_day?station=108",
        "/recommendation/by_hour?station=108&hour=8",
        "/verification/recent",
    ],
)
def test_every_time_of_an_answer_has_its_seconds_and_its_zone(cities, path):
    answer = cities.get(path)
    assert answer.status_code == 200
    times = SEEMING.findall(answer.text)
    assert times
    assert [at for at in times if not WHOLE.fullmatch(at)] == []
    assert WHOLE.fullmatch(answer.headers["wearcast-issued-at"])


def test_every_time_about_the_model_has_its_seconds_and_its_zone(modelled):
    answer = modelled.get("/model")
    assert answer.status_code == 200
    times = SEEMING.findall(json.dumps(answer.json()["trained_on"]))
    assert len(times) == 2
    assert all(WHOLE.fullmatch(at) for at in times)


def test_hours_of_reports_become_whole_times():
    report = {"from": "2013-03-11T23", "hours": [{"at": "2013-03-11T23:00Z"}, "2013-03-11"]}
    at = "2013-03-11T23:00:00Z"
    assert with_whole_times(report) == {"from": at, "hours": [{"at": at}, "2013-03-11"]}
    whole = {"at": at, "n": 1.5, "none": None, "text": "no time T03"}
    assert with_whole_times(whole) == whole


def test_the_prototypes_times_stay_as_they_were(cities):
    first = cities.get("/forecast/latest", format="records", station="108").content[:170]
    assert re.fullmatch(
        rb'\[{"year":2024,"month":4,"day":10,"hour":7,"day_of_week":2,"pred_Temperature":[-0-9.]+,'
        rb'"datetime":"2024-04-10 07:00:00","date":"2024-04-10"},{"year":2024.*',
        first,
    )
    text = cities.get("/recommendation/by_day", station="108", target_date="2024-04-12").text
    assert '"target_date":"2024-04-12","weather_summary":{"avg_temp":' in text
