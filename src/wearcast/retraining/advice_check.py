"""The advice that follows from each model's forecasts, in clo of error."""

from collections.abc import Mapping

import numpy as np

from wearcast.clothing.evaluation import judge
from wearcast.clothing.hindcast_cases import NETWORK
from wearcast.config import Gate, Station
from wearcast.forecasting.array_types import Floats, Hours
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.processed_data import Records
from wearcast.retraining.check import Check
from wearcast.retraining.forecast_checks import blocks_of, numbers_of
from wearcast.retraining.paired_comparison import mean_difference
from wearcast.retraining.paired_forecasts import common_stations


def advice_check(
    records: Records, champion: Forecaster, challenger: Forecaster, settings: Gate
) -> Check:
    """The mean clo error of the advice over the days that are reported, of the same evenings.

    Raises:
        ModelError: a station has no evening to judge.
    """
    issued_at: list[Hours] = []
    ours: list[Floats] = []
    theirs: list[Floats] = []
    for station in common_stations(records, champion, challenger):
        of_champion = _clo_error_by_evening(records, station, champion)
        of_challenger = _clo_error_by_evening(records, station, challenger)
        evenings = sorted(of_champion.keys() & of_challenger.keys())
        issued_at.append(np.array(evenings, dtype="datetime64[h]"))
        theirs.append(np.array([of_champion[evening] for evening in evenings]))
        ours.append(np.array([of_challenger[evening] for evening in evenings]))
    change = mean_difference(
        np.concatenate(ours),
        np.concatenate(theirs),
        np.concatenate(issued_at),
        blocks_of(settings),
    )
    return Check(
        name="advice",
        passed=change.high <= settings.clo_margin,
        found=f"{change.value:+.3f} clo of error ({change.low:+.3f} … {change.high:+.3f})",
        wanted=f"not worse by more than {settings.clo_margin:g} clo, surely",
        numbers=numbers_of(change),
    )


def _clo_error_by_evening(
    records: Records, station: Station, forecaster: Forecaster
) -> Mapping[np.datetime64, float]:
    """The mean clo error of our advice over the days ahead, by the evening it was given."""
    judged = judge(
        [station], records.histories, records.split, forecaster, "test", records.guidance
    )
    errors = judged.scores["clo_error"][NETWORK].mean(axis=1)
    return dict(zip(judged.issued_at, errors.tolist(), strict=True))
