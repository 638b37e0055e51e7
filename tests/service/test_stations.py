"""`GET /stations`, and what names a station, where there are more stations than anybody reads."""

import pytest

from service.in_process_service import serving
from service.synthetic_snapshots import many
from wearcast.forecasting import daily

COUNT = 130
MOST = 100


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("many"), many(COUNT)) as running:
        yield running


def ids(answer):
    return [station["id"] for station in answer["stations"]]


def test_a_small_installation_has_all_its_stations_on_one_page(cities):
    answer = cities.read("/stations")
    assert ids(answer) == ["EWR", "108"]
    assert (answer["default"], answer["total"], answer["next"]) == ("EWR", 2, None)


def test_pages_have_every_station_once_in_order(service):
    first = service.read("/stations")
    assert (len(first["stations"]), first["total"], first["default"]) == (MOST, COUNT, "P0000")
    second = service.read("/stations", after=first["next"])
    assert ids(first) + ids(second) == [f"P{number:04}" for number in range(COUNT)]
    assert second["next"] is None
    assert len(ids(service.read("/stations", limit=7))) == 7


@pytest.mark.parametrize("text", ["place 77", "곳 77", "곳77", "P0077", "PLACE77"])
def test_a_place_is_found_by_its_names_and_its_id(service, text):
    answer = service.read("/stations", q=text)
    assert (ids(answer), answer["total"], answer["next"]) == (["P0077"], 1, None)
    assert answer["default"] == "P0000"


def test_what_is_found_comes_in_pages_too(service):
    first = service.read("/stations", q="Place 1", limit=20)
    rest = service.read("/stations", q="Place 1", after=first["next"])
    assert (first["total"], len(first["stations"]), len(rest["stations"])) == (41, 20, 21)
    assert ids(first)[0] == "P0001"


def test_nothing_found_is_an_answer_with_the_headers_of_one(service):
    answer = service.get("/stations", q="nowhere")
    assert (answer.json()["stations"], answer.json()["total"]) == ([], 0)
    usual = service.get("/stations").headers
    for name in ("wearcast-issued-at", "wearcast-age", "wearcast-stale", "wearcast-model"):
        assert name in usual
        assert name in answer.headers


def test_the_days_of_a_page_are_those_of_the_forecast(service, cities):
    for one, paths in ((service, ["P0000", "P0099"]), (cities, ["EWR", "108"])):
        offered = {station["id"]: station for station in one.read("/stations")["stations"]}
        for id in paths:
            days = one.read("/forecast/latest", station=id)["days"]
            assert offered[id]["days"] == [day["date"] for day in days]


def test_no_weather_is_read_for_a_page(service, monkeypatch):
    def read(*_):
        raise AssertionError("a station's hours were read")

    monkeypatch.setattr(daily, "_station_hours", read)
    assert len(service.read("/stations", limit=90)["stations"]) == 90


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "query.limit"),
        ("limit=101", "query.limit"),
        ("limit=all", "query.limit"),
        ("after=", "query.after"),
        ("after=P9999", "query.after"),
        ("after=P0001&q=77", "query.after"),
        (f"q={'x' * 61}", "query.q"),
    ],
)
def test_what_no_page_can_be_is_refused(service, query, field):
    answer = service.get(f"/stations?{query}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    "path", ["/forecast/latest", "/forecast/latest.csv", "/recommendation/by_day"]
)
def test_a_message_about_an_unknown_station_names_few_of_those_there_are(service, path):
    answer = service.get(path, station="JFK")
    assert answer.status_code == 404
    detail = answer.json()["detail"]
    assert detail.startswith("No forecast for station JFK; there is one for: P0000, P0001, ")
    assert detail.endswith(f"P0019 and {COUNT - 20} more.")
