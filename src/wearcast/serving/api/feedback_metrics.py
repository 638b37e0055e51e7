"""Prometheus' metrics of feedback."""

from collections.abc import Iterable

from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from wearcast.clothing.personal_offset import Verdict
from wearcast.serving.api.taken_feedback import REFUSALS, FeedbackCounts


class FeedbackCollector(Collector):
    """Metrics of the feedback that a service takes, read when they are scraped.

    Args:
        counts: what happened since the start.
    """

    def __init__(self, counts: FeedbackCounts) -> None:
        self._counts = counts

    def collect(self) -> Iterable[Metric]:
        """The families of metrics."""
        votes = CounterMetricFamily(
            "wearcast_feedback_votes", "New votes on past advice.", labels=("verdict",)
        )
        for verdict in Verdict:
            votes.add_metric([verdict.value], self._counts.votes[verdict])
        yield votes
        refusals = CounterMetricFamily(
            "wearcast_feedback_refusals", "Feedback that was refused.", labels=("reason",)
        )
        for reason in REFUSALS:
            refusals.add_metric([reason], self._counts.refusals[reason])
        yield refusals
        yield CounterMetricFamily(
            "wearcast_feedback_database_errors",
            "Feedback that the database, or the advice that it was about, wasn't there for.",
            self._counts.database_errors,
        )
