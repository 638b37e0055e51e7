"""The recent period that both models are judged on, and that neither has seen."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from wearcast.config import Gate
from wearcast.errors import ModelError
from wearcast.forecasting.array_types import Flags, Hours
from wearcast.forecasting.history import History
from wearcast.forecasting.manifest import Manifest
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.split import Split

_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True)
class JudgingPeriod:
    """From an hour, with it, to an hour, without it; UTC."""

    start: np.datetime64
    stop: np.datetime64

    @property
    def days(self) -> int:
        """Whole days in it."""
        hours = (self.stop - self.start).astype(np.int64)
        return int(hours // 24)

    def contains(self, valid_at: Hours) -> Flags:
        """Which of these hours lie in it."""
        inside: Flags = (valid_at >= self.start) & (valid_at < self.stop)
        return inside

    def records(self, records: Records) -> Records:
        """The same records with this period as the one to test on, and all before it to train
        on."""
        first = min(history.valid_at[0] for history in records.histories.values())
        split = Split(
            train=((first, self.start),),
            validation=(),
            test=((self.start, self.stop),),
        )
        return replace(records, split=split)

    def __str__(self) -> str:
        last = (self.stop - _HOUR).astype("datetime64[D]")
        return f"{self.start.astype('datetime64[D]')} to {last} UTC"


def last_days(histories: Iterable[History], days: int) -> JudgingPeriod:
    """The last `days` days that all stations have, from a midnight UTC on."""
    ends = [history.issued_at for history in histories]
    stop = min(ends) + _HOUR
    start = stop.astype("datetime64[D]") - np.timedelta64(days, "D")
    return JudgingPeriod(start.astype("datetime64[h]"), stop)


def judging_period(records: Records, start: np.datetime64 | None, settings: Gate) -> JudgingPeriod:
    """From an hour to the end of the record; else as many days as the settings say."""
    period = last_days(records.histories.values(), settings.days)
    return period if start is None else replace(period, start=start)


def seen_until(manifest: Manifest) -> np.datetime64:
    """The hour before which lie all hours that a model learned from or was calibrated on.

    Raises:
        ModelError: a model of an earlier release doesn't say.
    """
    said = manifest.origin.get("seen_until")
    if said is None:
        raise ModelError(
            f"model {manifest.version} doesn't say until when it has seen the record: an earlier"
            " release trained it. Train it anew: `dvc repro`."
        )
    return np.datetime64(said, "h")


def after(champion: Manifest, period: JudgingPeriod, settings: Gate) -> JudgingPeriod | None:
    """The part of the period that the champion hasn't seen, from a midnight on; None where that is
    too short to judge on."""
    seen = seen_until(champion)
    day_after = (seen + np.timedelta64(23, "h")).astype("datetime64[D]")
    start = max(period.start, day_after.astype("datetime64[h]"))
    rest = replace(period, start=start)
    return rest if rest.days >= settings.least_days else None


def require_unseen(manifest: Manifest, period: JudgingPeriod, who: str) -> None:
    """Refuse to judge a model on hours that it has seen.

    Raises:
        ModelError: it has seen a part of the period.
    """
    seen = seen_until(manifest)
    if seen > period.start:
        raise ModelError(
            f"the {who}, model {manifest.version}, has seen the record until {seen} UTC, and would"
            f" be judged on {period}: its scores would flatter it. Judge a model that was trained"
            " up to the start of the period, or a later period (--from)."
        )
