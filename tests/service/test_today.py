"""Today is the reader's, by the station's clocks; a replay has a clock of its own, its issue
time."""

from datetime import UTC, date, datetime, timedelta

import pytest

from service.synthetic_snapshots import NEWARK, SEOUL, joined, varied
from wearcast.weather.stations import resolve

[DELHI] = resolve(["delhi"])
YESTERDAY, TODAY = date(2024, 4, 9), date(2024, 4, 10)
PLACES = pytest.mark.parametrize(
    ("station", "issued_at"),
    # The last hour of 9 April by the station's clocks: 23:00, and in Delhi 23:30.
    [(SEOUL, "2024-04-09T14"), (NEWARK, "2024-04-10T03"), (DELHI, "2024-04-09T18")],
    ids=["Seoul", "Newark", "Delhi"],
)


def local(station, day, hour, minute=0):
    """An instant by the station's clocks."""
    return datetime(2024, 4, day, hour, minute, tzinfo=station.zone).astimezone(UTC)


def week(first, days=7):
    """Dates from the first on, as answers have them."""
    return [str(first + timedelta(days=n)) for n in range(days)]


class Clock:
    """The reader's clock, turned by the test."""

    def __init__(self, at):
        self.at = at

    def __call__(self):
        return self.at


@PLACES
def test_at_0040_today_is_the_new_date_though_the_last_observation_is_of_the_old_one(
    serve, station, issued_at
):
    service = serve(varied(station, issued_at), now=lambda: local(station, 10, 0, 40))
    [offered] = service.read("/stations")["stations"]
    assert offered["days"] == week(TODAY)
    assert offered["today"] == str(TODAY)
    forecast = service.read("/forecast/latest")
    assert [day["date"] for day in forecast["days"]] == week(TODAY)
    assert forecast["days"][0]["observed_h"] == 0
    for asked, meant in (
        ("today", TODAY),
        ("tomorrow", TODAY + timedelta(days=1)),
        (str(TODAY), TODAY),
    ):
        told = service.read("/recommendation/by_day", target_date=asked)
        assert told["target_date"] == str(meant)
        assert {step["at"][:10] for step in told["timeline"]} == {str(meant)}
        assert not any(step["observed"] for step in told["timeline"])
    assert (
        service.read("/recommendation/by_hour", target_date="tomorrow", hour=8)["target_date"]
        == "2024-04-11"
    )
    gone = service.get("/recommendation/by_day", target_date=str(YESTERDAY))
    assert (gone.status_code, gone.json()["detail"]) == (
        404,
        f"No forecast for {YESTERDAY} at {station.id}; there is one for {', '.join(week(TODAY))}.",
    )


@PLACES
def test_before_midnight_today_is_the_day_of_the_last_observation(serve, station, issued_at):
    service = serve(varied(station, issued_at), now=lambda: local(station, 9, 23, 50))
    [offered] = service.read("/stations")["stations"]
    assert (offered["days"], offered["today"]) == (week(YESTERDAY), str(YESTERDAY))
    assert service.read("/recommendation/by_day", target_date="today")["day"]["observed_h"] == 24


def test_a_replay_reads_its_issue_time_whatever_the_readers_clock(serve):
    replay = joined(varied(NEWARK, "2024-04-09T11"), varied(SEOUL, "2024-04-09T21"), replay=True)
    service = serve(replay, now=lambda: datetime(2031, 7, 1, tzinfo=UTC))
    assert [station["today"] for station in service.read("/stations")["stations"]] == [
        "2024-04-09",
        "2024-04-10",
    ]
    # 07:00 in Newark, 06:00 in Seoul.
    assert service.read("/recommendation/by_day")["target_date"] == "2024-04-09"
    assert (
        service.read("/recommendation/by_day", station="108", target_date="tomorrow")["target_date"]
        == "2024-04-11"
    )


@pytest.mark.parametrize(
    ("hour", "query", "meant"),
    [
        (7, "", 10),
        (20, "", 10),
        # The last hour outdoors, from 21:00 to 22:00, has begun: what is put on now is for
        # tomorrow.
        (21, "", 11),
        (23, "", 11),
        (23, "wake=7&sleep=24", 11),
        (22, "wake=7&sleep=24", 10),
        (23, "wake=22&sleep=6", 10),
        (3, "wake=22&sleep=6", 10),
        (9, "wake=5&sleep=9", 11),
        (17, "out=8-9,18-19", 10),
        (18, "out=8-9,18-19", 11),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_day_is_today_while_an_hour_outdoors_is_to_come_and_tomorrow_after_that(
    serve, method, hour, query, meant
):
    service = serve(varied(SEOUL, "2024-04-09T14"), now=lambda: local(SEOUL, 10, hour, 20))
    wardrobe = {"own": ["tshirt", "jeans", "canvas_sneakers"]}
    told = service.ask(
        method, f"/recommendation/by_day?{query}", json=wardrobe if method == "POST" else None
    )
    assert told.json()["target_date"] == f"2024-04-{meant}"


@pytest.mark.parametrize(("hour", "meant"), [(8, 11), (13, 10)])
def test_an_hour_is_the_next_one_of_that_name(serve, hour, meant):
    service = serve(varied(SEOUL, "2024-04-09T14"), now=lambda: local(SEOUL, 10, 12, 20))
    assert service.read("/recommendation/by_hour", hour=hour)["target_date"] == f"2024-04-{meant}"


@PLACES
def test_cached_responses_and_etags_change_at_the_stations_midnight(serve, station, issued_at):
    clock = Clock(local(station, 9, 23, 59))
    service = serve(varied(station, issued_at), now=clock)
    paths = [
        "/stations",
        "/forecast/latest",
        "/recommendation/by_day?target_date=today",
        "/recommendation/by_day",
    ]
    before = {path: service.get(path) for path in paths}
    for path, answer in before.items():
        assert answer.headers["cache-control"] == "public, max-age=60", path
    clock.at = local(station, 10, 0, 0)
    for path, old in before.items():
        new = service.get(path, headers={"If-None-Match": old.headers["etag"]})
        assert new.status_code == 200, path
        assert new.headers["etag"] != old.headers["etag"]
    # Tomorrow, before midnight, is today, after it, and is compared with another word.
    [tomorrow, today] = [before["/recommendation/by_day"].json(), service.read(path)]
    assert today["target_date"] == tomorrow["target_date"] == str(TODAY)
    assert " today. " in tomorrow["day_before"]["text"]
    assert " yesterday. " in today["day_before"]["text"]
    assert service.read("/stations")["stations"][0]["days"][0] == str(TODAY)
    assert service.read("/recommendation/by_day", target_date="today")["target_date"] == str(TODAY)
    assert service.get("/forecast/latest").headers["cache-control"] == "public, max-age=3600"


def test_a_response_about_the_default_day_is_cacheable_while_it_lasts(serve):
    clock = Clock(local(SEOUL, 9, 20, 58))
    service = serve(varied(SEOUL, "2024-04-09T11"), now=clock)
    before = service.get("/recommendation/by_day")
    assert (before.json()["target_date"], before.headers["cache-control"]) == (
        "2024-04-09",
        "public, max-age=120",
    )
    clock.at = local(SEOUL, 9, 21, 0)
    assert service.read("/recommendation/by_day")["target_date"] == "2024-04-10"


def test_a_late_forecast_offers_the_days_that_are_left_of_it(serve):
    service = serve(varied(SEOUL, "2024-04-09T14"), now=lambda: local(SEOUL, 14, 9))
    [offered] = service.read("/stations")["stations"]
    assert offered["days"] == week(date(2024, 4, 14), 3)
    for day in offered["days"]:
        assert service.get("/recommendation/by_day", target_date=day).status_code == 200
    assert service.read("/recommendation/by_day")["target_date"] == "2024-04-14"


def test_a_day_whose_evening_the_forecast_does_not_reach_is_not_offered(serve):
    # Issued at 12:00 on the 9th, the forecast ends at 12:00 on the 16th.
    service = serve(varied(SEOUL, "2024-04-09T03"), now=lambda: local(SEOUL, 10, 9))
    assert service.read("/stations")["stations"][0]["days"] == week(TODAY, 6)


def test_an_old_forecast_serves_what_there_is_and_says_that_today_is_not_in_it(serve):
    service = serve(varied(SEOUL, "2024-04-09T14"), now=lambda: datetime(2024, 6, 1, tzinfo=UTC))
    [offered] = service.read("/stations")["stations"]
    assert (offered["days"], offered["today"]) == (week(TODAY), "2024-06-01")
    told = service.read("/recommendation/by_day")
    assert (told["target_date"], told["forecast"]["stale"]) == ("2024-04-16", True)
    for asked, meant in (("today", "2024-06-01"), ("tomorrow", "2024-06-02")):
        gone = service.get("/recommendation/by_day", target_date=asked)
        assert (gone.status_code, gone.json()["detail"]) == (
            404,
            f"No forecast for {meant} at 108; there is one for {', '.join(week(TODAY))}.",
        )


def test_a_clock_before_the_forecast_is_answered_from_its_first_day(serve):
    service = serve(varied(SEOUL, "2024-04-09T14"), now=lambda: local(SEOUL, 1, 9))
    assert service.read("/stations")["stations"][0]["days"] == week(YESTERDAY)
    assert service.read("/recommendation/by_day")["target_date"] == str(YESTERDAY)


@pytest.mark.parametrize(
    "asked", ["yesterday", "Today", "1712880000", "2024-04-31", "20240412", "", "2024-4-1"]
)
@pytest.mark.parametrize("path", ["/recommendation/by_day?", "/recommendation/by_hour?hour=8&"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_invalid_date_is_refused_with_the_three_valid_forms(cities, method, path, asked):
    answer = cities.ask(
        method, f"{path}target_date={asked}", json={"own": ["tshirt"]} if method == "POST" else None
    )
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error == {
        "field": "query.target_date",
        "message": "must be today, tomorrow or a date such as 2013-12-31",
    }


def test_the_openapi_document_has_the_three_forms(cities):
    document = cities.read("/openapi.json")
    for path in ("/recommendation/by_day", "/recommendation/by_hour"):
        for operation in document["paths"][path].values():
            [asked] = [
                one["schema"] for one in operation["parameters"] if one["name"] == "target_date"
            ]
            assert asked["oneOf"] == [
                {"type": "string", "enum": ["today", "tomorrow"]},
                {"type": "string", "format": "date"},
            ]
