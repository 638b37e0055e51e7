"""Several stations in one answer: what it has of each is what the station's own answer has."""

import asyncio
import gzip
import json
import math
import re
from contextlib import contextmanager

import pytest

from service.in_process_service import serving
from service.raw_http import request
from service.synthetic_snapshots import many, two_cities
from wearcast.serving.api import several_stations
from wearcast.serving.api.answer import Answer, Lasting, Moment, Response
from wearcast.serving.api.present import Present
from wearcast.serving.api.response_cache import AnswerCache, CachedAnswers, RequestKey
from wearcast.serving.api.several_stations import SeveralStations, single_requests

BOTH = "EWR,108"
COUNT = 60


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("crowded"), many(COUNT)) as running:
        yield running


def without_ages(content):
    return re.sub(rb'"age_s":\d+', b"", content)


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
@pytest.mark.parametrize(
    "query",
    [
        "",
        "&units=imperial",
        "&hours=24&variables=temp_c,rain_chance&quantiles=p50",
        "&hours=1&format=json",
    ],
)
def test_it_has_what_each_stations_own_answer_has(cities, encoding, query):
    headers = [("accept-encoding", encoding)]
    sent = request(cities, "GET", f"/forecast/latest?station={BOTH}{query}", headers=headers)
    assert sent.status == 200
    assert int(sent.header("content-length")) == len(sent.body)
    assert (sent.header("content-encoding") == "gzip") == (encoding == "gzip")
    assert sent.header("vary") == "Accept-Encoding"
    body = gzip.decompress(sent.body) if encoding == "gzip" else sent.body
    singles = [
        cities.get(f"/forecast/latest?station={id}{query}").content for id in BOTH.split(",")
    ]
    whole = b'{"forecasts":[' + b",".join(singles) + b"]}"
    assert without_ages(body) == without_ages(whole)


def test_a_table_of_several_stations_names_its_columns_once(cities):
    for header, lines in (("present", 1), ("absent", 0)):
        path = f"/forecast/latest.csv?hours=24&header={header}"
        together = cities.get(f"{path}&station={BOTH}")
        first, second = (cities.get(f"{path}&station={id}") for id in BOTH.split(","))
        rows = second.text.splitlines(keepends=True)[lines:]
        assert together.text == first.text + "".join(rows)
        assert len(together.text.splitlines()) == 48 + lines
        assert together.headers["content-type"] == first.headers["content-type"]
        assert together.headers["content-disposition"].endswith('filename="wearcast.csv"')


def test_the_order_is_that_of_the_question_and_each_comes_once(cities):
    told = cities.read("/forecast/latest", station="108,EWR,108")["forecasts"]
    assert [one["station"]["id"] for one in told] == ["108", "EWR"]
    answer = cities.get("/forecast/latest", station="108,EWR")
    assert answer.headers["wearcast-issued-at"] == "2024-04-09T21:00:00Z"
    assert answer.headers["wearcast-age"] == str(answer.json()["forecasts"][0]["forecast"]["age_s"])


def test_who_has_it_already_gets_304_and_head_gets_the_headers(cities):
    path = f"/forecast/latest?station={BOTH}"
    answer = cities.get(path)
    plain = cities.get(path, headers={"Accept-Encoding": "identity"})
    tag = answer.headers["etag"]
    assert plain.headers["etag"] == tag
    assert cities.get("/forecast/latest?station=108,EWR").headers["etag"] != tag
    again = cities.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    head = cities.ask("HEAD", path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == answer.headers["content-length"]


def test_fifty_stations_are_answered_and_more_are_refused(crowded):
    ids = [f"P{number:04}" for number in range(51)]
    told = crowded.read("/forecast/latest", station=",".join(ids[:50]), hours="1")
    assert [one["station"]["id"] for one in told["forecasts"]] == ids[:50]
    for path in ("/forecast/latest", "/forecast/latest.csv"):
        answer = crowded.get(path, station=",".join(ids))
        assert answer.status_code == 422
        [error] = answer.json()["errors"]
        assert error["field"] == "query.station"
        assert error["message"].startswith("names 51 stations; ask for 50 at most")


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("station=EWR,JFK,108", 404, "No forecast for station JFK"),
        (f"station={BOTH}&format=records", 422, "query.station: names several"),
        (f"station={BOTH}&format=csv", 422, "query.station: names several"),
        (f"station={BOTH}&station={BOTH}", 422, "query.station: names several"),
        (f"station={BOTH}&hours=0", 422, "query.hours"),
        (f"station={BOTH}&nonsense=1", 422, "query.nonsense"),
        ("station=EWR,", 422, "query.station: must be an id, or several"),
        ("station=,", 422, "query.station: must be an id, or several"),
        ("station=E WR,108", 422, "query.station: must be an id, or several"),
    ],
)
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_what_can_not_be_answered_is_refused(cities, query, status, told, encoding):
    answer = cities.get(f"/forecast/latest?{query}", headers={"Accept-Encoding": encoding})
    assert (answer.status_code, answer.headers["content-type"]) == (
        status,
        "application/problem+json",
    )
    assert answer.json()["detail"].startswith(told)


def test_of_other_addresses_one_station_is_asked(cities):
    for path in ("/recommendation/by_day", "/verification/recent"):
        assert cities.get(path, station=BOTH).status_code == 422


def test_each_station_is_kept_once_for_all_who_ask_for_it(serve):
    service = serve(two_cities())
    service.get("/forecast/latest", station="108")
    service.get("/forecast/latest", station=BOTH)
    service.get("/forecast/latest", station="108,EWR", headers={"Accept-Encoding": "identity"})
    cache = service.app.front._app._app._cache
    assert sorted(key.query for key in cache.answers) == [b"station=108", b"station=EWR"]


def key(query, path="/forecast/latest"):
    return RequestKey(path, query, "en", gzip=False)


def test_what_is_asked_of_each_station():
    asked = single_requests(key(b"units=imperial&station=A%2CB&variables=temp_c%2Crh_pct"))
    assert [single.query for single in asked] == [
        b"units=imperial&station=A&variables=temp_c,rh_pct",
        b"units=imperial&station=B&variables=temp_c,rh_pct",
    ]
    assert all(single.gzip for single in asked)
    table = single_requests(key(b"station=A,B,C&header=present", "/forecast/latest.csv"))
    assert [single.query for single in table] == [
        b"station=A&header=present",
        b"station=B&header=absent",
        b"station=C&header=absent",
    ]
    assert single_requests(key(b"station=A,B", "/stations")) == []


@contextmanager
def computed_by(compute, version):
    """The middleware around answers that a function computes."""
    cached = CachedAnswers(
        None,
        compute,
        lambda _scope: None,
        {"GET": ["/forecast/latest"], "POST": []},
        is_fixed=lambda _path: False,
        cache=AnswerCache(),
        present=lambda: Present(version(), Moment(1_000.0, 0.0, 60.0, 300.0)),
        arrived=None,
    )
    yield SeveralStations(cached, [])


async def asked(app, query=b"station=A,B,C", send=None):
    """What is sent to a client."""
    sent = []

    async def keep(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/forecast/latest", "query_string": query}
    await app({**scope, "headers": [], "client": ("10.0.0.1", 1)}, None, send or keep)
    return sent


def answer(content):
    response = Response(200, [(b"content-type", b"application/json")], content)
    return Answer.of(response, Lasting((), math.inf, str(content)), gzip=True)


def test_all_are_of_one_snapshot_though_it_changes_meanwhile():
    stamp = [1]
    computed = []

    async def compute(scope, _body):
        computed.append((stamp[0], scope["query_string"]))
        made = answer(b"%d" % stamp[0])
        if len(computed) == 2:
            stamp[0] = 2
        return made

    with computed_by(compute, lambda: stamp[0]) as app:
        sent = asyncio.run(asked(app))
    assert b"".join(message.get("body", b"") for message in sent) == b'{"forecasts":[2,2,2]}'
    assert [number for number, _ in computed[-3:]] == [2, 2, 2]


def test_where_it_never_stops_changing_that_is_told():
    stamp = [1]

    async def compute(_scope, _body):
        stamp[0] += 1
        return answer(b"%d" % stamp[0])

    with computed_by(compute, lambda: stamp[0]) as app:
        start, body = asyncio.run(asked(app))
    assert start["status"] == 503
    assert b"changed while" in body["body"]


def test_a_client_who_reads_none_of_its_answers_is_refused_more():
    async def compute(_scope, _body):
        return answer(b"1")

    async def many_clients():
        held = asyncio.Event()

        async def never(message):
            if message["type"] == "http.response.body":
                await held.wait()

        with computed_by(compute, lambda: 1) as app:
            tasks = [asyncio.create_task(asked(app, send=never)) for _ in range(8)]
            await asyncio.sleep(0.01)
            start, body = await asked(app)
            held.set()
            await asyncio.gather(*tasks)
            later, *_ = await asked(app)
        return start["status"], body["body"], later["status"], app._under_way

    status, body, later, under_way = asyncio.run(many_clients())
    assert (status, later, under_way) == (429, 200, [])
    assert json.loads(body)["detail"].endswith("Ask for one after the other.")


def test_an_answer_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(several_stations, "_WITHIN_S", 0.01)

    async def compute(_scope, _body):
        await asyncio.sleep(60)

    with computed_by(compute, lambda: 1) as app:
        start, body = asyncio.run(asked(app))
    assert start["status"] == 503
    assert b"in time" in body["body"]
