"""A visitor searches a place that isn't forecast, asks for it with the keyboard, is told what
becomes of it, and finds it when it is forecast."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import yaml
from playwright.sync_api import expect

from dashboard.browser import PHONE, visitor
from dashboard.dashboard_process import DashboardProcess, dashboard_process
from dashboard.page_values import settled
from dashboard.test_accessibility import AXE, FOUND
from fakes.open_meteo import FakeOpenMeteo
from fakes.serving import served
from real.processes import api, environment
from service.in_process_service import StoreFolder
from service.synthetic_snapshots import NEWARK, SEOUL, joined, varied
from unit.serving.refresh_fakes import params
from wearcast.serving.places.place_requests import PlaceQueue
from wearcast.serving.store.object_storage import FolderStorage

pytestmark = pytest.mark.real
AT = "2024-04-09T19"
NAME = "강릉"
KEPT = """JSON.stringify([document.body.innerHTML, location.href, document.cookie,
    {...localStorage}, {...sessionStorage}])"""
TOKEN = "an-operators-token-of-32-letters-"  # noqa: S105 - of a test


@dataclass(frozen=True)
class Site:
    """A dashboard over an API whose visitors may ask for places."""

    board: DashboardProcess
    shelf: StoreFolder
    queue: PlaceQueue


@pytest.fixture(scope="module")
def site(said, tmp_path_factory) -> Iterator[Site]:
    with started(said, tmp_path_factory.mktemp("site"), PLACE_REQUESTS="anyone") as one:
        yield one


@contextmanager
def started(said, root, **asking: str) -> Iterator[Site]:
    """A site whose settings say who may ask."""
    shelf = StoreFolder(root / "store")
    shelf.publish(joined(varied(NEWARK, AT), varied(SEOUL, AT, seed=2), replay=True))
    content = params("open_meteo").model_dump(mode="json")
    settings = environment(
        None,
        STORE=str(shelf.root),
        MODEL=str(root / "no-model"),
        REPORTS=str(root / "no-reports"),
        REVALIDATE_EVERY="1s",
        **asking,
        PLACE_QUEUE=str(root / "queue"),
    )
    with served(FakeOpenMeteo()) as url:
        content["ingest"]["open_meteo"]["geocoding_url"] = f"{url}/v1/search"
        (root / "params.yaml").write_text(yaml.safe_dump(content))
        with (
            api(root, root / "api.log", settings) as one,
            dashboard_process(
                said / f"places-{asking['PLACE_REQUESTS']}.log", API=one.url, DASHBOARD_POOL="1"
            ) as board,
        ):
            yield Site(board, shelf, PlaceQueue(FolderStorage(root / "queue")))


def search(page, name):
    """Search a place, as a keyboard does."""
    box = page.locator("#settings-box")
    if box.get_attribute("open") is None:
        page.locator("#open-settings").press("Enter")
    field = page.locator("#set-find")
    field.fill(name)
    field.press("Enter")
    settled(page)


def test_a_place_is_asked_for_and_found_when_it_is_forecast(site, browser, real_part):
    with visitor(browser, "ko", size=PHONE) as seen:
        page = seen.open(f"{site.board.url}?station=108").page
        search(page, NAME)
        found = page.locator("#found")
        expect(found).to_contain_text("강릉시 더하기")
        real_part("axe-core (npm ci in tests/dashboard)", AXE.exists())
        page.evaluate(AXE.read_text())
        assert page.evaluate(FOUND) == []
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]

        page.get_by_role("button", name="강릉시 더하기").press("Enter")
        expect(found).to_contain_text("요청했어요")
        expect(found).to_be_focused()
        expect(page.locator("[data-ask]")).to_have_count(0)
        [request] = site.queue.read().requests
        assert (request.station.id, request.state) == ("gangneung", "waiting")

        snapshot = [varied(SEOUL, AT, seed=2), varied(request.station, AT, seed=3)]
        site.shelf.publish(joined(*snapshot, replay=True))
        seen.until(lambda: shows_link(seen, site), "the place is forecast")
        seen.open(f"{site.board.url}?station=gangneung")
        expect(page.locator("#set-station")).to_have_value("gangneung")
    assert seen.errors == []
    assert seen.elsewhere == []


def test_who_has_the_token_asks_with_the_keyboard(said, tmp_path, browser, real_part):
    asking = {"PLACE_REQUESTS": "token", "PLACE_TOKEN": TOKEN}
    with started(said, tmp_path, **asking) as site, visitor(browser, "ko", size=PHONE) as seen:
        page = seen.open(f"{site.board.url}?station=108").page
        search(page, NAME)
        found, field = page.locator("#found"), page.locator("#place-token")
        expect(found).to_contain_text("운영자의 토큰이 있으면")
        use(page, "x" * 40)
        expect(found).to_contain_text("운영자의 토큰이 아니에요.")
        expect(field).to_have_value("")
        real_part("axe-core (npm ci in tests/dashboard)", AXE.exists())
        page.evaluate(AXE.read_text())
        assert page.evaluate(FOUND) == []
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]

        use(page, TOKEN)
        expect(found).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="강릉시 더하기")).to_be_focused()
        page.keyboard.press("Enter")
        expect(found).to_contain_text("요청했어요")
        assert [request.station.id for request in site.queue.read().requests] == ["gangneung"]
        assert TOKEN not in page.evaluate(KEPT)
        assert seen.errors == []
    logs = [*said.glob("places-token*"), tmp_path / "api.log"]
    assert len(logs) > 1
    assert not [log for log in logs if TOKEN in log.read_text()]


def use(page, token):
    """Give a token, as a keyboard does."""
    field = page.locator("#place-token")
    field.fill(token)
    field.press("Enter")
    settled(page)


def shows_link(seen, site):
    seen.open(f"{site.board.url}?station=108&find={NAME}")
    return seen.page.locator("#found-gangneung").count()
