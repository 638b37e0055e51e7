"""HTTP as caches, browsers, proxies and slow clients see it."""

import asyncio
import gzip
import json
import math
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.in_process_service import serving
from service.raw_http import request, slowly, unfinished
from service.synthetic_snapshots import two_cities
from wearcast.config import Paths
from wearcast.serving.api import request_limits, response_cache
from wearcast.serving.api.answer import Answer, Lasting, Moment, Response
from wearcast.serving.api.app import create_app
from wearcast.serving.api.present import Present, PresentReader
from wearcast.serving.api.response_cache import AnswerCache, CachedAnswers
from wearcast.serving.api.server import uvicorn_config
from wearcast.serving.settings import Deployment

KEPT = [
    "/forecast/latest",
    "/forecast/latest?format=csv",
    "/forecast/latest?format=records",
    "/stations",
    "/recommendation/by_day?station=108",
]
KEPT += ["/recommendation/by_hour?hour=8", "/model/verification", "/verification/recent"]
WARDROBE = {"own": ["tshirt", "jeans", "canvas_sneakers"]}


MOMENT = PresentReader._moment
TURNED = set()
"""The readers whose clocks a test turns."""


class Clock:
    """The time of day and the ticks of a clock, turned by the test."""

    def __init__(self, service, monkeypatch):
        self.now, self.ticks = datetime.now(UTC), 1_000_000.0
        monkeypatch.setattr(service.reader, "_now", lambda: self.now)
        monkeypatch.setattr(service.reader, "_monotonic_s", lambda: self.ticks)
        TURNED.add(id(service.reader))
        service.reader.current = replace(service.reader.current, first_seen_s=self.ticks)

    def turn(self, seconds):
        self.now += timedelta(seconds=seconds)
        self.ticks += seconds


@pytest.fixture(autouse=True)
def _ages_stand_still(monkeypatch):
    """No answer ages while a test compares it, however slow the machine is."""
    moments = {}

    def moment(present, current):
        told = MOMENT(present, current)
        is_turned = id(present._reader) in TURNED
        return told if is_turned else moments.setdefault(id(current), told)

    monkeypatch.setattr(PresentReader, "_moment", moment)


@pytest.mark.parametrize("path", KEPT)
def test_a_matching_etag_is_answered_with_304(cities, path):
    first = cities.get(path)
    tag = first.headers["etag"]
    again = cities.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    for name in ("etag", "cache-control", "wearcast-issued-at", "wearcast-age"):
        assert again.headers[name] == first.headers[name]
    assert again.headers.get("vary", "") == first.headers.get("vary", "")
    assert "content-length" not in again.headers


@pytest.mark.parametrize(
    ("condition", "known"),
    [
        ("*", True),
        ("{strong}", True),
        ("W/{strong}", True),
        ('"other", {tag}', True),
        ('"other",{strong},"third"', True),
        ('"other"', False),
        ("", False),
        ("nonsense", False),
        ('W/"other"', False),
    ],
)
def test_etags_are_compared_weakly_in_lists_and_by_star(cities, condition, known):
    tag = cities.get("/stations").headers["etag"]
    named = condition.replace("{strong}", tag.removeprefix("W/")).replace("{tag}", tag)
    assert cities.get("/stations", headers={"If-None-Match": named}).status_code == (
        304 if known else 200
    )


def test_a_condition_in_several_lines_is_one_list(cities):
    tag = cities.get("/stations").headers["etag"]
    for lines in ([tag, '"other"'], ['"other"', tag]):
        assert (
            cities.get("/stations", headers=[("If-None-Match", line) for line in lines]).status_code
            == 304
        )


def test_only_status_200_has_an_etag(cities):
    answer = cities.get("/forecast/latest?station=JFK", headers={"If-None-Match": "*"})
    assert answer.status_code == 404
    assert "etag" not in answer.headers


def test_a_post_ignores_if_none_match(cities):
    answer = cities.ask(
        "POST", "/recommendation/by_day", json=WARDROBE, headers={"If-None-Match": "*"}
    )
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")


def lasting_headers(answer):
    """All but the request's id; the seconds until it is stale may be one less by now."""
    return {
        name: re.sub("max-age=[0-9]+", "max-age", value)
        for name, value in answer.headers.items()
        if name != "x-request-id"
    }


@pytest.mark.parametrize(
    "path",
    [
        *KEPT,
        "/health/live",
        "/health/ready",
        "/forecast/latest?station=JFK",
        "/recommendation/by_hour",
    ],
)
def test_head_is_get_without_its_body(cities, path):
    head, get = cities.ask("HEAD", path), cities.get(path)
    assert head.content == b""
    assert head.status_code == get.status_code
    assert lasting_headers(head) == lasting_headers(get)
    # The problem's own text holds the request's id, which is of one length.
    assert int(head.headers["content-length"]) == int(get.headers["content-length"])


def test_head_sends_no_byte_of_the_body(cities):
    # httpx would drop them.
    for path in ("/forecast/latest", "/health/live", "/forecast/latest?station=JFK"):
        assert request(cities, "HEAD", path).body == b""
        assert request(cities, "GET", path).body != b""


def cached(
    compute,
    version=lambda: 1,
    moment=lambda: Moment(1_000.0, 0.0, 60.0, 300.0),
    join=lambda _scope: None,
):
    """The cache's middleware around answers that a function computes."""
    paths = {"GET": ["/"], "POST": []}
    return CachedAnswers(
        None,
        compute,
        join,
        paths,
        is_fixed=lambda _path: False,
        cache=AnswerCache(),
        present=lambda: Present(version(), moment()),
        arrived=None,
    )


def answer(body, gzip=False, since_s=(940.0,)):
    """An answer that may be kept."""
    response = Response(200, [(b"content-type", b"application/json")], body)
    return Answer.of(response, Lasting(since_s, math.inf, "tag"), gzip)


async def bodies_of(app, times, headers=()):
    """The bodies of as many GETs at once."""
    bodies = []

    async def send(message):
        bodies.append(message.get("body"))

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b""}
    scope["headers"] = list(headers)
    await asyncio.gather(*(app(scope, None, send) for _ in range(times)))
    return [body for body in bodies if body]


def test_a_response_computed_while_the_snapshot_changed_is_not_cached():
    stamp, made = [1], []

    async def compute(_scope, _body):
        made.append(stamp[0])
        if len(made) == 1:
            stamp[0] = 2
        return answer(str(made[-1]).encode())

    app = cached(compute, lambda: stamp[0])
    seen = [asyncio.run(bodies_of(app, 1)) for _ in range(3)]
    assert seen == [[b"1"], [b"2"], [b"2"]]
    assert made == [1, 2]


def test_an_answer_of_an_old_snapshot_is_not_kept_for_the_new_one():
    stamp, begun = [1], asyncio.Event()

    async def compute(_scope, _body):
        mine = stamp[0]
        if mine == 1:
            begun.set()
            await asyncio.sleep(0.05)
        return answer(str(mine).encode())

    async def asked_while_it_changes():
        app = cached(compute, lambda: stamp[0])
        old = asyncio.create_task(bodies_of(app, 1))
        await begun.wait()
        stamp[0] = 2
        new = await bodies_of(app, 1)
        return [await old, new, await bodies_of(app, 1)]

    assert asyncio.run(asked_while_it_changes()) == [[b"1"], [b"2"], [b"2"]]


def test_an_answer_of_an_old_snapshot_has_its_age_and_may_not_be_kept_by_caches():
    stamp = [1]
    moments = {1: Moment(1_000.0, 25.0, 60.0, 2.0), 2: Moment(1_000.0, 0.0, 60.0, 300.0)}

    async def compute(_scope, _body):
        stamp[0] = 2
        return answer(b'{"age_s":0,"stale":false}', since_s=(999.0,))

    sent = []

    async def send(message):
        sent.append(message)

    app = cached(compute, lambda: stamp[0], lambda: moments[stamp[0]])
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    asyncio.run(app(scope, None, send))
    headers = dict(sent[0]["headers"])
    assert headers[b"cache-control"] == b"public, max-age=0"
    assert headers[b"wearcast-age"] == b"25"


def test_what_many_ask_at_once_is_computed_once():
    made = []

    async def compute(_scope, _body):
        made.append(1)
        await asyncio.sleep(0.01)
        return answer(b"answer")

    assert asyncio.run(bodies_of(cached(compute), 50)) == [b"answer"] * 50
    assert len(made) == 1


def test_what_fails_is_not_computed_again_and_again(monkeypatch):
    clock, made, stamp = [1_000.0], [], [1]

    async def compute(_scope, _body):
        made.append(clock[0])
        return Answer.of(Response(500, [], b"failed"), None, gzip=False)

    async def statuses(app):
        found = []

        async def send(message):
            if message["type"] == "http.response.start":
                found.append((message["status"], dict(message["headers"]).get(b"retry-after")))

        scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
        for _ in range(2):
            await app(scope, None, send)
        return found

    monkeypatch.setattr(response_cache.time, "monotonic", lambda: clock[0])
    app = cached(compute, lambda: stamp[0])
    assert asyncio.run(statuses(app)) == [(500, None), (503, b"60")]
    clock[0] += 61
    assert asyncio.run(statuses(app)) == [(500, None), (503, b"60")]
    stamp[0] = 2
    assert asyncio.run(statuses(app)) == [(500, None), (503, b"60")]
    assert made == [1_000.0, 1_061.0, 1_061.0]


def test_who_asks_for_what_is_being_computed_already_lends_it_a_turn():
    asked, joined = [], []

    async def compute(scope, _body):
        asked.append(scope)
        await asyncio.sleep(0.01)
        return answer(b"answer")

    line = (b"x-forwarded-for", b"10.0.0.9")
    app = cached(compute, join=joined.append)
    asyncio.run(bodies_of(app, 3, [line, (b"range", b"bytes=0-1")]))
    assert joined == asked * 2
    headers = [(b"accept-language", b"en"), (b"accept-encoding", b"identity"), line]
    assert asked[0]["headers"] == headers


@pytest.mark.parametrize("gzipped", [False, True])
def test_ages_are_spliced_into_kept_answers(gzipped):
    text = ',"text":"' + "x" * 2_000 + '"'
    body = ('{"a":{"age_s":7,"stale":false}' + text + ',"b":{"age_s":9,"stale":false}}').encode()
    kept = answer(body, gzipped, since_s=(990.0, 900.0))
    for now_s, ages, stales, tag in (
        (950.0, (0, 50), (False, False), b"tag"),
        (1_000.0, (10, 100), (False, True), b"tag-stale"),
        (1_049.9, (59, 149), (False, True), b"tag-stale"),
        (1_051.0, (61, 151), (True, True), b"tag-stale2"),
    ):
        sent = kept.at(Moment(now_s, 0.0, 60.0, 300.0))
        headers = dict(sent.headers)
        told = json.loads(gzip.decompress(sent.body) if gzipped else sent.body)
        assert (told["a"]["age_s"], told["b"]["age_s"]) == ages
        assert (told["a"]["stale"], told["b"]["stale"]) == stales
        assert len(told["text"]) == 2_000
        assert headers[b"wearcast-age"] == str(ages[0]).encode()
        assert headers[b"content-length"] == str(len(sent.body)).encode()
        assert (b"content-encoding" in headers) == gzipped
        assert headers[b"etag"] == b'W/"%s"' % tag


def test_an_age_is_never_less_than_the_time_that_the_snapshot_is_known():
    sent = answer(b'{"age_s":0,"stale":false}').at(Moment(900.0, 25.0, 60.0, 300.0))
    assert sent.body == b'{"age_s":25,"stale":false}'


def test_head_of_changing_responses_has_the_right_headers(cities):
    for path in ("/metrics", "/docs", "/openapi.json", "/"):
        head, get = cities.ask("HEAD", path), cities.get(path)
        assert head.status_code == get.status_code
        assert head.headers.get("content-type") == get.headers.get("content-type")


@pytest.mark.parametrize(
    ("accepts", "zipped"),
    [
        (["gzip"], True),
        (["gzip, deflate, br"], True),
        (["br;q=1, gzip;q=0.5"], True),
        (["identity"], False),
        (["gzip;q=0"], False),
        (["gzip;Q=0"], False),
        (["GZIP; q=0.000, br"], False),
        (["br", "gzip"], True),
        (["br", "deflate"], False),
        ([""], False),
    ],
)
def test_it_is_compressed_for_clients_that_accept_gzip(cities, accepts, zipped):
    sent = request(
        cities, "GET", "/forecast/latest", headers=[("accept-encoding", line) for line in accepts]
    )
    assert (sent.header("content-encoding") == "gzip") == zipped
    body = gzip.decompress(sent.body) if zipped else sent.body
    assert len(json.loads(body)["hours"]) == 168
    assert len(sent.body) == int(sent.header("content-length"))
    assert "Accept-Encoding" in sent.header("vary")


def test_compression_keeps_the_etag_and_small_responses_stay_plain(cities):
    zipped, plain = (
        request(cities, "GET", "/stations", headers=[("accept-encoding", line)])
        for line in ("gzip", "identity")
    )
    assert zipped.header("etag") == plain.header("etag")
    assert len(zipped.body) < len(plain.body)
    assert (
        request(cities, "GET", "/health/live", headers=[("accept-encoding", "gzip")]).header(
            "content-encoding"
        )
        is None
    )


def test_a_cached_response_is_not_sent_to_a_request_with_other_headers(serve):
    # Each pair of header lines is asked in both orders on a cold cache; what the first got must not
    # reach the second.
    pairs = [("accept-language", "ko", "en"), ("accept-encoding", "gzip", "identity")]
    for name, one, other in pairs:
        for lines in ([one, other], [other, one]):
            service = serve(two_cities())
            request(
                service, "GET", "/recommendation/by_day", headers=[(name, line) for line in lines]
            )
            for line in (one, other):
                sent = request(service, "GET", "/recommendation/by_day", headers=[(name, line)])
                if name == "accept-language":
                    assert sent.header("content-language") == line
                else:
                    assert (sent.header("content-encoding") == "gzip") == (line == "gzip")


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        (None, "en"),
        ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", "ko"),
        ("fr-FR, fr;q=0.9", "en"),
    ],
)
@pytest.mark.parametrize("path", ["/recommendation/by_day", "/recommendation/by_hour?hour=9"])
def test_the_language_is_the_preferred_one_with_vary(cities, path, asked, language):
    answer = cities.get(path, headers={} if asked is None else {"Accept-Language": asked})
    assert answer.headers["content-language"] == language
    assert answer.json()["person"]["language"] == language
    assert "Accept-Language" in answer.headers["vary"]


def test_a_named_language_wins_over_the_preferred_one(cities):
    answer = cities.get("/recommendation/by_day?lang=en", headers={"Accept-Language": "ko"})
    assert answer.headers["content-language"] == "en"


def test_max_age_ends_when_the_next_refresh_is_expected(serve, monkeypatch):
    service = serve(refresh_every=timedelta(hours=1), revalidate_every=timedelta(seconds=20))
    published_at = datetime(2024, 4, 9, 20, tzinfo=UTC)
    service.shelf.publish(two_cities(), at=published_at)
    service.reader.poll()
    clock = Clock(service, monkeypatch)
    clock.now = published_at

    def left():
        value = service.get("/forecast/latest").headers["cache-control"]
        assert value.startswith("public, max-age=")
        return int(value.removeprefix("public, max-age="))

    assert left() == 3600
    clock.turn(600)
    assert left() == 3000
    clock.turn(2_990)
    # Nearly due, and then overdue: there may be a new one after each look at the store.
    assert left() == 20
    clock.turn(5_000)
    assert left() == 20


def test_a_publisher_whose_clock_is_ahead_does_not_extend_max_age(serve, monkeypatch):
    service = serve(refresh_every=timedelta(hours=1))
    published_at = datetime(2024, 4, 9, 20, tzinfo=UTC)
    service.shelf.publish(two_cities(), at=published_at)
    service.reader.poll()
    clock = Clock(service, monkeypatch)
    clock.now = published_at - timedelta(days=3)
    assert service.get("/forecast/latest").headers["cache-control"] == "public, max-age=3600"


def test_a_cached_response_ages_and_keeps_its_etag_until_it_is_stale(serve, monkeypatch):
    service = serve(
        two_cities(), stale_after=timedelta(hours=24 * 7), refresh_every=timedelta(hours=1)
    )
    clock = Clock(service, monkeypatch)
    clock.now = datetime(2024, 4, 10, tzinfo=UTC)
    first = service.get("/forecast/latest")
    assert service.get("/forecast/latest").content == first.content
    clock.turn(1)
    older = service.get("/forecast/latest")
    assert older.json()["forecast"]["age_s"] == first.json()["forecast"]["age_s"] + 1
    assert int(older.headers["wearcast-age"]) == older.json()["forecast"]["age_s"]
    assert older.headers["etag"] == first.headers["etag"]
    clock.turn(8 * 86_400)
    stale = service.get("/forecast/latest", headers={"If-None-Match": first.headers["etag"]})
    assert (stale.status_code, stale.json()["forecast"]["stale"]) == (200, True)


@pytest.mark.parametrize("path", KEPT)
def test_a_new_snapshot_is_served_at_once_with_another_etag(serve, path):
    service = serve(two_cities())
    first = service.get(path)
    assert service.get(path).content == first.content
    service.shelf.publish(two_cities(seed=5, mean_c=20.0))
    service.reader.poll()
    second = service.get(path, headers={"If-None-Match": first.headers["etag"]})
    if path == "/model/verification":
        assert second.status_code == 304
        return
    assert second.status_code == 200
    assert second.content != first.content
    if "format" not in path:
        assert service.reader.current.record.version in second.text


def test_no_response_mixes_two_snapshots(serve):
    """While snapshots change between any two steps, each answer is wholly of the one that it
    names."""
    service = serve()
    weeks = {}
    for mean_c in (-10.0, 25.0):
        snapshot = two_cities(seed=int(mean_c) + 20, mean_c=mean_c)
        service.shelf.publish(snapshot)
        service.reader.poll()
        record = service.reader.current.record
        weeks[record.version] = (service.reader.current, snapshot)
    currents = [current for current, _ in weeks.values()]

    async def changing(stop):
        while not stop.is_set():
            for current in currents:
                service.reader.current = current
                await asyncio.sleep(0)

    async def asking():
        stop = asyncio.Event()
        task = asyncio.create_task(changing(stop))
        paths = ["/forecast/latest?station=108", "/recommendation/by_day?station=108", "/stations"]
        wardrobe = {"method": "POST", "url": "/recommendation/by_day?station=108", "json": WARDROBE}
        for _ in range(20):
            asked = [service.client.get(path) for path in paths for _ in range(2)] + [
                service.client.request(**wardrobe)
            ]
            answers.extend(await asyncio.gather(*asked))
        stop.set()
        await task

    answers = []
    service.run(asking())
    seen = set()
    for answer in answers:
        told = answer.json()
        if "stations" in told:
            assert len({station["forecast"]["version"] for station in told["stations"]}) == 1
            continue
        version = told["forecast"]["version"]
        mean_c = (
            told["day"]["temp_mean_c"]["p50"]
            if "day" in told
            else told["hours"][0]["temp_c"]["p50"]
        )
        cold = weeks[version][1].quantiles["temp_c"].mean() < 5
        assert (mean_c < 8) == cold
        seen.add(version)
    assert len(seen) == 2


def test_the_cache_stays_within_its_limit(serve):
    service = serve(two_cities())
    cache = kept_by(service)
    cache.max_bytes = 300_000
    for number in range(60):
        service.get(f"/recommendation/by_day?wake={number % 20}&{'&' * (number // 20)}sleep=23")
        assert cache.total_bytes <= 300_000
    assert cache.total_bytes == sum(kept.size + 3_500 for kept in cache.answers.values())
    assert 5 < len(cache.answers) < 60
    # The longest unused has left; what was asked last is still there.
    asked = [key.query for key in cache.answers]
    assert asked[-1] == b"wake=19&&&sleep=23"
    assert b"wake=0&sleep=23" not in asked
    service.shelf.publish(two_cities(seed=9))
    service.reader.poll()
    service.get("/stations")
    assert len(cache.answers) == 1


def test_the_cache_takes_no_more_memory_than_it_counts(serve):
    import gc
    import tracemalloc

    service = serve(two_cities())
    service.get("/verification/recent")
    cache = kept_by(service)
    gc.collect()
    tracemalloc.start()
    for number in range(60):
        service.get(f"/verification/recent?{'&' * number}")
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    cache_entries, counted = len(cache.answers), cache.total_bytes
    cache.answers.clear()
    gc.collect()
    left, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert cache_entries > 55
    assert taken - left <= counted


def test_a_response_to_a_very_long_query_is_not_cached(cities):
    long = "x" * 5_000
    assert cities.get(f"/stations?{long}").status_code == 200
    assert not [key for key in kept_by(cities).answers if long.encode() in key.query]


def test_one_answer_serves_all_headers_that_prefer_the_same_language(serve):
    service = serve(two_cities())
    for number in range(10):
        headers = {"Accept-Language": f"ko-KR,ko;q=0.9,x{number};q=0.8"}
        assert service.get("/recommendation/by_day", headers=headers).status_code == 200
    assert [key.language for key in kept_by(service).answers] == ["ko"]


def kept_by(service):
    """The cache of a service."""
    part = service.app.front
    while not isinstance(part, CachedAnswers):
        part = getattr(part, "app", None) or part._app
    return part._cache


def test_without_cors_origins_there_are_no_cors_headers(cities):
    answer = cities.get("/stations", headers={"Origin": "https://example.org"})
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.fixture
def shared(serve):
    """A service that the pages of one origin may ask."""
    return serve(two_cities(), cors_origins="https://example.org")


def test_an_allowed_origin_may_read_the_exposed_headers(shared):
    answer = shared.get("/forecast/latest", headers={"Origin": "https://example.org"})
    assert answer.headers["access-control-allow-origin"] == "https://example.org"
    exposed = answer.headers["access-control-expose-headers"]
    for name in (
        "ETag",
        "X-Request-ID",
        "Retry-After",
        "Wearcast-Issued-At",
        "Wearcast-Age",
        "Wearcast-Stale",
    ):
        assert name in exposed
    assert "Origin" in answer.headers["vary"]
    assert "access-control-allow-credentials" not in answer.headers


def test_other_origins_are_refused_even_after_an_allowed_one(shared):
    shared.get("/forecast/latest", headers={"Origin": "https://example.org"})
    answer = shared.get("/forecast/latest", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers
    assert "Origin" in answer.headers["vary"]
    assert "access-control-allow-origin" not in shared.get("/forecast/latest").headers


def test_a_preflight_request_of_an_allowed_origin_succeeds(shared):
    asked = {
        "Origin": "https://example.org",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    answer = shared.ask("OPTIONS", "/forecast", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://example.org"
    assert "POST" in answer.headers["access-control-allow-methods"]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_feedback_may_be_given_and_erased_from_an_allowed_origin(shared, method):
    asked = {
        "Origin": "https://example.org",
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    assert shared.ask("OPTIONS", "/feedback", headers=asked).status_code == 200


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"Origin": "https://evil.example"}, "origin"),
        ({"Access-Control-Request-Method": "PUT"}, "method"),
        ({"Access-Control-Request-Headers": "x-secret"}, "headers"),
    ],
)
def test_a_refused_preflight_request_is_a_problem(shared, change, said):
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"} | change
    answer = shared.ask("OPTIONS", "/forecast", headers=asked)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert said in answer.json()["detail"]
    assert len(answer.content) == int(answer.headers["content-length"])


@pytest.mark.parametrize("id", ["abc", "6f1c-77.a_b", "x" * 64])
def test_a_valid_request_id_is_taken_over(cities, id):
    assert cities.get("/health/live", headers={"X-Request-ID": id}).headers["x-request-id"] == id


@pytest.mark.parametrize(
    "id", ["", "x" * 65, "a b", 'a"b', "a\\nb", "{}", "a/b", "ünïcode".encode()]
)
def test_an_invalid_request_id_is_replaced(cities, id):
    found = cities.get("/health/live", headers={"X-Request-ID": id}).headers["x-request-id"]
    assert len(found) == 16
    assert int(found, 16) >= 0


def test_every_request_has_an_id_of_its_own(cities):
    assert len({cities.get("/health/live").headers["x-request-id"] for _ in range(50)}) == 50


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/recommendation/by_day", 64_000),
        ("/recommendation/by_hour", 64_000),
        ("/forecast", 1_500_000),
    ],
)
def test_a_body_above_its_routes_limit_is_refused_unread(cities, path, most):
    json_type = ("content-type", "application/json")
    for length in (str(most + 1), "9" * 5_000):
        headers = [json_type, ("content-length", length)]
        sent = request(cities, "POST", path, headers=headers, body=None)
        assert sent.status == 413
        assert sent.problem["detail"] == f"The body may have {most} bytes at most."


def test_a_body_that_exceeds_the_limit_is_refused_while_it_arrives(cities):
    parts, taken = [b"x" * 1_000 for _ in range(1_000)], []
    sent = request(
        cities,
        "POST",
        "/recommendation/by_day",
        headers=[("content-type", "application/json")],
        body=parts,
        taken=taken,
    )
    assert sent.status == 413
    assert len(taken) == 65


def test_a_body_of_exactly_the_limit_is_accepted(cities):
    body = json.dumps(WARDROBE).encode().ljust(64_000)
    for parts in ([body], [body[i : i + 100] for i in range(0, len(body), 100)]):
        sent = request(
            cities,
            "POST",
            "/recommendation/by_day",
            headers=[("content-type", "application/json")],
            body=parts,
        )
        assert sent.status == 200


@pytest.mark.parametrize(
    "path", ["/recommendation/by_day", "/recommendation/by_hour?hour=8", "/forecast"]
)
def test_a_body_that_never_arrives_times_out(serve, path):
    service = serve(two_cities(), receive_timeout=timedelta(seconds=1))
    sent = slowly(service, path, parts=[b'{"own": '])
    assert sent.status == 408
    assert sent.problem["detail"] == "The body didn't arrive within 1 s."
    assert 0.9 < sent.took_s < 10


def test_a_body_that_arrives_too_slowly_times_out(serve):
    service = serve(two_cities(), receive_timeout=timedelta(seconds=1))
    sent = slowly(service, "/recommendation/by_day", parts=[b" "] * 1_000, every_s=0.05)
    assert sent.status == 408
    assert sent.took_s < 20


def test_bodies_on_their_way_are_bounded_and_hurt_nobody_else(serve):
    """Of 12 from one address 8 may be on their way, while others ask."""
    service = serve(two_cities(), receive_timeout=timedelta(seconds=1))

    async def crowd():
        slow = [unfinished(service, "/recommendation/by_day", "10.0.0.1") for _ in range(12)]
        asked = asyncio.gather(*slow)
        await asyncio.sleep(0.1)
        read = await service.client.get("/forecast/latest")
        posted = await service.client.post("/recommendation/by_day", json=WARDROBE)
        return await asked, read, posted

    statuses, read, posted = service.run(crowd())
    assert sorted(statuses) == [408] * 8 + [429] * 4
    assert (read.status_code, posted.status_code) == (200, 200)


def test_of_bodies_that_take_too_much_memory_together_the_largest_clients_are_dropped(
    serve, monkeypatch
):
    """Twenty addresses that send nothing more, one of which sends much before, and a person."""
    service = serve(two_cities(), receive_timeout=timedelta(seconds=1))
    monkeypatch.setattr(request_limits, "MAX_ARRIVING_BYTES", 1_500_000)
    path = "/recommendation/by_day"

    async def crowd():
        large = [unfinished(service, "/forecast", "10.0.1.1", b"[" * 500_000) for _ in range(2)]
        slow = [unfinished(service, path, f"10.0.0.{n}") for n in range(20) for _ in range(2)]
        asked = asyncio.gather(*large, *slow)
        await asyncio.sleep(0.1)
        posted = await service.client.post(path, json=WARDROBE)
        return await asked, posted

    (first, second, *slow), posted = service.run(crowd())
    assert sorted([first, second]) == [408, 503] or first == second == 503
    assert slow.count(408) >= 20
    assert posted.status_code == 200


def test_a_client_that_disconnects_frees_its_place(serve):
    service = serve(two_cities(), receive_timeout=timedelta(seconds=5), raises=False)
    for _ in range(30):
        request(
            service,
            "POST",
            "/recommendation/by_day",
            headers=[("content-type", "application/json")],
            body=[],
            gone=True,
        )
    assert service.ask("POST", "/recommendation/by_day", json=WARDROBE).status_code == 200


@pytest.fixture(scope="module")
def proxied(tmp_path_factory):
    """Behind a proxy that strips `/api`: the server, told so, puts it back into the path and says
    it as `root_path`."""
    with serving(
        tmp_path_factory.mktemp("proxied"), two_cities(), path="/api", root_path="/api"
    ) as service:
        yield service


@pytest.mark.parametrize("path", [*KEPT, "/docs", "/openapi.json", "/metrics", "/health/ready"])
def test_behind_a_proxy_all_links_have_the_prefix(proxied, path):
    assert proxied.get(f"/api{path}").status_code == 200
    if path in KEPT:
        assert proxied.ask("HEAD", f"/api{path}").status_code == 200
        tag = proxied.get(f"/api{path}").headers["etag"]
        assert proxied.get(f"/api{path}", headers={"If-None-Match": tag}).status_code == 304


def test_behind_a_proxy_responses_are_cached_and_counted_without_the_prefix(proxied):
    proxied.get("/api/forecast/latest")
    assert 'path="/forecast/latest",status="200"' in proxied.get("/api/metrics").text
    assert "/forecast/latest" in {key.path for key in kept_by(proxied).answers}


def test_behind_a_proxy_the_document_names_the_prefix(proxied, cities):
    assert proxied.read("/api/openapi.json")["servers"] == [{"url": "/api"}]
    assert "servers" not in cities.read("/openapi.json")


def test_behind_a_proxy_errors_are_the_same(proxied):
    assert proxied.ask("PUT", "/api/recommendation/by_day").headers["allow"] == "GET, HEAD, POST"
    assert proxied.get("/api/nowhere").status_code == 404


def test_the_server_gets_the_proxys_prefix(tmp_path):
    settings = Deployment(
        store=str(tmp_path), root_path="/api", shutdown_timeout="7s", model=Paths(tmp_path).model
    )
    app = create_app(settings)
    told = uvicorn_config(settings, app)
    assert (told.root_path, told.timeout_graceful_shutdown) == ("/api", 7)
    assert app.fastapi.root_path == ""
