"""What past forecasts of a partition's stations were worth, and the ledgers that keep it: of other
stations nothing is read, and a partition's ledgers have a folder of their own."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from wearcast.config import Station
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.guidance_record import GuidanceRecord
from wearcast.forecasting.history import History
from wearcast.forecasting.input_series import InputHours
from wearcast.serving.refresh import history_file, live_verification
from wearcast.serving.refresh.advice_ledger import AdviceLedger
from wearcast.serving.refresh.forecast_ledger import ForecastLedger, folder_name
from wearcast.serving.refresh.inputs import Inputs
from wearcast.serving.refresh.kept_forecasts import KeptForecasts
from wearcast.serving.refresh.observed_hours import hours_as_given
from wearcast.serving.refresh.past_shards import PastShards
from wearcast.serving.refresh.rain_day_files import RainDayFiles
from wearcast.serving.refresh.realised_rain_days import PastRainDays
from wearcast.serving.refresh.verification_notes import VerificationNotes
from wearcast.serving.store.snapshot_store import SnapshotRecord, SnapshotStore


@dataclass(frozen=True)
class PartitionVerification:
    """Verifies the past forecasts of some stations.

    Attributes:
        folder: of their ledgers (`forecast_ledger.folder_of_partition`).
        stations: the stations.
        store: where past snapshots are read.
        forecaster: the model.
        history: the folder of all stations' observations.
        notes_alarms: whether it notes which evidence says that a sensor is wrong.
        notes: for the log and the counters.
    """

    folder: Path
    stations: Sequence[Station]
    store: SnapshotStore
    forecaster: Forecaster
    history: Path
    notes_alarms: bool = True
    notes: VerificationNotes = field(default_factory=VerificationNotes, compare=False)

    def verified(
        self,
        published: Sequence[SnapshotRecord],
        now: SnapshotRecord,
        measured: Mapping[str, History],
        inputs: Inputs,
    ) -> dict[str, Any]:
        """By station the live verification of the snapshots before one that is about to be
        published.

        Args:
            published: the store's records, the newest first.
            now: the record of that snapshot.
            measured: by station in it, what came; other stations than the partition's are left
                aside.
            inputs: what all stations' forecasts were made from.

        Raises:
            StoreError: the store can't be reached.
        """
        ids = [station.id for station in self.stations]
        own = {id: measured[id] for id in ids if id in measured}
        horizon_h = self.forecaster.manifest.standardization.horizon_h
        ledger = self._ledger(horizon_h, inputs.guidance)
        past = self._past_forecasts(ledger, published, now)
        newest_first = [forecasts for _, forecasts in past]
        verified = live_verification.verify(newest_first, own, horizon_h)
        origin = self.folder / folder_name(now)
        updates: dict[str, Callable[[], dict[str, Any]]] = {
            "last_days": partial(ledger.update, published, now, own),
            "last_days_advice": partial(self._advice_ledger.update, published, now, own),
            "last_days_rain": partial(self._rain_days, origin, own, past),
        }
        for name, update in updates.items():
            for station, found in self._scores(name, update).items():
                of_station = verified.setdefault(station, {})
                of_station.update(found)
        for station, drift in self.drift(inputs).items():
            verified.setdefault(station, {}).update(drift)
        return verified

    def drift(self, inputs: Inputs) -> dict[str, Any]:
        """By station `input_drift` alone: what is told of observations that none can be forecast
        from.

        Args:
            inputs: as of `verified`.
        """
        return self._scores("input_drift", partial(self._input_drift, inputs))

    def _past_forecasts(
        self, ledger: ForecastLedger, published: Sequence[SnapshotRecord], now: SnapshotRecord
    ) -> list[tuple[SnapshotRecord, KeptForecasts]]:
        """Those that are verified, each with its record; none where the ledger's folder can't be
        read."""
        records = live_verification.records_to_verify(published, now)
        try:
            read = list(ledger.files(now).read(records))
        except Exception as error:  # noqa: BLE001 - as of `_scores`
            text = f"past forecasts are left out of the recent verification: {error}"
            self.notes.failed("last_days", text)
            return []
        return [(record, forecasts) for record, forecasts in read if forecasts]

    def _scores(self, name: str, update: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """By station what a ledger adds to the live verification; nothing where it fails, since a
        forecast is worth more than the scores of past ones."""
        try:
            by_station = update()
            json.dumps(by_station, allow_nan=False)
        except Exception as error:  # noqa: BLE001 - no mistake in a score may withhold a forecast
            text = f"{name} is left out of the recent verification: {error}"
            self.notes.failed(name, text)
            return {}
        return by_station

    def _rain_days(
        self,
        folder: Path,
        measured: Mapping[str, History],
        past: Sequence[tuple[SnapshotRecord, KeptForecasts]],
    ) -> dict[str, Any]:
        usual = self.forecaster.manifest.rain_days
        judged = [one for one in self.stations if one.id in measured and one.id in usual]
        files = RainDayFiles(folder, self._past, judged)
        return PastRainDays(measured, usual, files.chances(past)).told(judged)

    def _input_drift(self, inputs: Inputs) -> dict[str, Any]:
        """By station how far its newest observations are from those of the training hours; nothing
        of a model that doesn't know them."""
        reference = self.forecaster.manifest.inputs
        if reference is None:
            return {}
        known = [one.id for one in self.stations if one.id in inputs.observations]
        compared = [id for id in known if id in reference.stations]
        near = [reference.neighbours_of(id) for id in compared]
        given = self._given(frozenset(compared).union(*near), inputs)
        found = {}
        for id in compared:
            said = self._newest_guidance(id, inputs.guidance)
            drift = reference.drift(id, given, said)
            found[id] = {"input_drift": drift}
            if self.notes_alarms:
                self._note_alarms(id, drift)
        return found

    def _given(self, stations: Iterable[str], inputs: Inputs) -> dict[str, InputHours]:
        """The stations' hours as their source gave them; of other partitions' those that are kept
        now."""
        given = {}
        for id in sorted(stations):
            if id in inputs.observations:
                given[id] = inputs.given[id]
                continue
            kept = history_file.read(self.history / id)
            if kept and len(kept.rows):
                given[id] = hours_as_given(kept.rows)
        return given

    def _newest_guidance(
        self, station: str, guidance: Mapping[str, GuidanceRecord]
    ) -> InputHours | None:
        """What guidance said of a station's hours; None where the model makes nothing of it."""
        fitted = self.forecaster.station_guidance.get(station)
        if fitted is None or station not in guidance:
            return None
        return fitted.newest(guidance[station])

    def _note_alarms(self, station: str, drift: Mapping[str, Any]) -> None:
        """Which evidence of a station says that a sensor is wrong."""
        for variable, by_check in drift.items():
            for check, found in by_check.items():
                if found["score"] >= 1:
                    self.notes.alarm(
                        f"{variable} of station {station} isn't what it was in the training years,"
                        f" by {check}: score {found['score']:.2f}"
                    )

    @property
    def _past(self) -> PastShards:
        return PastShards(self.store, frozenset(station.id for station in self.stations))

    def _ledger(self, horizon_h: int, guidance: Mapping[str, GuidanceRecord]) -> ForecastLedger:
        return ForecastLedger(
            folder=self.folder,
            store=self._past,
            climates=self.forecaster.manifest.standardization.climatologies,
            horizon_h=horizon_h,
            guidance=guidance,
        )

    @property
    def _advice_ledger(self) -> AdviceLedger:
        return AdviceLedger(
            folder=self.folder,
            store=self._past,
            stations=self.stations,
            climates=self.forecaster.manifest.standardization.climatologies,
        )
