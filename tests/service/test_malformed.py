"""Whatever is sent, nothing is the service's fault: no 5xx but a documented 503, and every refusal
a problem."""

import json
from collections import Counter
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from service.in_process_service import serving
from service.raw_http import request
from service.synthetic_snapshots import two_cities
from wearcast.serving.api.problem_details import Problem

PATHS = [
    "/forecast/latest",
    "/forecast",
    "/stations",
    "/recommendation/by_day",
    "/recommendation/by_hour",
    "/model",
    "/model/verification",
]
PATHS += [
    "/verification/recent",
    "/health/live",
    "/health/ready",
    "/metrics",
    "/docs",
    "/openapi.json",
    "/",
]
POSTS = ["/forecast", "/recommendation/by_day", "/recommendation/by_hour?hour=8"]
NAMES = [
    "station",
    "units",
    "format",
    "target_date",
    "activity",
    "sensitivity",
    "exposure",
    "style",
    "lang",
    "wake",
    "sleep",
    "out",
    "hour",
]
GOOD = [
    "EWR",
    "108",
    "metric",
    "imperial",
    "csv",
    "records",
    "json",
    "2024-04-12",
    "running",
    "low",
    "sporty",
    "ko",
    "7",
    "22",
    "0",
]
METHODS = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "PATCH",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "QUERY",
    "BREW",
]
TYPES = [
    "application/json",
    "application/json; charset=utf-16",
    "application/problem+json",
    "text/plain",
    "multipart/form-data",
    "",
    "a/b/c",
]


@dataclass(frozen=True)
class Asked:
    """A request, header line by header line."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
odd_values = st.one_of(
    st.sampled_from(GOOD),
    text,
    st.integers(-(10**30), 10**30).map(str),
    st.floats().map(str),
    st.dates().map(str),
    st.sampled_from(
        [
            "",
            " ",
            "null",
            "None",
            "true",
            "[]",
            "{}",
            "\x00",
            "\ud7ff",
            "٣",
            "1e999",
            "9" * 5_000,
            "2024-04-12T00:00:00Z",
            "../etc",
        ]
    ),
)
pairs = st.tuples(st.one_of(st.sampled_from(NAMES), text), odd_values)
written = st.tuples(pairs, st.booleans()).map(
    lambda pair: "=".join(
        quote(part, safe="") if pair[1] else part.replace("&", "") for part in pair[0]
    )
)
queries = st.one_of(
    st.lists(written, max_size=5).map("&".join),
    st.text(st.characters(codec="latin-1"), max_size=40),
    st.sampled_from(
        [
            "%",
            "%zz",
            "%ff%fe",
            "&&&&",
            "====",
            "?",
            "a[]=1&a[b]=2",
            "station=EWR;units=metric",
            "wake=%00",
            "out=8-9&out=8-9",
            "out=%EF%BC%98-%EF%BC%99",
        ]
    ),
)
near_paths = st.one_of(
    st.sampled_from(PATHS),
    st.tuples(
        st.sampled_from(PATHS),
        st.sampled_from(["/", "//", ".json", "/..", "%2f", " ", "\x00", "?", "/EWR"]),
    ).map("".join),
    st.sampled_from(PATHS).map(str.upper),
    text.map(lambda part: f"/{part}"),
    text.map(lambda part: f"/static-offline-docs/{part}"),
)
header_names = [
    "accept-language",
    "accept-encoding",
    "accept",
    "if-none-match",
    "x-request-id",
    "origin",
    "content-type",
    "range",
    "cookie",
]
header_names += [
    "access-control-request-method",
    "host",
    "content-length",
    "authorization",
    "expect",
    "x-forwarded-for",
    "if-modified-since",
]
header_text = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\x00"), max_size=30)
header_values = [
    "*",
    "gzip",
    "ko;q=",
    'W/"',
    "-1",
    "9" * 400,
    "application/json",
    "https://example.org",
    "POST",
]
headers = st.lists(
    st.tuples(st.sampled_from(header_names), header_text | st.sampled_from(header_values)),
    max_size=5,
).map(tuple)
anything = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.floats(),
        st.integers(-(10**40), 10**40),
        st.text(max_size=10),
        st.sampled_from(GOOD),
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.one_of(st.text(max_size=8), st.sampled_from(["own", "garments", "hours"])), inner
        )
    ),
    max_leaves=8,
)
garment = st.fixed_dictionaries(
    {},
    optional={
        "name_en": anything | st.just("coat"),
        "name_ko": anything | st.just("코트"),
        "layer": st.sampled_from(["base", "mid", "outer", "legs", "feet", "head", "cape", 1]),
        "covers": st.lists(
            st.sampled_from(["top", "coat", "jacket", "legs", "shoes", "socks", "nowhere"]),
            max_size=5,
        ),
        "clo": st.floats(-1, 3) | anything,
        "wind": st.integers(-1, 3) | anything,
        "water": st.integers(-1, 3),
        "colour": anything,
    },
)
wardrobes = st.fixed_dictionaries(
    {},
    optional={
        "own": st.lists(
            st.sampled_from(["tshirt", "jeans", "canvas_sneakers", "hoodie", "wings"])
            | st.text(max_size=5),
            max_size=6,
        )
        | anything,
        "garments": st.dictionaries(
            st.sampled_from(["a", "b", "tshirt", "", "Ä", "\ud800"]), garment, max_size=3
        )
        | anything,
        "more": anything,
    },
)
hour = st.fixed_dictionaries(
    {},
    optional={
        name: st.floats(-100, 1200) | anything
        for name in ("temp_c", "wind_ms", "precip_mm", "rain")
    },
)
histories = st.builds(
    lambda station, first, some, n, units: {
        "station": station,
        "first": first,
        "hours": (some * n)[:n],
        "units": units,
    },
    st.sampled_from(["AAA", "BBB", "EWR", "", "\ud800"]) | anything,
    st.sampled_from(
        [
            "2013-07-01T00:00:00Z",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:00:00Z",
            "2099-12-31T23:00:00-23:00",
        ]
    )
    | anything,
    st.lists(hour | anything, min_size=1, max_size=3),
    st.sampled_from([0, 1, 167, 168, 169, 400]),
    st.sampled_from(["metric", "imperial", "kelvin"]) | anything,
)
bodies = st.one_of(
    (wardrobes | histories | anything).map(lambda content: json.dumps(content).encode()),
    (wardrobes | histories).map(
        lambda content: json.dumps(content, ensure_ascii=False).encode(errors="surrogatepass")
    ),
    st.tuples(
        wardrobes.map(lambda content: json.dumps(content).encode()),
        st.binary(max_size=4),
        st.integers(0, 60),
    ).map(lambda parts: parts[0][: parts[2]] + parts[1] + parts[0][parts[2] :]),
    st.binary(max_size=60),
    st.integers(1, 6_000).map(lambda depth: b"[" * depth),
    st.integers(1, 6_000).map(lambda depth: b'{"own":' * depth + b"1" + b"}" * depth),
    st.sampled_from(
        [
            b"NaN",
            b"-Infinity",
            b"9" * 10_000,
            b'{"own": ' + b"9" * 5_000 + b"}",
            b'{"own": [1e999]}',
            b"\xef\xbb\xbf{}",
            b"x" * 120_000,
        ]
    ),
)
# Making one up takes Hypothesis longer than the service takes to answer it, so what is made up is
# sent in several ways.
paths = st.booleans().flatmap(lambda ours: st.sampled_from(PATHS) if ours else near_paths)
aims = st.tuples(st.sampled_from([*METHODS, *["GET"] * 12]), paths)
asking = st.builds(
    lambda aimed, query, lines, body: [
        Asked(method, f"{path}?{query}", lines, body) for method, path in aimed
    ],
    st.lists(aims, min_size=10, max_size=10),
    queries,
    headers,
    st.sampled_from([b"", b"{}"]),
)
posting = st.builds(
    lambda media_type, lines, body: [
        Asked("POST", path, (("content-type", kind), *more), body)
        for path in POSTS
        for kind, more in (("application/json", ()), (media_type, lines))
    ],
    st.sampled_from(TYPES),
    headers,
    bodies,
)


@pytest.fixture(scope="module")
def service(tmp_path_factory, trained):
    """A service with a model, pages that may ask, and little patience."""
    with serving(
        tmp_path_factory.mktemp("malformed"),
        two_cities(),
        model=trained,
        cors_origins="https://example.org",
    ) as running:
        yield running


def endured(service, asked: Asked) -> int:
    """The status of the answer, if it is one that may be given."""
    sent = request(service, asked.method, asked.url, asked.headers, [asked.body])
    assert sent.status < 500 or (sent.status == 503 and sent.header("retry-after"))
    assert sent.header("x-request-id")
    if sent.status >= 400:
        assert sent.header("content-type") == "application/problem+json"
        if asked.method != "HEAD":
            told = Problem.model_validate_json(sent.body)
            assert (told.status, told.request_id) == (sent.status, sent.header("x-request-id"))
            assert len(sent.body) < 12_000
    return sent.status


def bombard(service, requests, count: int) -> Counter[int]:
    """Send so many groups of malformed requests, and see that it goes on answering; how often it
    gave which status."""
    statuses: Counter[int] = Counter()

    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(requests)
    def endures(group: list[Asked]) -> None:
        statuses.update([endured(service, asked) for asked in group])

    endures()
    answers(service)
    return statuses


def answers(service) -> None:
    assert service.get("/health/live").status_code == 200
    assert service.get("/recommendation/by_day?station=EWR").status_code == 200
    assert service.get("/metrics").text.count("wearcast_http_requests_under_way 1.0") == 1


def test_odd_methods_paths_queries_and_headers_cause_no_500(service):
    statuses = bombard(service, asking, 40)
    assert statuses.total() >= 400
    assert {200, 404, 405, 422} <= set(statuses)


def test_odd_bodies_cause_no_500(service):
    statuses = bombard(service, posting, 40)
    assert statuses.total() >= 240
    assert {400, 422} <= set(statuses)


@pytest.mark.real
def test_ten_thousand_malformed_requests_cause_no_500(service):
    statuses = bombard(service, asking, 650) + bombard(service, posting, 650)
    print(f"\n{statuses.total()} malformed requests: {dict(sorted(statuses.items()))}")  # noqa: T201
    assert statuses.total() >= 10_000
