"""Proxies and certificates of the environment: well set they are used, badly set one line names
the variable and what to do."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fakes.serving import served
from wearcast.errors import ConfigError, PassingError
from wearcast.network_environment import is_direct
from wearcast.serving.store.object_storage import open_storage
from wearcast.weather.sources.http_client import HttpClient, RetryPolicy
from wearcast.weather.sources.http_response import HttpResponse

ONCE = RetryPolicy(connect_s=1.0, silence_s=2.0, attempts=1)
NOBODY = "http://127.0.0.1:9"
OURS = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE")


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name in OURS:
            monkeypatch.delenv(name)


@pytest.fixture
def server() -> Iterator[str]:
    """Answers whatever it is asked, as a proxy would."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope
        assert receive
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b'"answered"'})

    with served(app) as url:
        yield url


def asked(url: str) -> Any:
    return HttpClient(ONCE).get(url, {}, HttpResponse.json)


@pytest.mark.parametrize("written", ["{server}", "{address}"])
def test_a_proxy_is_asked_with_and_without_its_scheme(
    server: str, written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = server.removeprefix("http://")
    monkeypatch.setenv("HTTP_PROXY", written.format(server=server, address=address))
    assert asked("http://weather.invalid/v1") == "answered"


@pytest.mark.parametrize(
    "no_proxy",
    [
        "localhost,127.0.0.1,[::1]",
        "fd00::/8, ::1/128, 127.0.0.0/8",
        "[fd00::]/8,127.0.0.1:8080",
        "*",
    ],
)
def test_what_no_proxy_lists_is_asked_directly(
    server: str, no_proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", NOBODY)
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert asked(server) == "answered"


@pytest.mark.parametrize(
    ("host", "no_proxy", "direct"),
    [
        ("api.open-meteo.com", "open-meteo.com", True),
        ("api.open-meteo.com", ".open-meteo.com:443", True),
        ("API.open-meteo.com", "*.Open-Meteo.com", True),
        ("notopen-meteo.com", "open-meteo.com", False),
        ("fd00::5", "[::1],fd00::/8", True),
        ("2001:db8::1", "[::1],fd00::/8", False),
        ("10.1.2.3", "10.0.0.0/8", True),
        ("10.1.2.3", "not a host, [::1", False),
        ("10.1.2.3", "", False),
    ],
)
def test_no_proxy_lists_hosts_domains_addresses_and_networks(
    host: str, no_proxy: str, direct: bool
) -> None:
    assert is_direct(host, no_proxy) is direct


def test_a_proxy_that_nobody_runs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", NOBODY)
    with pytest.raises(PassingError, match=r"through the proxy that HTTP_PROXY names"):
        asked("http://weather.invalid/v1")


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1080", "ALL_PROXY names a SOCKS proxy"),
        ("HTTPS_PROXY", "http://me:s3cret@[bad", "HTTPS_PROXY is no address of a proxy"),
        ("https_proxy", "proxy:port", "https_proxy is no address of a proxy"),
        ("HTTP_PROXY", "ftp://proxy:21", "HTTP_PROXY is no address of a proxy"),
        ("SSL_CERT_FILE", "/not/there.pem", "SSL_CERT_FILE names /not/there.pem, which isn't"),
        ("REQUESTS_CA_BUNDLE", "/not/there.pem", "REQUESTS_CA_BUNDLE names /not/there.pem"),
        ("SSL_CERT_FILE", __file__, "which holds no certificates"),
    ],
)
def test_what_is_badly_set_is_one_line_that_names_the_variable(
    variable: str, value: str, told: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "wearcast", "stations", "search", "Ulsan"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, variable: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert told in line
    assert "or unset it" in line or "install it" in line
    assert "s3cret" not in line


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_a_bucket_is_not_opened_with_what_is_badly_set(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "http://[not-there")
    with pytest.raises(ConfigError, match=f"^{variable} "):
        open_storage("s3://bucket/prefix", timedelta(seconds=1))
