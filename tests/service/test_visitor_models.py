"""The dashboard's visitors: the page of one visitor is of one model, from the first picture to the
widgets, and the cookie is given to nobody who doesn't need it."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from tornado.httpserver import HTTPServer
from tornado.web import Application

from ports import free_port
from service.in_process_service import RunningService, StoreFolder, serving
from service.test_variants import ASSIGNMENT, CLIENTS, VARIANTS, VERSIONS, made
from wearcast.serving.dashboard.api_client import ApiClient
from wearcast.serving.dashboard.page_data import fetch_page_data
from wearcast.serving.dashboard.page_query import Choices
from wearcast.serving.dashboard_server.first_pictures import FirstPictures
from wearcast.serving.dashboard_server.handlers import PageHandler
from wearcast.serving.dashboard_server.static_files import static_file
from wearcast.serving.dashboard_server.telemetry import Telemetry
from wearcast.serving.dashboard_server.visitor_models import VisitorModels
from wearcast.serving.experiment.assignment import Assignment, is_client_id, new_client_id
from wearcast.serving.experiment.variants import CHAMPION

NAVIGATES = {"Sec-Fetch-Mode": "navigate"}


def document(picture):
    text = f"client={picture.api_client} {picture.page}"
    return static_file("text/html; charset=utf-8", text.encode())


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Iterator[RunningService]:
    root = tmp_path_factory.mktemp("visitors")
    StoreFolder(root / "store/variants/b").publish(made("b", 5))
    with serving(root, made(CHAMPION, 1), variants=VARIANTS) as running:
        until = datetime.now(UTC) + timedelta(seconds=60)
        while answered(running, "b") != "b":
            assert datetime.now(UTC) < until
        yield running


def answered(service: RunningService, model: str) -> str:
    headers = {"Wearcast-Client": CLIENTS[model]}
    return service.ask("GET", "/forecast/latest", headers=headers).headers["Wearcast-Variant"]


class Visitors:
    """The page's server, and browsers."""

    def __init__(self, service: RunningService, assignment: Assignment) -> None:
        self.service = service
        self.api = ApiClient(service.client, "here")
        self.url = f"http://127.0.0.1:{free_port()}"
        pictures = FirstPictures(self.api, document)
        frame = static_file("text/html", b"the frame")
        models = VisitorModels(assignment)
        options = {"pictures": pictures, "frame": frame, "models": models, "trusted": ()}
        application = Application([("/", PageHandler, options)], telemetry=Telemetry())

        async def listen() -> HTTPServer:
            return application.listen(int(self.url.rpartition(":")[2]), "127.0.0.1")

        self._server = service.run(listen())

    def close(self) -> None:
        """Answer no more."""

        async def stop() -> None:
            self._server.stop()
            await self._server.close_all_connections()

        self.service.run(stop())

    def open(self, **headers: str) -> httpx.Response:
        async def opened() -> httpx.Response:
            async with httpx.AsyncClient(timeout=60) as browser:
                return await browser.get(self.url + "/?station=108", headers=headers)

        return self.service.run(opened())

    def model_of_widgets(self, client: str) -> str:
        """The model that a kernel gets its answers from, which the page gave this client."""
        choices = Choices(station="108", lang="en")
        data, _ = self.service.run(fetch_page_data(self.api.of(client), choices))
        return data.provenance["model"]


@pytest.fixture(scope="module")
def visitors(service) -> Iterator[Visitors]:
    with closing(Visitors(service, ASSIGNMENT)) as one:
        yield one


def client_of(answer: httpx.Response) -> str:
    return answer.text.partition(" ")[0].removeprefix("client=")


def number_for(model: str) -> str:
    return next(one for one in iter(new_client_id, "") if ASSIGNMENT.model_of(one) == model)


@pytest.mark.parametrize("model", CLIENTS)
def test_picture_and_widgets_are_of_the_visitors_model(visitors, model):
    page = visitors.open(**NAVIGATES, Cookie=f"wearcast-client={number_for(model)}")
    assert client_of(page) == CLIENTS[model]
    assert visitors.model_of_widgets(client_of(page)) == VERSIONS[model]


def test_the_models_have_different_pictures(visitors):
    told = {}
    for model in CLIENTS:
        page = visitors.open(**NAVIGATES, Cookie=f"wearcast-client={number_for(model)}")
        told[model] = page.text.partition(" ")[2]
    assert told[CHAMPION] != told["b"]


def test_the_first_visit_brings_a_number_that_decides_already(visitors):
    for _ in range(8):
        page = visitors.open(**NAVIGATES)
        [cookie] = page.headers.get_list("Set-Cookie")
        pair, *attributes = cookie.split("; ")
        number = pair.removeprefix("wearcast-client=")
        assert is_client_id(number)
        assert set(attributes) == {"Max-Age=7776000", "Path=/", "HttpOnly", "SameSite=Lax"}
        assert client_of(page) == CLIENTS[ASSIGNMENT.model_of(number)]
        assert number not in page.text


def test_over_tls_the_cookie_is_secure(visitors):
    page = visitors.open(**NAVIGATES, **{"X-Forwarded-Proto": "https"})
    assert page.headers["Set-Cookie"].endswith("; Secure")


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Mode": "cors"}, {**NAVIGATES, "Sec-GPC": "1"}])
def test_crawlers_and_who_asks_not_to_be_tracked_get_the_champion_and_no_cookie(visitors, headers):
    page = visitors.open(**headers)
    assert "Set-Cookie" not in page.headers
    assert client_of(page) == ""
    assert visitors.model_of_widgets("") == VERSIONS[CHAMPION]


def test_what_a_page_asks_for_later_is_of_its_own_model_whatever_the_cookie(visitors):
    later = {"Wearcast-Client": CLIENTS["b"], "Sec-Fetch-Mode": "cors"}
    assert client_of(visitors.open(**later)) == CLIENTS["b"]
    other = {"Cookie": f"wearcast-client={number_for(CHAMPION)}"}
    assert client_of(visitors.open(**later, **other)) == CLIENTS["b"]


def test_only_the_models_own_examples_are_believed_of_a_page(visitors):
    page = visitors.open(**{"Wearcast-Client": "somebody-else-0001"})
    assert client_of(page) == ""


def test_without_an_experiment_nobody_gets_a_cookie_and_old_ones_go(service):
    with closing(Visitors(service, Assignment("1", ()))) as plain:
        check_that_there_is_no_cookie(plain)


def check_that_there_is_no_cookie(plain: Visitors) -> None:
    first = plain.open(**NAVIGATES)
    assert "Set-Cookie" not in first.headers
    assert client_of(first) == ""
    back = plain.open(**NAVIGATES, Cookie=f"wearcast-client={number_for('b')}")
    assert back.headers["Set-Cookie"].startswith("wearcast-client=; Max-Age=0; Path=/")
    assert client_of(back) == ""


def test_page_scripts_send_what_the_picture_holds(repository: Path):
    templates = repository / (
        "src/wearcast/serving/dashboard_server/share/voila/templates/wearcast"
    )
    assert 'data-client="{{ picture.api_client }}"' in (templates / "picture.html").read_text()
    for script in ("picture.js", "visit.js"):
        assert '"Wearcast-Client"' in (templates / script).read_text()
