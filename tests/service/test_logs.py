"""Logs: a JSON object a line, with the request's id, without its query, and without a secret."""

import io
import json
import logging
import string
import time
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.synthetic_snapshots import two_cities
from wearcast.serving.json_logging import REQUEST_ID, Formatter, logging_to_stderr, redact

SECRET = st.text(string.ascii_letters + string.digits + "/+=_.~-", min_size=8, max_size=60).map(
    lambda text: f"Zz{text}9"
)
"""What no text around it happens to hold."""
FORMS = [
    "https://bucket.s3.amazonaws.com/latest.json?X-Amz-Signature={}&X-Amz-Date=20240410",
    "https://bucket/?X-Amz-Credential={}%2F20240410&X-Amz-Expires=3600",
    "https://bucket/?x-amz-security-token={}",
    "https://api.example.org/weather?authKey={}&tm=202404100600",
    "https://api.example.org/weather?serviceKey={}",
    "https://user:{}@example.org/path",
    "s3://{}@bucket/prefix",
    "aws_secret_access_key = {}",
    "AWS_SECRET_ACCESS_KEY={} AWS_DEFAULT_REGION=eu-central-1",
    "aws_access_key_id: {}",
    "{{'secretKey': '{}'}}",
    '{{"accessKey": "{}", "region": "eu"}}',
    '{{\\"password\\": \\"{}\\"}}',
    'password="{}"',
    "password: {}",
    "Authorization: Bearer {}",
    "authorization: Basic {}",
    "Authorization: AWS4-HMAC-SHA256 Credential={}/eu/s3, SignedHeaders=host, Signature=abc",
    "Authorization: AWS4-HMAC-SHA256 Credential=x/eu/s3, SignedHeaders=host, Signature={}",
    "(b'authorization', b'Token {}')",
    "{{'Authorization': 'Digest {}'}}",
    "token={}",
    "client_secret={}&grant=x",
]


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=30)
@given(secret=SECRET)
def test_no_secret_survives_in_any_form(form, secret):
    assert secret not in redact(form.format(secret))


@given(
    secret=SECRET,
    before=st.text(max_size=40),
    after=st.text(max_size=40),
    form=st.sampled_from(FORMS),
)
def test_in_any_context_the_line_is_json_without_the_secret(secret, before, after, form):
    line = logged(f"{before} {form.format(secret)} {after}")
    assert secret not in line
    assert isinstance(json.loads(line)["message"], str)


@given(
    st.text(string.ascii_uppercase + string.digits, min_size=16, max_size=16),
    st.sampled_from(["AKIA", "ASIA"]),
)
def test_the_id_of_an_access_key_is_recognized_by_its_format(rest, kind):
    assert rest not in redact(f"denied for {kind}{rest}, who may not")


@pytest.mark.parametrize(
    "text",
    [
        "serving snapshot 5823d39b913e",
        "the model can't be used: a token ring, a secret garden",
        "s3://bucket/prefix can't be used: connection refused (https://example.org:9000/a?b=c)",
        "mail@example.org wrote at 10:30",
        "GET /forecast/latest",
    ],
)
def test_ordinary_text_stays_as_it_is(text):
    assert redact(text) == text


@given(st.text())
@example("password=\n")
def test_redacting_twice_changes_nothing(text):
    assert redact(redact(text)) == redact(text)


def logged(message, **extra):
    """The line of one record, an exception's if one is being handled."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Formatter())
    logger = logging.Logger("wearcast.tested")
    logger.addHandler(handler)
    logger.error(message, exc_info=extra.pop("exc_info", None), extra=extra)
    return stream.getvalue()


@example({"at": "", "level": None, "logger": "another"})
@given(
    st.dictionaries(
        st.text(min_size=1).filter(lambda name: name not in vars(logging.makeLogRecord({}))),
        st.text() | st.floats() | st.none(),
    )
)
def test_a_record_is_one_object_on_one_line(extra):
    extra.pop("message", None), extra.pop("asctime", None)
    line = logged("first\nsecond", **extra)
    assert line.endswith("\n")
    assert line.count("\n") == 1
    told = json.loads(line)
    assert (told["level"], told["logger"], told["message"]) == (
        "ERROR",
        "wearcast.tested",
        "first\nsecond",
    )
    assert abs((datetime.fromisoformat(told["at"]) - datetime.now(UTC)).total_seconds()) < 60


def test_an_extra_field_with_a_secrets_name_is_redacted():
    told = json.loads(
        logged(
            "x",
            api_key="one",
            nested={"password": "two", "list": ["token=three"]},
            issued_at=datetime(2024, 4, 10),
        )
    )
    assert (told["api_key"], told["nested"]) == ("…", {"password": "…", "list": ["token=…"]})
    assert told["issued_at"] == "2024-04-10T00:00:00"


def test_a_traceback_is_on_the_same_line_without_its_secrets():
    try:
        raise ValueError("https://user:hunter2@example.org/?authKey=hunter2")
    except ValueError:
        line = logged("it failed", exc_info=True)
    assert "hunter2" not in line
    assert "Traceback" in json.loads(line)["exc_info"]


def test_a_record_has_its_requests_id():
    assert "request_id" not in json.loads(logged("outside"))
    token = REQUEST_ID.set("r-1")
    try:
        assert json.loads(logged("inside"))["request_id"] == "r-1"
    finally:
        REQUEST_ID.reset(token)


@pytest.fixture
def access(serve, tmp_path, monkeypatch):
    """A service, and the lines that it writes of requests, so many of them."""
    log = (tmp_path / "log").open("w+")
    monkeypatch.setattr("sys.stderr", log)
    service = serve(two_cities())

    def lines(count):
        until = time.monotonic() + 5
        while len(told := (tmp_path / "log").read_text().splitlines()) < count:
            assert time.monotonic() < until
            time.sleep(0.01)
        return [json.loads(line) for line in told]

    yield service, lines
    log.close()


def test_a_request_is_a_line_without_its_query(access):
    service, lines = access
    service.get(
        "/recommendation/by_day?lang=ko&wake=8",
        headers={"X-Request-ID": "r-7", "User-Agent": "secret agent"},
    )
    [line] = lines(1)
    assert line.pop("took_ms") > 0
    assert datetime.fromisoformat(line.pop("at")).tzinfo is not None
    assert line == {
        "level": "INFO",
        "logger": "wearcast.access",
        "message": "GET /recommendation/by_day",
        "status": 200,
        "request_id": "r-7",
    }


def test_no_text_of_a_client_gets_into_the_access_log(access):
    service, lines = access
    service.get("/%0a%22evil%22?password=hunter2")
    service.ask("EVIL", "/stations")
    service.get("/stations", headers={"X-Request-ID": 'evil"id', "Authorization": "Bearer hunter2"})
    told = lines(3)
    assert [line["message"] for line in told] == ["GET other", "OTHER /stations", "GET /stations"]
    assert "evil" not in json.dumps(told).lower()
    assert "hunter2" not in json.dumps(told)


def test_the_last_lines_are_written_when_the_service_ends(tmp_path, monkeypatch):
    from service.in_process_service import serving

    with (tmp_path / "log").open("w") as log:
        monkeypatch.setattr("sys.stderr", log)
        with serving(tmp_path, two_cities()) as service:
            service.get("/stations")
    assert "GET /stations" in (tmp_path / "log").read_text()


def test_every_logger_writes_json_and_libraries_only_warn(capfd):
    root, before = logging.getLogger(), logging.root.handlers[:]
    levels = {
        name: logging.getLogger(name).level
        for name in (
            "uvicorn",
            "uvicorn.access",
            "botocore",
            "asyncio",
            "s3fs",
            "fsspec",
            "aiobotocore",
        )
    }
    level = root.level
    try:
        with logging_to_stderr("info"):
            logging.getLogger("uvicorn.error").info("started")
            logging.getLogger("botocore.auth").info("signed with a key")
            logging.getLogger("uvicorn.access").info("GET /?password=x")
            logging.getLogger("anything").debug("too small")
    finally:
        root.handlers[:], root.level = before, level
        for name, old in levels.items():
            logging.getLogger(name).setLevel(old)
    [line] = capfd.readouterr().err.splitlines()
    assert json.loads(line)["message"] == "started"
