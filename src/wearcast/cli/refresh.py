"""`wearcast refresh`: what it works with, once or again and again."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from wearcast.config import Params, Paths, checked, read_groups
from wearcast.errors import ConfigError
from wearcast.serving.cluster.shard import Shard
from wearcast.serving.freed_table_memory import return_freed_memory_of_tables
from wearcast.serving.json_logging import logging_to_stderr
from wearcast.serving.refresh.exit_codes import RefreshOutcome
from wearcast.serving.refresh.refresh_in_shares import run_share
from wearcast.serving.refresh.refresh_log import RefreshLog
from wearcast.serving.refresh.refresh_on_engine import open_refresh
from wearcast.serving.refresh.schedule import interruptible_wait, parse_period, repeat
from wearcast.serving.refresh.variant_refreshes import Refreshes
from wearcast.serving.settings import Deployment
from wearcast.serving.store.object_storage import open_storage
from wearcast.serving.store.snapshot_store import SnapshotStore
from wearcast.serving.terms_of_use import log_terms


@dataclass(frozen=True)
class RefreshCommand:
    """What the command does, its settings and params read.

    Attributes:
        settings: the deployment's.
        params: the experiment's.
        refresh: refreshes once.
    """

    settings: Deployment
    params: Params
    refresh: Callable[[], RefreshOutcome]

    @classmethod
    def prepared(cls, paths: Paths, cluster: str, shard: str) -> "RefreshCommand":
        """The command in a project.

        Args:
            paths: of the project.
            cluster: a Dask scheduler's address; empty for this machine alone.
            shard: which share of the work; empty for that of the settings.

        Raises:
            ConfigError: the settings or params.yaml can't be used.
        """
        return_freed_memory_of_tables()
        named = {"WEARCAST_SHARD": shard} if shard else {}
        settings = Deployment.from_environment({**os.environ, **named}, paths.root)
        if cluster and settings.shard:
            raise ConfigError("a share and --cluster are two ways to share the work: choose one.")
        params = checked(Params, read_groups(paths.params), where=str(paths.params))
        store = SnapshotStore(open_storage(settings.store, settings.store_timeout), settings.keep)
        log = RefreshLog(settings.history, store)
        if settings.shard:
            share = Shard.parse(settings.shard)
            run = partial(run_share, settings, params, paths.root, store, log, share)
            return cls(settings, params, run)
        opened = partial(open_refresh, settings, params, paths.root, store, cluster)
        return cls(settings, params, Refreshes(settings, params, log, opened).run)

    def run(self, every: str) -> RefreshOutcome | None:
        """Refresh once, or every so often until a signal ends it; the outcome of the one.

        Args:
            every: such as 30m or 1h; empty for once.

        Raises:
            WearcastError: as `Refresh.run`; of several refreshes, only that `every` isn't valid.
        """
        with logging_to_stderr(self.settings.log_level):
            log_terms(self.settings, self.params.ingest, os.environ)
            if not every:
                return self.refresh()
            repeat(lambda: self.refresh().summary, parse_period(every), interruptible_wait())
        return None
