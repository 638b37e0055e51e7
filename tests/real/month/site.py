"""The site of the month: two colours of the API of which one is live, the dashboard, the proxy with
deploy's flags and routes, refresh, and what is scraped beside them."""

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from dashboard.dashboard_process import DashboardProcess
from deploy.bare_proxy import ADDRESSES, ROUTES, BareProxy, bare_proxy, notices
from ports import free_port
from real import monitoring
from real.forked_refreshes import Refreshes
from real.month.models import version
from real.month.rollout_host import RolloutHost
from real.month.scrapes import Target
from real.processes import Api, api, environment, of_the_tests, wait_until
from real.settable_clock import Clock
from wearcast.serving.store.object_storage import open_storage
from wearcast.serving.store.snapshot_store import SnapshotRecord, SnapshotStore

COLOURS = ("blue", "green")
KEPT = 2_000
"""All snapshots of a month."""

_KNOWN_AFTER_S = 0.15
"""The API answers by the time as it was within the last tenth of a second."""


@dataclass
class Site:
    """The site.

    Attributes:
        root: the project that refresh runs in.
        folder: for everything that the processes write.
        clock: of all of them.
        keys: of the weather services.
        live: the colour that visitors are led to.
        model: the folder of its model.
        apis: the colours that run.
    """

    root: Path
    folder: Path
    clock: Clock
    keys: Mapping[str, str]
    model: Path
    live: str = "blue"
    apis: dict[str, Api] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ports = {colour: free_port() for colour in COLOURS}
        self.inside, self.metrics, self.page = free_port(), free_port(), free_port()
        self.store_folder = self.folder / "store"
        self.state = self.folder / "rollout"
        self.programs = self.folder / "programs"
        self.database = f"sqlite:///{self.folder}/votes.db"
        self._ends: dict[str, ExitStack] = {}
        self._codes = 0

    @property
    def store(self) -> SnapshotStore:
        """Where snapshots are published."""
        return SnapshotStore(open_storage(str(self.store_folder), timedelta(seconds=5)), KEPT)

    def open(self, stack: ExitStack) -> None:
        """Start all of it, with nothing published yet."""
        self.state.mkdir()
        self._write_routes(stack.enter_context(notices()))
        self.host = RolloutHost(self.folder / "rollout.log", self._of_host)
        stack.callback(self.host.close)
        self.host.do("first", **self._release(self.live, self.model))
        stack.callback(self.stop_all)
        self.start(self.live, self.model)
        self.url = stack.enter_context(self._proxy()).url
        (self.folder / "env").write_text(f"SITE_HTTP={self.url.rpartition(':')[2]}\n")
        stack.enter_context(self._dashboard())
        node = monitoring.node_exporter(
            self.folder, self.state / "metrics", *monitoring.OF_FILES_ALONE
        )
        self.node = stack.enter_context(node)
        self.probe = stack.enter_context(monitoring.blackbox_exporter(self.folder))
        self.refreshes = self._refreshes(self.model)
        stack.callback(lambda: self.refreshes.close())

    def targets(self) -> list[Target]:
        """All that is scraped."""
        found = []
        for colour, port in self.ports.items():
            url = f"http://127.0.0.1:{port}/metrics"
            found.append(Target("api", f"service-{colour}:8000", url, colour))
        dashboard = f"http://127.0.0.1:{self.metrics}/metrics"
        proxy = f"http://127.0.0.1:{self.inside}/metrics"
        found += [
            Target("dashboard", "dashboard-blue:8502", dashboard, "blue"),
            Target("proxy", "proxy:8082", proxy),
            Target("host", "node-exporter:9100", f"http://{self.node}/metrics"),
        ]
        for module, path in {"api": "/api/health/ready", "page": "/"}.items():
            asked = f"http://{self.probe}/probe?module={module}&target={self.url}{path}"
            found.append(Target("probe", f"{self.url}{path}", asked))
        return found

    def set_clock(self, now: datetime) -> None:
        """Let it be that time, from here on."""
        self._ahead = now - datetime.now(UTC)
        self.clock.set_ahead(self._ahead)
        self._known_at_s = time.monotonic() + _KNOWN_AFTER_S

    def now(self) -> datetime:
        """The time by the month's clock."""
        return datetime.now(UTC) + self._ahead

    def knows_the_time(self) -> None:
        """Wait until no answer is of the time before the clock was set."""
        time.sleep(max(0.0, self._known_at_s - time.monotonic()))

    def start(self, colour: str, model: Path, **settings: str) -> None:
        """Start a colour, and wait until it is listened for."""
        port = self.ports[colour]
        stack = ExitStack()
        given = self._settings(
            model, LAST_GOOD=str(self.folder / f"last good {colour}"), **settings
        )
        self._ends[colour] = stack
        self.apis[colour] = stack.enter_context(
            api(self.root, self.folder / f"{colour}.log", given, port)
        )

    def stop(self, colour: str) -> None:
        """Ask a colour to end, and wait for that."""
        self.apis.pop(colour)
        self._ends.pop(colour).close()

    def stop_all(self) -> None:
        """End every colour."""
        for colour in list(self._ends):
            self._ends.pop(colour).close()

    def kill(self) -> None:
        """End the live colour at once, as a fault would."""
        self.apis[self.live].running.kill()
        self.apis[self.live].running.wait()
        self.stop(self.live)

    def is_ready(self, colour: str) -> bool:
        """Whether it has a forecast to serve."""
        return self.apis[colour].get("/health/ready").status_code == 200

    def upgrade(self, model: Path) -> Iterator[str]:
        """Bring a release to users, step by step."""
        before, after = self._begin(model)
        self.start(after, model)
        wait_until(lambda: self.is_ready(after), f"{after} is ready")
        yield "ready"
        self.host.do("shift")
        yield "shifted"
        if model != self.model:
            self.refreshes.close()
            self.refreshes = self._refreshes(model)
        self.host.do("prove")
        self.live, self.model = after, model
        yield "proved"
        self.stop(before)
        yield "stopped"

    def roll_back(self) -> Iterator[str]:
        """Bring a release to users that doesn't prove itself."""
        _, after = self._begin(self.model)
        self.start(after, self.model)
        wait_until(lambda: self.is_ready(after), f"{after} is ready")
        self.host.do("shift")
        yield "shifted"
        self.host.do("go_back", reason="the watch found something")
        yield "gone back"
        self.stop(after)
        yield "stopped"

    def start_in_vain(self) -> None:
        """Bring a release to users whose API refuses its settings."""
        _, after = self._begin(self.model)
        with pytest.raises(AssertionError, match="WEARCAST_STALE_AFTER"):
            self.start(after, self.model, STALE_AFTER="1h")
        self._ends.pop(after).close()
        self.host.do("go_back", reason=f"service-{after} doesn't run")

    def take_store_away(self) -> None:
        """Let a file be where the store's folder was."""
        self.store_folder.rename(self.folder / "away")
        self.store_folder.write_text("no folder")

    def give_store_back(self) -> None:
        """Let the folder be there again."""
        self.store_folder.unlink()
        (self.folder / "away").rename(self.store_folder)

    def follows(self, record: SnapshotRecord) -> None:
        """Wait until the live colour serves a snapshot."""
        one = self.apis[self.live]
        wait_until(
            lambda: one.ready().get("snapshot") == record.version, f"{record.version} is served"
        )

    def looks_again(self) -> None:
        """Wait until the live colour has looked at the store again."""
        one = self.apis[self.live]
        looks = one.metric("wearcast_store_looks_total")
        wait_until(
            lambda: one.metric("wearcast_store_looks_total") >= looks + 2, "it looks at the store"
        )

    def page_opens(self) -> None:
        """Open the dashboard's page."""
        answer = httpx.get(self.url, trust_env=False, timeout=20)
        assert answer.status_code == 200
        assert "Wearcast" in answer.text

    def _begin(self, model: Path) -> tuple[str, str]:
        """A rollout begins: the colour before, and the one after it."""
        after = "green" if self.live == "blue" else "blue"
        self.host.do("begin", **self._release(after, model))
        return self.live, after

    def _release(self, colour: str, model: Path) -> dict[str, str]:
        self._codes += 1
        code = f"{self._codes:040x}"
        programs = str(self.programs)
        return {"programs": programs, "colour": colour, "code": code, "model": version(model)}

    def _settings(self, model: Path, **settings: str) -> dict[str, str]:
        return environment(
            {**self.clock.environment, **self.keys},
            STORE=str(self.store_folder),
            MODEL=str(model),
            REPORTS=str(self.root / "reports"),
            HISTORY=str(self.folder / "history"),
            FEEDBACK=self.database,
            KEEP=str(KEPT),
            REVALIDATE_EVERY="1s",
            ROOT_PATH="/api",
            TRUSTED_PROXIES="127.0.0.1",
            **settings,
        )

    def _refreshes(self, model: Path) -> Refreshes:
        return Refreshes(self.root, self.folder / "refresh.log", self._settings(model))

    @property
    def _of_host(self) -> dict[str, str]:
        ours = {"ROLLOUT_STATE": str(self.state), "WEARCAST_ENV": str(self.folder / "env")}
        return environment({**self.clock.environment, **ours})

    def _proxy(self) -> AbstractContextManager[BareProxy]:
        flags = {
            "--entrypoints.inside.address": f"127.0.0.1:{self.inside}",
            "--providers.file.directory": f"{self.state}/traefik",
        }
        return bare_proxy(self.folder / "proxy", dict.fromkeys(ADDRESSES, 0), flags)

    @contextmanager
    def _dashboard(self) -> Iterator[None]:
        settings = environment(
            self.clock.environment,
            API=f"{self.url}/api",
            DASHBOARD_POOL="1",
            DASHBOARD_KERNELS="4",
            DASHBOARD_METRICS_PORT=str(self.metrics),
        )
        log = self.folder / "dashboard.log"
        one = DashboardProcess(log, of_the_tests(settings), port=self.page)
        try:
            one.start()
            yield
        finally:
            one.end()

    def _write_routes(self, notices_port: int) -> None:
        """Those of deploy, with this machine's ports in place of the containers' names."""
        blue, green = (f"127.0.0.1:{self.ports[colour]}" for colour in COLOURS)
        parts = {
            "service": f'{{{{ if eq $colour "blue" }}}}{blue}{{{{ else }}}}{green}{{{{ end }}}}',
            "dashboard": f"127.0.0.1:{self.page}",
            "notices": f"127.0.0.1:{notices_port}",
        }
        routes = ROUTES.read_text()
        for part, name in ADDRESSES.items():
            assert name in routes
            routes = routes.replace(name, parts[part])
        folder = self.programs / "traefik"
        folder.mkdir(parents=True)
        (folder / "routes.yaml").write_text(routes)


@contextmanager
def opened(site: Site) -> Iterator[Site]:
    """The site, as long as the block runs."""
    with ExitStack() as stack:
        site.open(stack)
        yield site
