"""The deployment's settings: what is set counts, and nonsense is refused by the variable's name."""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from wearcast.errors import ConfigError
from wearcast.serving.settings import Deployment, deployment_settings, duration

ROOT = Path("/srv/wearcast")


def settings(**environment: str) -> Deployment:
    return Deployment.from_environment(environment, ROOT)


def test_the_defaults_serve_from_the_project():
    found = settings()
    assert (found.store, found.history) == (
        "/srv/wearcast/data/serving/store",
        ROOT / "data/serving/history",
    )
    assert (found.model, found.source, found.in_bucket) == (ROOT / "models/forecaster", None, False)


def test_an_empty_variable_counts_as_not_set():
    assert settings(WEARCAST_STORE="", WEARCAST_PORT="", WEARCAST_SOURCE="") == settings()


def test_variables_of_other_programs_and_of_the_tests_are_ignored():
    assert (
        settings(
            PATH="/bin",
            AWS_PROFILE="mine",
            WEARCAST_TEST_DATA="/data",
            WEARCAST_REQUIRE_REAL_PARTS="1",
        )
        == settings()
    )


@pytest.mark.parametrize(
    ("given", "store"),
    [
        ("snapshots", "/srv/wearcast/snapshots"),
        ("/var/lib/snapshots", "/var/lib/snapshots"),
        ("file:///var/lib/snapshots", "/var/lib/snapshots"),
        ("s3://bucket/prefix", "s3://bucket/prefix"),
        ("s3://bucket/prefix/", "s3://bucket/prefix"),
        ("s3://bucket", "s3://bucket"),
    ],
)
def test_the_store_is_a_folder_or_a_bucket(given, store):
    assert settings(WEARCAST_STORE=given).store == store
    assert settings(WEARCAST_STORE=given).in_bucket == given.startswith("s3://")


def test_relative_paths_start_at_the_project():
    found = settings(WEARCAST_HISTORY="own", WEARCAST_MODEL="/models/other", WEARCAST_REPORTS="r")
    assert (found.history, found.model, found.reports) == (
        ROOT / "own",
        Path("/models/other"),
        ROOT / "r",
    )


@given(st.integers(0, 999_999), st.sampled_from("smhd"))
def test_a_length_of_time_is_a_number_and_a_unit(number, unit):
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86_400}[unit]
    assert duration(f"{number}{unit}") == timedelta(seconds=number * seconds)


@given(st.text(max_size=8).filter(lambda text: text.strip()[-1:] not in list("smhd")))
def test_an_invalid_duration_is_refused(text):
    with pytest.raises(ValueError, match="is no length of time; write it as 15s, 90m, 1h or 7d"):
        duration(text)


@pytest.mark.parametrize("prefix", ["", "/api", "/weather/v1"])
def test_a_proxy_s_prefix_is_a_path(prefix):
    assert settings(WEARCAST_ROOT_PATH=prefix).root_path == prefix


def test_origins_are_named_one_by_one():
    assert settings(
        WEARCAST_CORS_ORIGINS="https://a.example, http://localhost:3000,"
    ).cors_origins == (
        "https://a.example",
        "http://localhost:3000",
    )


def test_trusted_proxies_are_networks():
    assert settings(
        WEARCAST_TRUSTED_PROXIES="172.20.0.0/16, fd00::/64,127.0.0.1"
    ).trusted_proxies == (
        ip_network("172.20.0.0/16"),
        ip_network("fd00::/64"),
        ip_network("127.0.0.1/32"),
    )
    assert settings().trusted_proxies == ()


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("STORE", "ftp://host/folder", "must be a folder, file:///folder or s3://bucket/prefix"),
        ("STORE", "file://folder", "must be file:/// and an absolute path"),
        ("STORE", "s3://Bucket/x", "must be s3://bucket/prefix and nothing else"),
        ("SOURCE", "radar", "'kma' (is 'radar')"),
        ("REFRESH_EVERY", "0s", "1 second (is "),
        ("REFRESH_EVERY", "hourly", "'hourly' is no length of time"),
        ("REFRESH_EVERY", "2d", "1 day (is "),
        ("STALE_AFTER", "8d", "7 days (is "),
        ("OLDEST_OBSERVATION", "1m", "1 hour (is "),
        ("KEEP", "1", "2 (is '1')"),
        ("KEEP", "many", "(is 'many')"),
        ("SHARD", "3/2", "'3/2' is no share; write the second of eight shares as 2/8"),
        ("REVALIDATE_EVERY", "2h", "1 hour (is "),
        ("STORE_TIMEOUT", "1h", "5 minutes (is "),
        ("HOST", "my host", "(is 'my host')"),
        ("PORT", "70000", "65535 (is '70000')"),
        ("ROOT_PATH", "api", "'api' is no path prefix, such as /api"),
        (
            "CORS_ORIGINS",
            "*",
            "'*' is no origin, such as https://example.org; name each one, * is not accepted",
        ),
        ("CORS_ORIGINS", "https://a.example/path", "is no origin"),
        ("TRUSTED_PROXIES", "proxy", "'proxy' is no network"),
        ("TRUSTED_PROXIES", "172.20.0.1/16", "has host bits set"),
        ("WORKERS", "0", "1 (is '0')"),
        ("RECEIVE_TIMEOUT", "0s", "1 second (is "),
        ("SHUTDOWN_TIMEOUT", "1d", "10 minutes (is "),
        ("LOG_LEVEL", "loud", "'error' (is 'loud')"),
    ],
)
def test_invalid_values_are_refused_by_name(variable, value, said):
    with pytest.raises(ConfigError) as refused:
        settings(**{f"WEARCAST_{variable}": value})
    assert str(refused.value).startswith(f"the environment is not valid:\n  WEARCAST_{variable}: ")
    assert said in str(refused.value)


def test_all_errors_are_reported_at_once():
    with pytest.raises(ConfigError) as refused:
        settings(WEARCAST_PORT="0", WEARCAST_KEEP="0", WEARCAST_STOER="data")
    assert [line.split(":")[0].strip() for line in str(refused.value).splitlines()[1:]] == [
        "WEARCAST_KEEP",
        "WEARCAST_PORT",
        "WEARCAST_STOER",
    ]


def test_an_unknown_setting_is_reported_with_the_known_ones():
    with pytest.raises(
        ConfigError,
        match="WEARCAST_STOER: there is no such setting; is it misspelt\\? Known: WEARCAST_STORE, ",
    ):
        settings(WEARCAST_STOER="data")


def test_a_forecast_is_not_stale_before_the_next_is_due():
    with pytest.raises(
        ConfigError,
        match=(
            r"WEARCAST_STALE_AFTER \(1:00:00\) must be longer than WEARCAST_REFRESH_EVERY"
            r" \(2:00:00\)"
        ),
    ):
        settings(WEARCAST_STALE_AFTER="1h", WEARCAST_REFRESH_EVERY="2h")


def test_credentials_in_an_address_are_refused_and_not_repeated():
    with pytest.raises(ConfigError, match="credentials come from AWS's own settings") as refused:
        settings(WEARCAST_STORE="s3://AKIAKEY:hush@bucket/prefix")
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["mysql://u:hush@h/d", "postgresql://", "sqlite://", "sqlite:///:memory:", "votes.db"]
)
def test_an_address_that_is_no_database_of_votes_is_refused_and_not_repeated(url):
    with pytest.raises(ConfigError, match="WEARCAST_FEEDBACK: is no address") as refused:
        settings(WEARCAST_FEEDBACK=url)
    assert "hush" not in str(refused.value)


def test_the_password_of_the_votes_is_nowhere_but_in_its_setting():
    url = "postgresql://me:hush@db.example.org/votes?sslmode=verify-full"
    found = settings(WEARCAST_FEEDBACK=url)
    assert found.feedback.get_secret_value() == url
    assert "hush" not in f"{found!r} {found} {found.model_dump()} {found.model_dump_json()}"


def test_a_relative_file_of_votes_is_in_the_project():
    relative = settings(WEARCAST_FEEDBACK="sqlite:///data/votes.db")
    assert relative.feedback.get_secret_value() == "sqlite:////srv/wearcast/data/votes.db"
    absolute = settings(WEARCAST_FEEDBACK="sqlite:////var/votes.db")
    assert absolute.feedback.get_secret_value() == "sqlite:////var/votes.db"


def test_settings_are_immutable():
    found = settings()
    with pytest.raises(ValidationError):
        found.port = 1  # type: ignore[misc]
    assert found == settings()


def test_options_override_the_environment(tmp_path, monkeypatch):
    (tmp_path / "params.yaml").write_text("")
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    monkeypatch.setenv("WEARCAST_PORT", "8100")
    monkeypatch.setenv("WEARCAST_HISTORY", "own")
    assert (deployment_settings().port, deployment_settings().history) == (8100, tmp_path / "own")
    assert deployment_settings(WEARCAST_PORT="8200", WEARCAST_HOST="").port == 8200


def test_without_a_project_paths_start_at_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert deployment_settings().model == tmp_path / "models/forecaster"
