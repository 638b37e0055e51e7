"""What the dashboard's server hands out: one page and what it needs, compressed and kept; no file,
no tree, no secret."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from html import unescape

import httpx
import pytest
from playwright.sync_api import expect

from dashboard.browser import visitor
from dashboard.dashboard_process import DashboardProcess, dashboard_process
from dashboard.python_visitor import PythonVisitor
from pipeline.projects import REPOSITORY
from wearcast.serving.dashboard_server.template_texts import template_texts

pytestmark = pytest.mark.real
STRANGE_NAMES = ("%00", "a" * 300, "%2e%2e/%2e%2e/x", "a/" * 2_000, ".", "%ff", "?v=%ff")
UUID = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
SECRETS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "not-for-kernels",
    "SOME_TOKEN": "nor-this",
}


@pytest.fixture(scope="module")
def served(line, said) -> Iterator[DashboardProcess]:
    with dashboard_process(
        said / "server.log",
        also=SECRETS,
        API=line.url,
        DASHBOARD_POOL="1",
        DASHBOARD_BASE_URL="/wear",
        TRUSTED_PROXIES="192.0.2.1/32",
    ) as one:
        yield one


def test_under_a_base_url_the_page_works_and_requests_nothing_else(served, browser):
    with visitor(browser) as seen:
        seen.open(served.url)
        assert seen.errors == []
        assert seen.elsewhere == []


@pytest.mark.parametrize(
    "path",
    [
        "voila/files/dashboard.ipynb",
        "voila/files/../params.yaml",
        "dashboard.ipynb",
        "voila/tree",
        "voila/render/train.ipynb",
        "x",
        "api/kernels",
        "api/contents",
        "api/sessions",
        "api/terminals",
        "login",
        "voila/static/../app.py",
        "voila/static/%2e%2e/%2e%2e/conf.json",
        "voila/labextensions/../schemas",
        "voila/templates/lab/static/index.css",
        "voila/api/contents",
    ],
)
def test_other_paths_are_404(served, path):
    answer = httpx.get(served.url + path)
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


def test_other_sites_can_not_start_or_end_kernels(served):
    assert httpx.post(f"{served.url}api/kernels").status_code == 404
    strange = "00000000-0000-0000-0000-000000000000"
    assert httpx.get(f"{served.url}api/kernels/{strange}").status_code == 404
    assert httpx.delete(f"{served.url}api/kernels/{strange}").status_code == 405
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert (
        httpx.post(f"{served.url}voila/api/shutdown/{strange}", headers=elsewhere).status_code
        == 403
    )
    with suppress(httpx.TransportError):  # it hangs up rather than read so much
        assert httpx.post(
            f"{served.url}voila/api/shutdown/{strange}", content=b"x" * 100_000
        ).status_code in (400, 413)


def test_static_files_are_compressed_and_cacheable(served):
    answer = httpx.get(f"{served.url}voila/static/voila.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "max-age" in answer.headers["Cache-Control"]
    again = httpx.get(
        f"{served.url}voila/static/voila.js", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert (
        httpx.get(
            f"{served.url}voila/static/voila.js", headers={"Accept-Encoding": "identity"}
        ).text
        == answer.text
    )


@pytest.mark.parametrize("folder", ["voila/static", "voila/labextensions"])
def test_static_files_of_strange_names_are_not_found(served, folder):
    for name in STRANGE_NAMES:
        answer = httpx.get(f"{served.url}{folder}/{name}")
        assert answer.status_code in (400, 404), name


@pytest.mark.parametrize(
    "path",
    [
        "",
        "robots.txt",
        "favicon.ico",
        "manifest.webmanifest",
        "worker.js",
        "share.png",
        "voila/static/voila.js",
        "health/live",
    ],
)
def test_head_answers_as_get_does(served, path):
    got, headed = httpx.get(served.url + path), httpx.head(served.url + path)
    assert (headed.status_code, headed.content) == (200, b"")
    assert headed.headers["Content-Type"] == got.headers["Content-Type"]
    assert "Set-Cookie" not in got.headers


@pytest.mark.parametrize("query", ["", "?tab=about"], ids=["picture", "frame"])
def test_what_comes_before_a_kernel_is_cacheable(served, query):
    first = httpx.get(served.url + query)
    assert first.headers["Cache-Control"] == "private, no-cache"
    vary = set(first.headers["Vary"].split(", "))
    assert vary == {"Accept-Encoding", "Accept-Language", "Cookie"}
    assert len(first.content) < 200_000
    again = httpx.get(served.url + query, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_what_the_device_remembers_lives_on_when_its_viewer_opens_the_page(served):
    cookie = {"Cookie": "wearcast-choices=lang=ko&out=8-9%2C18-19; wearcast=blue"}
    opened = httpx.get(served.url, headers=cookie | {"Sec-Fetch-Mode": "navigate"})
    kept = "wearcast-choices=lang=ko&out=8-9%2C18-19; Max-Age=31536000; Path=/wear/; SameSite=Lax"
    assert opened.headers["Set-Cookie"] == kept
    assert '<html lang="ko">' in opened.text
    for other in (cookie, {"Cookie": "wearcast-choices=<b>", "Sec-Fetch-Mode": "navigate"}):
        assert "Set-Cookie" not in httpx.get(served.url, headers=other).headers
    assert "out=8-9" not in served.said()


def test_a_links_preview_is_a_picture_of_the_day(served):
    page = httpx.get(served.url, headers={"Accept-Language": "ko"}).text
    [image] = re.findall(r'property="og:image" content="([^"]+)"', page)
    assert image.startswith(f"{served.url}share.png?station=")
    answer = httpx.get(unescape(image), timeout=30)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_behind_our_proxy_frame_and_page_link_to_its_page_about_privacy(served, browser, language):
    with visitor(browser, language) as seen:
        seen.page.route_web_socket(re.compile("voila/visit"), lambda _: None)
        seen.page.goto(f"{served.url}?tab=about")
        text, url = template_texts(language)["privacy"], f"/privacy#{language}"
        frames = seen.page.locator(".frame-privacy a")
        expect(frames).to_have_text(text)
        assert frames.get_attribute("href").endswith(url)
    visitor_there = PythonVisitor(served)
    with visitor_there.visit() as visit:
        query = f"?tab=about&lang={language}"
        page = visitor_there.render(visitor_there.ticket(visit), query).text
    assert f'href="{url}"' in page


def test_no_kernel_id_is_in_the_log(served):
    assert "Kernel started" in served.said()
    assert not UUID.search(served.said())


def test_the_page_has_no_source_code_and_restricts_framing_and_scripts(served):
    visitor = PythonVisitor(served)
    with visitor.visit() as visit:
        answer = visitor.render(visitor.ticket(visit))
    assert "page.show()" not in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'self'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert httpx.get(served.url).headers["Content-Security-Policy"] == policy
    assert '<html lang="en">' in answer.text
    assert "cdn" not in answer.text.lower()


def test_kernels_get_the_apis_address_and_no_secret(served, line):
    served.heats(1)
    for pid in served.kernels():
        with open(f"/proc/{pid}/environ", encoding="utf-8") as file:
            told = dict(pair.split("=", 1) for pair in file.read().split("\0") if pair)
        assert told["WEARCAST_API"] == line.url
        assert not told.keys() & SECRETS.keys()
        assert [name for name in told if name.startswith("WEARCAST_")] == ["WEARCAST_API"]


def test_it_shuts_down_soon_and_leaves_no_kernel(line, said):
    with dashboard_process(said / "ending.log", API=line.url, DASHBOARD_POOL="1") as one:
        kernels = one.kernels()
        # Told twice, as Ctrl-C in `make serve` does: by the terminal and by make.
        one.running.send_signal(signal.SIGINT)
        assert one.end(signal.SIGTERM) < 15
        assert one.running
        assert one.running.returncode == 0
        assert kernels
        assert not [pid for pid in kernels if alive(pid)]
        assert "Traceback" not in one.said()


def test_a_taken_port_is_reported_and_nothing_is_started(served):
    command = [sys.executable, "-m", "wearcast", "dashboard", "--port", str(served.port)]
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env=dict(served.settings),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "can't listen on 127.0.0.1" in done.stderr
    assert "Traceback" not in done.stderr


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
