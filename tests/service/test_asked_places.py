"""Places that people find and ask for, with a made-up Open-Meteo over HTTP."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from fakes.open_meteo import FakeOpenMeteo
from fakes.serving import served
from service.in_process_service import RunningService
from service.synthetic_snapshots import two_cities
from unit.serving.dashboard.read_page import Read
from unit.serving.refresh_fakes import params
from wearcast.serving.dashboard.api_client import ApiClient
from wearcast.serving.dashboard.page_data import fetch_page_data
from wearcast.serving.dashboard.page_query import parse_query
from wearcast.serving.dashboard.page_state import PageState
from wearcast.serving.dashboard.place_search import place_search
from wearcast.serving.dashboard.wanted_places import PlaceDesk, PlaceWish, read_wish
from wearcast.serving.places.place_requests import PlaceQueue
from wearcast.serving.settings import Deployment
from wearcast.serving.store.object_storage import FolderStorage

TOKEN = "an-operators-token-of-32-letters-"  # noqa: S105 - of a test
GANGNEUNG = 1843137
Serve = Callable[..., RunningService]


@pytest.fixture
def fake() -> FakeOpenMeteo:
    return FakeOpenMeteo()


@pytest.fixture
def start(serve, fake, tmp_path, monkeypatch) -> Iterator[Serve]:
    """A service whose names of places come from the made-up Open-Meteo, and whose queue is in a
    folder of the test's."""
    content = params("open_meteo").model_dump(mode="json")

    def started(**settings: Any) -> RunningService:
        usual = {"place_requests": "anyone", "place_queue": str(tmp_path / "queue")}
        return serve(two_cities(), **{**usual, **settings})

    with served(fake) as url:
        content["ingest"]["open_meteo"]["geocoding_url"] = f"{url}/v1/search"
        (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
        monkeypatch.chdir(tmp_path)
        yield started


@pytest.fixture
def queue(tmp_path) -> PlaceQueue:
    return PlaceQueue(FolderStorage(tmp_path / "queue"))


def ask(service: RunningService, name: str = "강릉", number: int = GANGNEUNG, **how: Any) -> Any:
    return service.ask("POST", "/places", json={"name": name, "number": number}, **how)


def metrics(service: RunningService) -> dict[tuple[str, tuple[str, ...]], float]:
    """Those of places, with the values of their labels in the order of the labels' names."""
    families = text_string_to_metric_families(service.get("/metrics").text)
    samples = [sample for family in families for sample in family.samples]
    return {
        (one.name.removeprefix("wearcast_place_"), tuple(one.labels.values())): one.value
        for one in samples
        if one.name.startswith("wearcast_place_")
    }


@pytest.mark.parametrize("name", ["강릉", "Gangneung", " gangneung"])
def test_a_place_is_found_in_either_language(start, name):
    found = start().read("/places", name=name)
    [place] = found["places"]
    assert (place["number"], place["name_en"], place["name_ko"]) == (
        GANGNEUNG,
        "Gangneung",
        "강릉시",
    )
    assert (place["state"], found["room"]) == ("new", "new")
    assert "GeoNames" in found["credit"]


def test_a_place_that_is_forecast_is_told_with_its_station(start):
    service = start()
    [place] = service.read("/places", name="Seoul")["places"]
    assert (place["state"], place["station"]) == ("forecast", "108")
    assert ask(service, "Seoul", place["number"]).json()["state"] == "forecast"


def test_asking_puts_it_into_the_queue_once(start, queue):
    service = start()
    answers = [ask(service), ask(service, "Gangneung"), ask(service)]
    assert [answer.status_code for answer in answers] == [202, 200, 200]
    assert {answer.json()["state"] for answer in answers} == {"waiting"}
    [request] = queue.read().requests
    assert request.station.id == "gangneung"
    assert (request.station.name_ko, request.station.time_zone) == ("강릉시", "Asia/Seoul")
    assert (request.station.elevation_m, request.has_elevation) == (39.0, True)
    assert service.read("/places", name="강릉")["places"][0]["state"] == "waiting"


def test_what_became_of_it_is_told(start, queue):
    service = start()
    ask(service)
    ended = {"state": "refused", "reason": "model", "ended_at": datetime.now(UTC)}
    queue.change(lambda requests: requests.with_changed("gangneung", **ended))
    place = ask(service).json()
    assert (place["state"], place["reason"]) == ("refused", "model")


def test_two_places_of_one_name_have_ids_of_their_own(start, queue):
    service = start()
    numbers = [place["number"] for place in service.read("/places", name="Springfield")["places"]]
    assert [ask(service, "Springfield", number).status_code for number in numbers] == [202, 202]
    assert len({request.station.id for request in queue.read().requests}) == 2


def test_what_the_name_does_not_find_is_refused(start):
    answer = ask(start(), number=1)
    assert answer.status_code == 404
    assert "No place named 강릉 has the number 1" in answer.json()["detail"]


@pytest.mark.parametrize("name", ["", "a", "  a ", "a" * 61, "a\nb"])
def test_what_is_no_name_is_refused(start, fake, name):
    service = start()
    assert service.get("/places", name=name).status_code == 422
    assert ask(service, name).status_code == 422
    assert not fake.asked_of("search")


def test_nobody_asks_where_it_is_off(start, fake):
    service = start(place_requests="off")
    assert service.get("/places", name="강릉").status_code == 404
    assert "WEARCAST_PLACE_REQUESTS" in ask(service).json()["detail"]
    assert not fake.asked_of("search")


def test_only_who_has_the_token_asks(start, fake):
    service = start(place_requests="token", place_token=TOKEN)
    statuses = []
    for sent in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic x"}):
        statuses.append(ask(service, headers=sent).status_code)
    assert statuses == [401, 403, 401]
    assert not fake.asked_of("search")
    assert ask(service, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 202


def test_as_many_are_asked_for_as_the_operator_allows(start):
    service = start(places_a_day=1)
    assert ask(service).status_code == 202
    answer = ask(service, "Ulsan", number_of(service, "Ulsan"))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3600")
    assert service.read("/places", name="Ulsan")["room"] == "today"


def test_none_is_asked_for_where_there_is_no_room(start):
    service = start(places=0)
    assert ask(service).status_code == 409
    assert service.read("/places", name="강릉")["room"] == "full"


def number_of(service: RunningService, name: str) -> int:
    [place] = service.read("/places", name=name)["places"]
    return int(place["number"])


def test_a_name_is_looked_up_once(start, fake):
    service = start()
    for _ in range(5):
        service.read("/places", name="강릉")
    ask(service)
    assert len(fake.asked_of("search")) == 2  # in each language


def test_an_address_asks_so_often_and_no_more(start, fake):
    service = start(trusted_proxies="127.0.0.1")
    far = {"X-Forwarded-For": "192.0.2.7"}
    assert [ask(service, headers=far).status_code for _ in range(6)][-2:] == [200, 429]
    statuses = [service.get("/places", far, name="강릉").status_code for _ in range(11)]
    assert statuses[-2:] == [200, 429]
    assert ask(service, headers={"X-Forwarded-For": "192.0.2.8"}).status_code == 200
    assert len(fake.asked_of("search")) == 2


def test_strangers_do_not_flood_the_service_of_names(start, fake):
    service = start()
    statuses = [service.get("/places", name=f"Nowhere {n}").status_code for n in range(45)]
    assert statuses.count(200) == 40
    assert set(statuses[-5:]) == {503}
    assert len(fake.asked_of("search")) == 80
    assert service.get("/places", name="Nowhere 7").status_code == 200


@pytest.mark.parametrize("fault", ["HTML", "500", "broken stream", "dropped"])
def test_a_broken_service_of_names_is_no_place(start, fake, fault):
    service = start()
    fake.faults.append(fault)
    answer = service.get("/places", name="강릉")
    assert answer.status_code == 503
    assert service.read("/places", name="강릉")["places"]


def test_a_queue_that_can_not_be_written_is_told(start, tmp_path):
    service = start()
    (tmp_path / "queue").write_text("no folder")
    answer = ask(service)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert str(tmp_path) not in answer.text


def test_the_metrics_tell_what_came_of_requests_and_names(start, queue, fake):
    service = start(places_a_day=1)
    fake.faults.append("500")
    assert ask(service).status_code == 503
    for number in (GANGNEUNG, GANGNEUNG, 1):
        ask(service, number=number)
    ask(service, "Ulsan", number_of(service, "Ulsan"))
    told = metrics(service)
    of_requests = {"new": 1, "known": 1, "unknown": 1, "today": 1, "failed": 1, "rate": 0}
    for outcome, count in of_requests.items():
        assert told["requests_total", (outcome,)] == count, outcome
    of_names = {"asked": 2, "kept": 3, "failed": 1, "limit": 0}
    assert {outcome: told["names_total", (outcome,)] for outcome in of_names} == of_names
    assert told["queue", ("", "waiting")] == 1
    assert 0 <= told["queue_wait_seconds", ()] < 3_600
    ended = {"state": "refused", "reason": "model", "ended_at": datetime.now(UTC)}
    queue.change(lambda requests: requests.with_changed("gangneung", **ended))
    service.read("/places", name="강릉")
    later = metrics(service)
    assert (later["queue", ("model", "refused")], later["queue", ("", "waiting")]) == (1, 0)
    assert later["queue_wait_seconds", ()] == 0
    assert later.keys() == told.keys()


def test_the_metrics_count_other_tokens_and_tell_nothing_where_nobody_may_ask(start):
    service = start(place_requests="token", place_token=TOKEN)
    for sent in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Bearer {TOKEN}"}):
        ask(service, headers=sent)
    assert metrics(service)["other_tokens_total", ()] == 1
    assert TOKEN not in service.get("/metrics").text
    assert not metrics(start(place_requests="off"))


def test_a_queue_that_can_not_be_read_has_no_metrics(start, tmp_path):
    service = start()
    ask(service)
    assert ("queue", ("", "waiting")) in metrics(service)
    (tmp_path / "queue/requests.json").unlink()
    (tmp_path / "queue/requests.json").mkdir()
    ask(service)
    service.get("/places", name="강릉")
    assert ("queue", ("", "waiting")) not in metrics(service)
    assert service.get("/health/ready").status_code == 200


def test_the_settings_keep_the_token_to_themselves():
    settings = Deployment.model_validate({"place_requests": "token", "place_token": TOKEN})
    assert TOKEN not in f"{settings!r}{settings.model_dump_json()}"


def desk(service: RunningService, **how: Any) -> PlaceDesk:
    """That of a new page."""
    return PlaceDesk(ApiClient(service.client, "here"), **how)


def page(service: RunningService, query: str, places: PlaceDesk | None = None, **state: Any) -> str:
    """What the page shows of a search."""
    choices, wrong = parse_query(query)
    client = ApiClient(service.client, "here")
    data, _ = service.run(fetch_page_data(client, choices, places or desk(service)))
    shown = PageState(data.chosen, choices.lang or "en", wrong, data, **state)
    return str(place_search(shown))


def texts(html: str) -> str:
    return " ".join(Read(html).texts)


@pytest.mark.parametrize(
    ("lang", "button", "told"),
    [("en", "Add Gangneung", "Asked for"), ("ko", "강릉시 더하기", "요청했어요")],
)
def test_the_page_offers_what_it_finds_and_tells_what_became_of_it(
    start, queue, lang, button, told
):
    service = start()
    places = desk(service)
    html = page(service, f"?find=강릉&lang={lang}", places)
    assert f'data-ask="{GANGNEUNG}"' in html
    assert 'data-name="강릉"' in html
    assert button in texts(html)
    assert "GeoNames" in texts(html)
    assert "people" not in texts(html)
    assert service.run(places.ask(PlaceWish("강릉", GANGNEUNG)))
    html = page(service, f"?find=강릉&lang={lang}")
    assert "data-ask" not in html
    assert told in texts(html)
    seen = {texts(html)}
    for reason in ("source", "model", "full", "operator", None):
        changes = {"state": "refused" if reason else "added", "reason": reason}
        queue.change(lambda requests, to=changes: requests.with_changed("gangneung", **to))
        seen.add(texts(page(service, f"?find=강릉&lang={lang}")))
    assert len(seen) == 6


def test_where_nobody_may_ask_the_page_offers_nothing(start, fake):
    html = page(start(place_requests="off"), "?find=강릉")
    assert "data-ask" not in html
    assert "place-token" not in html
    assert "wearcast stations add" in texts(html)
    assert not fake.asked_of("search")


def test_a_picture_that_no_page_shares_looks_no_place_up(start, fake):
    service = start()
    client = ApiClient(service.client, "here")
    data, _ = service.run(fetch_page_data(client, parse_query("?find=강릉")[0]))
    assert (data.found, data.wanted) == ([], None)
    assert not fake.asked_of("search")


def test_who_has_the_token_asks_through_the_page(start, fake, queue):
    service = start(place_requests="token", place_token=TOKEN)
    places = desk(service)
    html = page(service, "?find=강릉", places)
    assert "With the operator’s token" in texts(html)
    assert 'type="password"' in html
    for wrong in ("x" * 32, "no token", "토큰" * 20, None):
        places.use_token(wrong)
        html = page(service, "?find=강릉", places)
        assert "isn’t the operator’s token" in texts(html)
    assert not service.run(places.ask(PlaceWish("강릉", GANGNEUNG)))
    assert not fake.asked_of("search")
    places.use_token(TOKEN)
    html = page(service, "?find=강릉", places)
    assert f'data-ask="{GANGNEUNG}"' in html
    assert TOKEN not in html
    assert service.run(places.ask(PlaceWish("강릉", GANGNEUNG)))
    assert [request.station.id for request in queue.read().requests] == ["gangneung"]


def test_a_page_has_so_many_names_looked_up_and_leaves_the_rest_to_others(start, fake):
    service, passed_s = start(), [0.0]
    places = desk(service, clock_s=lambda: passed_s[0])

    def told(name: str) -> str:
        found = service.run(places.places(name))
        return found.trouble if found else "nobody"

    assert [told(f"Nowhere {n}") for n in range(10)] == [""] * 8 + ["often"] * 2
    assert told("Nowhere 3") == ""
    assert len(fake.asked_of("search")) == 16
    html = page(service, "?find=Ulsan", places)
    assert "Too many names" in texts(html)
    assert "data-ask" in page(service, "?find=Ulsan")
    passed_s[0] = 121.0
    assert [told("Ulsan"), told("Busan")] == ["", "often"]


def test_a_search_that_fails_for_long_takes_no_names_from_the_page(start, fake):
    service, passed_s = start(), [0.0]
    places = desk(service, clock_s=lambda: passed_s[0])
    for minute in range(30):
        passed_s[0] = 60.0 * minute
        fake.faults.append("500")
        found = service.run(places.places("강릉"))
        assert (found.places, found.trouble) == (None, ""), minute
    assert service.run(places.places("강릉")).places
    names = [service.run(places.places(f"Nowhere {n}")).trouble for n in range(9)]
    assert names == [""] * 8 + ["often"]


def test_a_search_that_fails_is_not_repeated_as_often_as_a_message_says(start, fake):
    service = start()
    places = desk(service, clock_s=lambda: 0.0)
    fake.faults.extend(["500"] * 20)
    troubles = [service.run(places.places("강릉")).trouble for _ in range(20)]
    assert troubles == [""] * 10 + ["often"] * 10


def test_a_token_that_the_api_refuses_is_sent_once(start):
    service = start(place_requests="token", place_token=TOKEN)
    places = desk(service)
    for wrong, count in (("x" * 32, 1), ("y" * 32, 2)):
        places.use_token(wrong)
        for _ in range(3):
            assert "isn’t the operator’s token" in texts(page(service, "?find=강릉", places))
        assert metrics(service)["other_tokens_total", ()] == count
    places.use_token(TOKEN)
    for _ in range(3):
        assert "data-ask" in page(service, "?find=강릉", places)


@pytest.mark.parametrize("name", ["Ulsan", "강릉 ", ""])
def test_a_page_asks_only_for_what_it_has_found(start, fake, queue, name):
    service = start()
    places = desk(service)
    page(service, "?find=강릉", places)
    asked = len(fake.asked_of("search"))
    for _ in range(5):
        assert not service.run(places.ask(PlaceWish(name, GANGNEUNG)))
    assert len(fake.asked_of("search")) == asked
    assert not queue.read().requests
    assert service.run(places.ask(PlaceWish("강릉", GANGNEUNG)))


@pytest.mark.parametrize("settings", [{"place_requests": "off"}, {"place_token": TOKEN}])
def test_names_that_the_api_does_not_look_up_count_for_no_page(start, settings):
    service = start(**{"place_requests": "token", **settings})
    places = desk(service)
    troubles = set()
    for n in range(20):
        found = service.run(places.places(f"Nowhere {n}"))
        troubles.add(found.trouble if found else "nobody")
    assert troubles <= {"nobody", "token"}


def test_the_page_says_why_nothing_can_be_asked_for(start, fake):
    assert "no room for another" in texts(page(start(places=0), "?find=강릉"))
    service = start(places_a_day=0)
    html = page(service, "?find=강릉")
    assert "No more places can be asked for today" in texts(html)
    assert "data-ask" not in html
    assert "no place of that name" in texts(page(service, "?find=Nowhere"))
    fake.faults.append("503")
    assert "can’t be looked up just now" in texts(page(service, "?find=Ulsan"))
    failed = page(start(), "?find=강릉", has_wish_failed=True)
    assert "Try again in some minutes" in texts(failed)


@pytest.mark.parametrize(
    "message", [{}, {"name": 1, "number": 1}, {"name": "강릉"}, {"name": "강릉", "number": "1"}]
)
def test_a_message_that_is_no_wish_is_none(message):
    assert read_wish(message) is None
