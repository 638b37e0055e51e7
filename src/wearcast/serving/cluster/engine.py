"""Engines run calls of a partition function; whichever runs them, the results are the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from wearcast.errors import ClusterError
from wearcast.serving.cluster.cluster_address import require_safe
from wearcast.serving.cluster.partition_calls import (
    Answer,
    Call,
    PartitionFunction,
    answered,
    kept_answer,
)
from wearcast.serving.cluster.receipts import Receipts


class Engine(Protocol):
    """Something that runs calls."""

    def answers(self, calls: Sequence[str]) -> Iterator[str]:
        """The answer to each call, in any order (`partition_calls.answered`).

        Raises:
            ClusterError: the workers can't be reached, or can't do it.
        """
        ...


@dataclass(frozen=True)
class ThisProcess:
    """An engine that runs one call after the other here."""

    def answers(self, calls: Sequence[str]) -> Iterator[str]:
        """The answer to each call, in order."""
        yield from map(answered, calls)


def open_engine(address: str) -> Engine:
    """The Dask cluster at an address; this process where it is empty.

    Raises:
        ConfigError: the address can't be used, or Dask isn't installed.
    """
    if not address:
        return ThisProcess()
    require_safe(address)
    from wearcast.serving.cluster.dask_cluster import DaskCluster

    return DaskCluster(address)


def results(
    engine: Engine,
    function: PartitionFunction,
    tasks: Sequence[str],
    receipts: Receipts | None = None,
    *,
    keep: bool = False,
) -> list[str]:
    """The function's result for each task, in their order.

    Every answer is checked: it belongs to a call that was made, and its text has its hash.

    Args:
        engine: what runs the function.
        function: of a module that workers can import.
        tasks: what it is called with.
        receipts: where answers are kept until all are there; None where a call that is repeated,
            because its worker was killed, may be computed again.
        keep: whether answers are kept on, for `kept_results`.

    Raises:
        ClusterError: the engine's, or an answer is broken or missing.
        WearcastError: the first error that the function ended with.
    """
    calls = [Call.of(function, task, receipts) for task in tasks]
    keys = [call.key for call in calls]
    by_key = {}
    for text in engine.answers([call.to_json() for call in calls]):
        answer = Answer.from_json(text)
        if answer.call not in keys:
            raise ClusterError(f"a worker answered call {answer.call[:12]}, which nobody made.")
        by_key[answer.call] = answer.result
    missing = len(set(keys)) - len(by_key)
    if missing:
        raise ClusterError(f"{missing} of {len(keys)} calls were never answered.")
    if receipts:
        receipts.clear([] if keep else keys)
    return [by_key[key] for key in keys]


def kept_results(
    function: PartitionFunction, tasks: Sequence[str], receipts: Receipts
) -> list[str | None]:
    """The results that any process has kept, in the order of the tasks; None where there is none.

    Raises:
        StoreError: the storage can't be reached.
    """
    found: list[str | None] = []
    for task in tasks:
        answer = kept_answer(Call.of(function, task, receipts))
        found.append(answer.result if answer else None)
    return found
