"""A refresh in shares: processes that any scheduler starts, on any machines, work on some of the
partitions each, and whichever finds that all are there publishes them.

What comes of partitions is kept in the store by the hour of the run, so all shares of an hour
belong together, whenever in it they begin.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from wearcast.config import Params
from wearcast.errors import ConfigError, UnfinishedError
from wearcast.serving.cluster.engine import ThisProcess, kept_results, results
from wearcast.serving.cluster.receipts import Receipts
from wearcast.serving.cluster.shard import Shard
from wearcast.serving.refresh.exit_codes import RefreshOutcome
from wearcast.serving.refresh.partition import PartitionResult, PartitionTask, in_turn
from wearcast.serving.refresh.refresh_log import RefreshLog
from wearcast.serving.refresh.refresh_on_engine import refresh_partition
from wearcast.serving.refresh.run import Refresh
from wearcast.serving.refresh.variant_refreshes import Refreshes
from wearcast.serving.settings import Deployment
from wearcast.serving.store.snapshot_store import SnapshotStore


def run_share(
    settings: Deployment,
    params: Params,
    root: Path,
    store: SnapshotStore,
    log: RefreshLog,
    shard: Shard,
) -> RefreshOutcome:
    """Work on a share of the partitions, and publish where all are there.

    Raises:
        UnfinishedError: some of another share are not there; this share's are kept.
        ConfigError: this refresh can't be shared.
        WearcastError: as `Refresh.run`.
    """
    share = RefreshShare.of(Refresh.open(settings, params, root, store), shard)
    missing = share.work()
    if missing:
        raise UnfinishedError(
            f"share {shard.number} of {shard.count} is kept, and {missing} partitions of other"
            " shares are not there yet. The last share publishes; so does this one, run again."
        )
    return Refreshes(settings, params, log, share.publishing).run()


@dataclass(frozen=True)
class RefreshShare:
    """One process's share of a refresh.

    Attributes:
        refresh: the whole of it.
        shard: which share.
        hour: the hour of the run, UTC.
    """

    refresh: Refresh
    shard: Shard
    hour: datetime

    @classmethod
    def of(cls, refresh: Refresh, shard: Shard) -> "RefreshShare":
        """The share in this hour's run.

        Raises:
            ConfigError: the refresh replays the sample.
        """
        if refresh.params.ingest.source == "sample":
            raise ConfigError(
                "--shard: a replay of the sample is not shared: it goes on by itself."
            )
        return cls(refresh, shard, refresh.now().replace(minute=0, second=0, microsecond=0))

    def work(self) -> int:
        """Work on the partitions of this share; how many of all are not there yet.

        Raises:
            WearcastError: the first that a partition ended with.
            StoreError: the store can't be reached, or can't take results.
        """
        texts = self._texts(self.refresh.tasks(self.hour))
        own = in_turn(self.shard.of(texts), self.hour)
        results(ThisProcess(), refresh_partition, own, self._receipts, keep=True)
        return kept_results(refresh_partition, texts, self._receipts).count(None)

    def publishing(self) -> Refresh:
        """A refresh that publishes what all shares have kept."""
        return replace(self.refresh, elsewhere=self._kept)

    def _kept(self, tasks: Sequence[PartitionTask]) -> list[PartitionResult]:
        kept = kept_results(refresh_partition, self._texts(tasks), self._receipts)
        found = [PartitionResult.from_json(json.loads(text)) for text in kept if text is not None]
        if len(found) < len(tasks):
            raise UnfinishedError(
                f"{len(tasks) - len(found)} of {len(tasks)} partitions are not there any more."
                " Refresh again."
            )
        return found

    def _texts(self, tasks: Sequence[PartitionTask]) -> list[str]:
        """The tasks as all shares of the hour write them."""
        of_hour = [replace(task, now=self.hour) for task in tasks]
        return [json.dumps(task.to_json(), sort_keys=True) for task in of_hour]

    @property
    def _receipts(self) -> Receipts:
        settings = self.refresh.settings
        return Receipts(settings.store, f"{self.hour:%Y%m%dT%H}", settings.store_timeout)
