"""A store whose forecasts are as old, and were as good, as a test wants them."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from service.synthetic_snapshots import NEWARK, guided, varied
from wearcast.forecasting.guidance_used import GuidanceRun
from wearcast.forecasting.snapshot import Origin
from wearcast.serving.store.object_storage import open_storage
from wearcast.serving.store.refresh_totals import OUTCOMES, ModelInfo, RefreshTotals
from wearcast.serving.store.snapshot_store import SnapshotRecord, SnapshotStore

LEADS = ("1-6", "7-24", "25-48", "49-96", "97-168", "all")
USUAL_ERRORS = {"temp_c": 3.0, "dewpoint_c": 3.5, "wind_ms": 1.5, "cloud_pct": 30.0}
"""Climatology's, in the variables' units."""


@dataclass
class PublishedForecasts:
    """Publishes into a folder, as refresh does.

    Attributes:
        age: of the next forecast.
        error_ratio: its past errors over climatology's.
        coverage: the share of observations that its 80 % interval held.
        has_guidance: whether it is made with numerical forecasts.
    """

    folder: Path
    age: timedelta = timedelta(0)
    error_ratio: float = 0.6
    coverage: float = 0.8
    has_guidance: bool = False

    def publish(self) -> None:
        """Publish a forecast, its scores, and how refreshes ended."""
        store = SnapshotStore(open_storage(str(self.folder), timedelta(seconds=5)), keep=1_000)
        now = datetime.now(UTC)
        issued_at = f"{now - self.age:%Y-%m-%dT%H}"
        made = replace(varied(NEWARK, issued_at), origin=Origin("tested", "made up", replay=False))
        if self.has_guidance:
            run_at = now - timedelta(hours=6)
            made = guided(made, runs=(GuidanceRun("ecmwf_ifs025", run_at, run_at),))
        content, scores = made.to_bytes(), json.dumps({NEWARK.id: self._scores()}).encode()
        record = SnapshotRecord.of(content, made, now, scores)
        store.publish(content, record, scores, store.read_state())
        totals = RefreshTotals(
            outcomes=dict.fromkeys(OUTCOMES, 1),
            errors={"SourceError": 1},
            source_failures={"kma": {"SourceError": 1}},
            guidance_failures={"open_meteo": {"late": 1}},
            ended_at=now,
            succeeded_at=now,
            last_s=3.0,
            model=ModelInfo(
                version="v1", trained_until="2024-01-01T00:00Z", has_guidance=self.has_guidance
            ),
        )
        store.put_refresh_totals(totals.to_bytes())

    def _scores(self) -> dict[str, object]:
        of_variables = {name: self._errors(usual) for name, usual in USUAL_ERRORS.items()}
        brier = {"brier": 0.1 * self.error_ratio, "climatology_brier": 0.1}
        rain = {"pairs": 5_000, "bias": 0.0, "persistence_brier": 0.15, **brier}
        by_variable = {**of_variables, "rain": rain}
        last_days = {name: dict.fromkeys(LEADS, scores) for name, scores in by_variable.items()}
        right = {"days": 14, "right_said": 0.8, "right": 0.75}
        clo = {"clo_error": 0.1, "persistence_clo_error": 0.2, "climatology_clo_error": 0.3}
        today = datetime.now(UTC).date()
        days = [str(today - timedelta(days=before)) for before in range(14)]
        return {
            "forecast_by_day": [{"on": day} for day in days],
            "last_days": {"2": last_days, "14": last_days},
            "last_days_advice": {"2": {**right, **clo}, "14": {**right, **clo}},
            "input_drift": {"temp_c": {"level": {"score": 0.3}}},
        }

    def _errors(self, usual: float) -> dict[str, float]:
        return {
            "pairs": 5_000,
            "mae": self.error_ratio * usual,
            "persistence_mae": 1.2 * usual,
            "climatology_mae": usual,
            "bias": 0.1,
            "coverage_80": self.coverage,
        }
