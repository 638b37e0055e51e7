"""Making a snapshot: the forecasts of all stations, each from its station's record."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np

from wearcast.config import LIVE, Station
from wearcast.errors import ModelError
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.guidance_record import GuidanceRecord
from wearcast.forecasting.history import History
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.snapshot import OBSERVED_H, Origin, Snapshot

HISTORY_H = 400 * 24
"""Hours of the past a forecast is made from: the network's own history and the trailing year."""


def issue(records: Records, forecaster: Forecaster, issued_at: datetime | None = None) -> Snapshot:
    """Forecast every station from its last hour with a temperature, or from the given hour, UTC
    unless it says another zone.

    Raises:
        ModelError: a station has no temperature at that hour, or too short a history before it.
    """
    return issue_for(
        records.stations,
        records.histories,
        records.source,
        forecaster,
        issued_at,
        records.guidance,
    )


def issue_for(
    stations: Sequence[Station],
    histories: Mapping[str, History],
    source: str,
    forecaster: Forecaster,
    issued_at: datetime | None = None,
    guidance: Mapping[str, GuidanceRecord] | None = None,
) -> Snapshot:
    """The same for histories that no split belongs to; there may be more of them than `stations`.

    With guidance, from what could be had of it at that hour; of live weather, of which the last
    hour was observed a while ago, from what could be had since.

    Raises:
        ModelError: as `issue` does.
    """
    issued = issue_each(stations, histories, source, forecaster, issued_at, guidance)
    return Snapshot.joined(issued)


def issue_each(
    stations: Sequence[Station],
    histories: Mapping[str, History],
    source: str,
    forecaster: Forecaster,
    issued_at: datetime | None = None,
    guidance: Mapping[str, GuidanceRecord] | None = None,
) -> list[Snapshot]:
    """The same, a snapshot for each of the stations, in their order.

    Raises:
        ModelError: as `issue` does.
    """
    pasts: list[History] = []
    records: list[GuidanceRecord | None] = []
    for station in stations:
        past = _past(histories[station.id], issued_at)
        record = guidance.get(station.id) if guidance else None
        if record and issued_at is None and source in LIVE:
            record = record.made_later(past.issued_at)
        pasts.append(past)
        records.append(record)
    forecasts = forecaster.predict_many(pasts, records)
    origin = Origin(forecaster.manifest.version, source, replay=source == "sample")
    issued = []
    for station, forecast, past in zip(stations, forecasts, pasts, strict=True):
        snapshot = Snapshot.of([station], [forecast], [past], [_share_filled(past)], origin)
        issued.append(snapshot)
    return issued


def _past(history: History, issued_at: datetime | None) -> History:
    at = _issue_hour(history, issued_at)
    if not history.valid_at[0] <= at <= history.valid_at[-1]:
        raise ModelError(
            f"no observations of {history.station} at {at} UTC; there are some from"
            f" {history.valid_at[0]} to {history.valid_at[-1]}."
        )
    past = history.until(at, HISTORY_H)
    if past.filled is not None and past.filled[-1]:
        raise ModelError(
            f"{history.station} at {at} UTC was filled from the hours after it; issue the forecast"
            " at an observed hour."
        )
    return past


def _issue_hour(history: History, issued_at: datetime | None) -> np.datetime64:
    """The hour asked for, or the last one with a temperature."""
    if issued_at is not None:
        in_utc = issued_at.astimezone(UTC) if issued_at.tzinfo else issued_at
        return np.datetime64(in_utc.replace(tzinfo=None), "h")
    known = np.flatnonzero(np.isfinite(history.column("temp_c")))
    if not len(known):
        raise ModelError(f"{history.station} has no temperature at all; nothing can be forecast.")
    last: np.datetime64 = history.valid_at[known[-1]]
    return last


def _share_filled(past: History) -> float:
    """The share of the hours that the snapshot keeps with a value that was filled."""
    if past.filled is None:
        return 0.0
    kept = past.filled[-OBSERVED_H:]
    return round(float(kept.mean()), 4)
