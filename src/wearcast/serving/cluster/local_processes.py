"""An engine of several processes of this machine, which end with the one that started them."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.util import Finalize
from typing import Final

from wearcast.errors import ClusterError
from wearcast.serving.cluster.partition_calls import answered
from wearcast.serving.freed_table_memory import return_freed_memory_of_tables
from wearcast.serving.json_logging import logging_to_stderr

_LAST: Final = 0
"""Of what a process does before it ends."""


@dataclass(frozen=True)
class LocalProcesses:
    """Runs calls in processes, each one call after the other. Calls and answers are text.

    Attributes:
        count: how many processes.
        log_level: of what they log.
    """

    count: int
    log_level: str

    def answers(self, calls: Sequence[str]) -> Iterator[str]:
        """The answer to each call, as they come.

        Raises:
            ClusterError: a process was killed.
        """
        pool = ProcessPoolExecutor(
            max_workers=min(self.count, len(calls)),
            # A copy of this process would have its threads' locks, and none of its threads.
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(self.log_level,),
        )
        futures = [pool.submit(answered, call) for call in calls]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BrokenProcessPool as error:
            raise ClusterError(
                "a process of this refresh was killed; often memory is short. Set"
                " WEARCAST_REFRESH_PROCESSES to fewer, or give it more memory."
            ) from error
        finally:
            # Where an error ends it, the calls that wait are not begun.
            pool.shutdown(cancel_futures=True)


def _begin(log_level: str) -> None:
    """Log as the starting process does, end when it does, and keep no memory for nothing."""
    return_freed_memory_of_tables()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Who stops a whole group or container asks the starting process, which ends these.
        signal.signal(number, signal.SIG_IGN)
    stack = ExitStack()
    stack.enter_context(logging_to_stderr(log_level))
    Finalize(None, stack.close, exitpriority=_LAST)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
