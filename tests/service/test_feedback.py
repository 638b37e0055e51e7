"""Feedback over HTTP: a vote counts once, is worth what the snapshots say, and belongs to whoever
has the token."""

import asyncio
import itertools
import sqlite3
import threading
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from feedback_votes import OTHER, TOKEN
from service.in_process_service import RunningService
from service.synthetic_snapshots import SEOUL, joined, varied
from wearcast.clothing.advice import day_advice
from wearcast.clothing.comfort import COLDER_C
from wearcast.clothing.settings import Settings
from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.api.bounded_threads import BoundedThreads
from wearcast.serving.api.problem_details import ProblemError
from wearcast.serving.feedback import feedback_store
from wearcast.serving.feedback.votes_of_people import VotesOfPeople

MORNING, NOW = "2024-03-05T21", datetime(2024, 3, 6, 6, 30, tzinfo=UTC)
"""06:00 and 15:30 in Seoul on 6 March."""


TWO = (varied(SEOUL, MORNING), varied(SEOUL, "2024-03-06T06"))


@pytest.fixture
def taking(serve, tmp_path) -> RunningService:
    """A service that takes votes, at half past three in Seoul."""
    return taking_votes(serve, tmp_path, TWO)


def taking_votes(
    serve: Any,
    folder: Path,
    snapshots: Sequence[Snapshot],
    published_after: timedelta = timedelta(minutes=20),
) -> RunningService:
    ticks = itertools.count()
    return serve(
        *snapshots,
        now=lambda: NOW + timedelta(milliseconds=next(ticks)),
        published_after=published_after,
        feedback=f"sqlite:///{folder}/votes.db",
        stale_after=timedelta(days=7),
    )


def vote(**fields: Any) -> dict[str, Any]:
    usual = {
        "id": str(uuid.uuid4()),
        "station": "108",
        "target_date": "2024-03-06",
        "verdict": "too_cold",
    }
    return usual | fields


def headers(token: str = TOKEN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def give(service: RunningService, body: dict[str, Any], token: str = TOKEN) -> Any:
    return service.ask("POST", "/feedback", json=body, headers=headers(token))


def mine(service: RunningService, token: str = TOKEN, **query: Any) -> Any:
    answer = service.get("/feedback", headers=headers(token), **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def metrics(service: RunningService) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(service.get("/metrics").text)
    samples = [sample for family in families for sample in family.samples]
    return {(one.name, tuple(one.labels.items())): one.value for one in samples}


def test_a_vote_is_kept_and_moves_the_offset(taking):
    answer = give(taking, vote(piece="hoodie"))
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json()["state"] == "new"
    offset = answer.json()["offset"]
    assert offset["votes"] == 1
    assert offset["low_c"] < offset["mean_c"] < offset["high_c"]
    assert offset["text"].endswith("from one vote.")
    [kept] = mine(taking)["votes"]
    assert (kept["station"], kept["piece"], kept["verdict"]) == ("108", "hoodie", "too_cold")
    assert mine(taking)["offset"] == offset


def test_the_same_vote_sent_again_counts_once(taking):
    body = vote()
    states = [give(taking, body).json()["state"] for _ in range(3)]
    assert states == ["new", "known", "known"]
    assert len(mine(taking)["votes"]) == 1


def test_a_kept_vote_sent_again_is_known_when_its_day_is_forgotten(taking):
    body = vote()
    assert give(taking, body).status_code == 201
    taking.shelf.publish(varied(SEOUL, "2024-03-12T06"))
    taking.reader.poll()
    assert give(taking, vote()).status_code == 409
    answer = give(taking, body)
    assert (answer.status_code, answer.json()["state"]) == (200, "known")


def test_another_vote_with_its_id_is_refused(taking):
    body = vote()
    give(taking, body)
    answer = give(taking, body | {"verdict": "right"})
    assert answer.status_code == 409
    assert body["id"] in answer.json()["detail"]


def test_of_two_votes_on_a_day_the_last_counts(taking):
    give(taking, vote(verdict="too_cold"))
    give(taking, vote(verdict="too_warm"))
    history = mine(taking)
    assert len(history["votes"]) == 2
    assert history["offset"]["votes"] == 1
    assert history["offset"]["mean_c"] < 0


def test_it_is_about_the_advice_of_that_morning(taking, tmp_path):
    give(taking, vote())
    [kept] = mine(taking)["votes"]
    morning = taking.shelf.store.read_state().history[1]
    assert kept["snapshot"] == morning.version
    [row] = sqlite3.connect(tmp_path / "votes.db").execute(
        "SELECT suits_c, per_degree, worn_clo, said_right FROM feedback_votes"
    )
    suits_c, per_degree, worn_clo, said_right = row
    assert -12 < suits_c < 12
    assert 0.3 < per_degree < 1.2
    advised = day_advice(varied(SEOUL, MORNING), "108", NOW.date(), Settings())
    assert worn_clo == pytest.approx(advised.clo, abs=0.001)
    assert said_right == pytest.approx(advised.certainty.fits)


def test_what_was_published_after_people_dressed_is_no_advice_of_that_morning(taking):
    """It was issued at 6 and published at 6:20."""
    answer = give(taking, vote(wake=6))
    assert answer.status_code == 409
    assert "no advice that stood at 2024-03-05 21:00 UTC" in answer.json()["detail"]
    assert give(taking, vote(wake=7)).status_code == 201


def test_a_replays_advice_stood_at_its_issue_time(serve, tmp_path):
    """By the clock of whoever replays it was published years later."""
    snapshots = [joined(snapshot, replay=True) for snapshot in TWO]
    service = taking_votes(serve, tmp_path, snapshots, published_after=timedelta(days=900))
    assert give(service, vote(wake=6)).status_code == 201
    [kept] = mine(service)["votes"]
    assert kept["snapshot"] == service.shelf.store.read_state().history[1].version


def test_clothes_of_ones_own_count_without_advice(taking):
    worn = ["tshirt", "jeans", "canvas_sneakers"]
    answer = give(taking, vote(target_date="2024-03-05", worn=worn, wake=8, sleep=9))
    assert answer.status_code == 201, answer.text
    assert answer.json()["offset"]["votes"] == 1
    [kept] = mine(taking)["votes"]
    assert kept["own_clothes"]
    assert kept["said_right"] is None


def test_the_offset_that_was_dressed_for_is_kept_and_moves_what_it_suits(taking):
    give(taking, vote(verdict="right"))
    give(taking, vote(verdict="right", sensitivity="high", offset_c=1.5), OTHER)
    [as_most], [colder] = mine(taking)["votes"], mine(taking, OTHER)["votes"]
    assert (as_most["offset_c"], colder["offset_c"]) == (0.0, 3.5)
    assert mine(taking, OTHER)["offset"]["mean_c"] > mine(taking)["offset"]["mean_c"]


@pytest.mark.parametrize("sensitivity", list(COLDER_C))
def test_the_offset_told_for_a_sensitivity_makes_advice_for_the_same_person(taking, sensitivity):
    told = give(taking, vote(sensitivity=sensitivity)).json()["offset"]
    assert told["sensitivity"] == sensitivity
    assert told["offset_c"] + COLDER_C[sensitivity] == pytest.approx(told["mean_c"], abs=0.011)
    assert mine(taking, sensitivity=sensitivity)["offset"] == told
    assert mine(taking)["offset"]["offset_c"] == told["mean_c"]


def test_a_token_sees_and_erases_its_own_alone(taking):
    give(taking, vote())
    give(taking, vote(), OTHER)
    erased = taking.ask("DELETE", "/feedback", headers=headers())
    assert erased.json() == {"erased": 1}
    assert mine(taking)["votes"] == []
    assert mine(taking)["offset"]["text"] == "No votes yet."
    assert len(mine(taking, OTHER)["votes"]) == 1


def test_the_offset_is_told_in_the_readers_language_and_units(taking):
    give(taking, vote())
    korean = mine(taking, lang="ko")["offset"]["text"]
    assert korean != mine(taking)["offset"]["text"]
    assert "°F" in mine(taking, units="imperial")["offset"]["text"]


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"target_date": "2024-03-07"}, 409, "today or yesterday"),
        ({"target_date": "2024-01-01"}, 409, "today or yesterday"),
        ({"station": "999"}, 404, "999"),
        ({"station": None}, 422, "station"),
        ({"verdict": "lovely"}, 422, "too_warm"),
        ({"piece": "cape"}, 422, "cape"),
        ({"worn": ["cape"]}, 422, "cape"),
        ({"worn": ["hoodie", "hoodie"]}, 422, "twice"),
        ({"id": "1"}, 422, "id"),
        ({"offset_c": 40}, 422, "offset_c"),
        ({"wake": 8, "sleep": 8}, 422, "no hour"),
        ({"suits_c": 3.0}, 422, "no such field"),
    ],
)
def test_a_vote_that_cannot_be_is_refused(taking, fields, status, said):
    answer = give(taking, vote(**fields))
    assert answer.status_code == status, answer.text
    assert said in answer.text
    assert mine(taking)["votes"] == []


@pytest.mark.parametrize(
    "sent", ["", "Bearer", "Bearer short", "Basic " + TOKEN, "Bearer " + "a" * 99]
)
def test_without_a_token_there_is_nothing(taking, sent):
    for method in ("GET", "POST", "DELETE"):
        answer = taking.ask(method, "/feedback", json=vote(), headers={"Authorization": sent})
        assert answer.status_code == 401, method


def test_a_form_of_another_site_is_refused(taking):
    """A browser sends these without asking first."""
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        sent = headers() | {"Content-Type": media_type}
        answer = taking.ask("POST", "/feedback", content=b"{}", headers=sent)
        assert answer.status_code == 415


def test_a_large_body_is_refused_before_it_is_read(taking):
    answer = give(taking, vote(worn=["x" * 5_000]))
    assert answer.status_code == 413


def test_too_many_votes_are_refused_before_anything_is_worked_out(taking, monkeypatch):
    monkeypatch.setattr(feedback_store, "MAX_VOTES_A_DAY", 2)
    statuses = [give(taking, vote()).status_code for _ in range(3)]
    assert statuses == [201, 201, 429]
    monkeypatch.setattr(VotesOfPeople, "_evidence", None)
    assert give(taking, vote()).status_code == 429


def test_an_address_may_send_so_much_feedback_at_once(taking):
    through_a_proxy = headers() | {"X-Forwarded-For": "192.0.2.7"}
    statuses = [taking.get("/feedback", headers=through_a_proxy).status_code for _ in range(62)]
    assert statuses.count(200) == 60
    assert statuses[-1] == 429


def test_all_visitors_of_a_dashboard_beside_it_may_send_more_than_one_address(taking):
    statuses = {taking.get("/feedback", headers=headers()).status_code for _ in range(90)}
    assert statuses == {200}


def test_the_metrics_count_votes_refusals_and_failures(taking, monkeypatch):
    one = vote()
    for body in (one, one, one | {"verdict": "right"}, vote(target_date="2024-01-01")):
        give(taking, body)
    monkeypatch.setattr(feedback_store, "MAX_VOTES_A_DAY", 1)
    give(taking, vote())
    counted = metrics(taking)
    assert counted["wearcast_feedback_votes_total", (("verdict", "too_cold"),)] == 1
    assert counted["wearcast_feedback_votes_total", (("verdict", "right"),)] == 0
    refused = {
        labels[0][1]: value
        for (name, labels), value in counted.items()
        if name == "wearcast_feedback_refusals_total"
    }
    assert refused == {"id": 1, "day": 1, "person": 1, "rate": 0, "busy": 0, "room": 0}
    assert counted["wearcast_feedback_database_errors_total", ()] == 0


def test_where_it_is_off_whoever_has_no_token_is_told_too_and_no_metric_is_there(serve):
    service = serve(varied(SEOUL, MORNING), now=lambda: NOW)
    assert service.get("/feedback").status_code == 404
    assert "wearcast_feedback" not in service.get("/metrics").text


def test_where_it_is_off_it_says_so(serve):
    service = serve(varied(SEOUL, MORNING), now=lambda: NOW)
    answer = give(service, vote())
    assert answer.status_code == 404
    assert "WEARCAST_FEEDBACK" in answer.json()["detail"]


def test_forecasts_are_served_while_the_database_is_down(serve):
    password = "no-log-has-it"  # noqa: S105
    service = serve(
        varied(SEOUL, MORNING),
        now=lambda: NOW,
        feedback=f"postgresql://me:{password}@127.0.0.1:9/votes",
    )
    answer = give(service, vote())
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert password not in answer.text
    assert metrics(service)["wearcast_feedback_database_errors_total", ()] == 1
    assert service.get("/recommendation/by_day").status_code == 200
    assert service.get("/health/ready").status_code == 200


def test_work_that_hangs_takes_its_own_threads_and_no_more():
    """The event loop goes on, and what can't wait any more is refused."""
    ended = threading.Event()

    async def crowd() -> list[object]:
        threads = BoundedThreads("test", "Too many.", "Too slow.")
        asked = [asyncio.create_task(threads.run(ended.wait)) for _ in range(40)]
        while not any(task.done() for task in asked):
            await asyncio.sleep(0)
        ended.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    results = asyncio.run(crowd())
    refused = [result for result in results if isinstance(result, ProblemError)]
    assert len(refused) == 4
    assert all(error.status == 503 for error in refused)
    assert results.count(True) == 36
