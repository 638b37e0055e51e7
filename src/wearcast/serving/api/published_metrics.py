"""Metrics made of what a refresh published: foreign data, which may be broken."""

import logging
from collections.abc import Callable, Iterable
from typing import Any, Final
from weakref import ReferenceType, ref

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric

_LOG: Final = logging.getLogger(__name__)


class PublishedMetrics:
    """Makes families of metrics, each of them or none."""

    def __init__(self) -> None:
        self._broken: set[str] = set()
        self._made: dict[str, tuple[ReferenceType[Any], list[Metric]]] = {}

    def once(
        self, what: str, made_of: Any, families: Callable[[], Iterable[Metric]]
    ) -> list[Metric]:
        """The families, made once as long as what they are made of is the same object: of very many
        stations that takes a second."""
        known = self._made.get(what)
        if known is None or known[0]() is not made_of:
            # A reference that keeps nothing alive: it may be a large snapshot.
            known = (ref(made_of), self.of(what, families))
            self._made[what] = known
        return known[1]

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
