"""Metrics made of what a refresh published: foreign data, which may be broken."""

import logging
from collections.abc import Callable, Iterable
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric

_LOG: Final = logging.getLogger(__name__)


class PublishedMetrics:
    """Makes families of metrics, each of them or none."""

    def __init__(self) -> None:
        self._broken: set[str] = set()

    def of(self, what: str, families: Callable[[], Iterable[Metric]]) -> list[Metric]:
        """The families; none where what they are made of is broken, which is logged once."""
        try:
            made = list(families())
            generate_latest(_Families(made))
        except Exception:  # noqa: BLE001 - they are foreign data, and the others are fine
            if what not in self._broken:
                _LOG.exception("the metrics of %s are left out", what)
            self._broken.add(what)
            return []
        self._broken.discard(what)
        return made


class _Families(CollectorRegistry):
    """Families that are made already, as a registry has them."""

    def __init__(self, families: Iterable[Metric]) -> None:
        super().__init__()
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """The families of metrics."""
        return self._families
