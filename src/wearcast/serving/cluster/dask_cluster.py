"""An engine on Dask distributed: a scheduler, and workers on any number of machines.

Dask computes a call again when its worker dies, up to its `allowed-failures`. Calls and answers are
text, and answers are read as msgpack, so that nothing that came from outside is pickled anywhere.
What Dask pickles are its own messages, and in them the reference to one function of this package.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from wearcast.errors import ClusterError, ConfigError
from wearcast.serving.cluster.partition_calls import answered

try:
    from distributed import Client, as_completed
    from distributed.scheduler import KilledWorker
    from distributed.security import Security
except ImportError as error:
    raise ConfigError(
        "--cluster wants Dask, which isn't installed: pip install 'wearcast[cluster]'."
    ) from error

_WITHOUT_PICKLE: Final = ["msgpack", "error"]


@dataclass(frozen=True)
class DaskCluster:
    """An engine that runs calls on the workers of a Dask scheduler.

    Attributes:
        address: the scheduler's, tcp://… or tls://….
        start: how long the scheduler and a first worker may take to be there.
        run: how long all calls together may take.
    """

    address: str
    start: timedelta = timedelta(seconds=60)
    run: timedelta = timedelta(hours=1)

    def answers(self, calls: Sequence[str]) -> Iterator[str]:
        """The answer to each call, as they come.

        Raises:
            ConfigError: TLS has no certificates.
            ClusterError: the cluster can't be reached, ended too many workers over one call, or
                takes too long.
        """
        with self._client() as client:
            futures = client.map(answered, calls, pure=False)
            try:
                for future in as_completed(
                    futures, loop=client.loop, timeout=self.run.total_seconds()
                ):
                    yield _answer_of(future)
                    future.release()
            except TimeoutError as error:
                raise ClusterError(
                    f"{self.address} did not answer all of {len(calls)} calls within {self.run}."
                    " See its scheduler's log."
                ) from error

    @contextmanager
    def _client(self) -> Iterator[Any]:
        """A connection to the scheduler, which has a worker."""
        start_s = self.start.total_seconds()
        try:
            client = Client(
                self.address,
                security=self._security(),
                timeout=start_s,
                set_as_default=False,
                deserializers=_WITHOUT_PICKLE,
            )
        except (OSError, TimeoutError) as error:
            raise ClusterError(
                f"{self.address} can't be reached: {error}. Is `dask scheduler` running there?"
            ) from error
        with client:
            try:
                client.wait_for_workers(1, timeout=start_s)
            except TimeoutError as error:
                raise ClusterError(
                    f"{self.address} has no worker. Start one: dask worker {self.address}"
                ) from error
            yield client

    def _security(self) -> Any:
        """The certificates that Dask's own settings name."""
        if not self.address.startswith("tls://"):
            return None
        security: Any = Security(require_encryption=True)
        if not (security.tls_ca_file and security.tls_client_cert):
            raise ConfigError(
                "--cluster tls://… wants certificates: set"
                " DASK_DISTRIBUTED__COMM__TLS__CA_FILE, …__TLS__CLIENT__CERT and"
                " …__TLS__CLIENT__KEY (docs/scale.md)."
            )
        return security


def _answer_of(future: Any) -> str:
    try:
        text = future.result()
    except KilledWorker as error:
        raise ClusterError(
            f"a partition ended its worker again and again: {error}. See the workers' logs; often"
            " memory is short."
        ) from error
    # Whatever Dask raises, such as of a scheduler that ended.
    except Exception as error:
        raise ClusterError(
            f"a call ended without an answer: {error!r}. See the scheduler's log, and run again."
        ) from error
    if not isinstance(text, str):
        raise ClusterError(f"a worker answered with {type(text).__name__}, not with text.")
    return text
