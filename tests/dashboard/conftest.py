"""The whole dashboard: an API over a folder of snapshots, Voilà, and a real browser."""

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from real.faulty_proxy import Proxy
from real.processes import Api, api, environment
from service.in_process_service import StoreFolder
from service.synthetic_snapshots import two_cities

# Without Playwright, which only the group `real` installs, nothing here can be imported. tests/real
# asks whether it is there.
collect_ignore_glob = [] if importlib.util.find_spec("playwright") else ["test_*.py"]


@pytest.fixture(scope="module")
def browser(real_part: Callable[[str, object], None]) -> Iterator[object]:
    """A Chromium for a module's tests; Playwright's event loop runs as long, and lets no other one
    run beside it."""
    from playwright.sync_api import sync_playwright

    from dashboard.browser import CHROMIUM, launched

    real_part("Chromium", CHROMIUM)
    with sync_playwright() as running:
        chromium = launched(running)
        yield chromium
        chromium.close()


@dataclass(frozen=True)
class Line:
    """An API over a folder of snapshots, behind a proxy that can disturb requests."""

    shelf: StoreFolder
    api: Api
    proxy: Proxy

    @property
    def url(self) -> str:
        """Where a dashboard asks."""
        return self.proxy.endpoint


@pytest.fixture(scope="session")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Line]]:
    """Start an API of its own for a test or a module; its settings are those of `Deployment`."""
    with ExitStack() as stack:

        def line(*snapshots: object, **settings: str) -> Line:
            root = tmp_path_factory.mktemp("api")
            shelf = StoreFolder(root / "store")
            for snapshot in snapshots:
                shelf.publish(snapshot)
            usual = {
                "STORE": str(shelf.root),
                "MODEL": str(root / "no-model"),
                "REPORTS": str(root / "no-reports"),
                "REVALIDATE_EVERY": "1s",
            }
            one = stack.enter_context(
                api(root, root / "api.log", environment(None, **(usual | settings)))
            )
            proxy = Proxy(one.client.base_url.port)
            stack.callback(proxy.close)
            return Line(shelf, one, proxy)

        yield line


@pytest.fixture(scope="module")
def line(lines: Callable[..., Line]) -> Line:
    """The API of a module, with two cities to ask about."""
    return lines(two_cities())


@pytest.fixture(scope="session")
def said(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder where dashboards leave what they say."""
    return tmp_path_factory.mktemp("boards")
