"""The climatology of a place whose record is short: its own, as far as the record tells it, and
for the rest that of stations nearby.

Half a year says nothing of the other half, and one year's weather isn't the season's. What differs
between a place and its neighbours (height, the sea, a street) is smoother than either's weather,
and known roughly before any of it was measured. So what is fitted is the difference, and each of
its harmonics is held near 0 as strongly as places within a few hundred kilometres are alike.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from wearcast.forecasting.array_types import Floats, Hours
from wearcast.forecasting.channels import CHANNELS, channel_values, known_rain
from wearcast.forecasting.climatology import Climatology, design, significant
from wearcast.forecasting.history import History
from wearcast.forecasting.station_climatology import StationClimatology

_LASTING_H: Final = 48.0
"""Hours of a record that say as much as one independent value."""

_OFFSET: Final = 1.0
_OF_YEAR: Final = 0.18
_OF_DAY: Final = 0.35
_OF_BOTH: Final = 0.07
"""How far apart neighbours are in a channel's anomalies' standard deviations: in the mean, in the
course of the year, of the day, and in how the one changes the other. Higher harmonics are as much
nearer as their order says.

Chosen on Gangneung, Seoul and Busan, each fitted to 2021 or half of it and forecast in 2022 by a
model of the others."""

_WET_SCALE: Final = 0.3
"""The standard deviation of whether an hour is wet."""

_SCALE_YEAR_H: Final = 365 * 24
"""Hours from which a place's own scale counts alone."""


def fit(
    history: History,
    share_wet: float,
    annual: int,
    diurnal: int,
    neighbours: StationClimatology | None,
    hidden: Sequence[str] = (),
) -> StationClimatology:
    """The climatology of a record.

    Args:
        history: what is known of the place; NaN at hours that aren't to be seen.
        share_wet: as `channels.known_rain` takes it.
        annual, diurnal: harmonics, those of `neighbours` if there are any.
        neighbours: what stations nearby have in common; None: the record stands for itself.
        hidden: channels that count as not reported.
    """
    rain = known_rain(history, share_wet)
    is_hidden = [name in hidden for name in CHANNELS]
    values = np.where(is_hidden, np.nan, channel_values(history))
    own = StationClimatology.fit(history.valid_at, values, rain, annual, diurnal)
    if neighbours is None:
        return own
    channels = []
    scales = []
    for c, name in enumerate(CHANNELS):
        climatology = own.channels[c]
        scale = float(own.scale[c])
        if name in own.reported and name in neighbours.reported:
            column = values[:, c]
            usual_scale = float(neighbours.scale[c])
            usual = neighbours.channels[c]
            climatology = _fit_near(history.valid_at, column, usual, usual_scale)
            left = column - climatology.at(history.valid_at)
            scale = _scale(left, usual_scale)
        channels.append(climatology)
        scales.append(scale)
    wet = own.wet
    if "log_rain" in own.reported and "log_rain" in neighbours.reported:
        wet = _fit_near(history.valid_at, rain.wet, neighbours.wet, _WET_SCALE)
    return StationClimatology(
        channels=tuple(channels),
        scale=np.array(scales),
        wet=wet,
        reported=own.reported,
    )


def in_common(climatologies: Sequence[StationClimatology], weights: Floats) -> StationClimatology:
    """The mean of several stations' climatologies; of the channels that all report.

    Args:
        climatologies: with the same harmonics.
        weights: of each, their sum is 1.
    """
    first = climatologies[0]
    reported = []
    for name in first.reported:
        if all(name in other.reported for other in climatologies):
            reported.append(name)
    channels = []
    for c in range(len(CHANNELS)):
        of_stations = [one.channels[c] for one in climatologies]
        channels.append(_mean(of_stations, weights))
    scales = np.stack([one.scale for one in climatologies])
    return StationClimatology(
        channels=tuple(channels),
        scale=weights @ scales,
        wet=_mean([one.wet for one in climatologies], weights),
        reported=tuple(reported),
    )


def _mean(climatologies: Sequence[Climatology], weights: Floats) -> Climatology:
    first = climatologies[0]
    coefficients = np.stack([one.coefficients for one in climatologies])
    return Climatology(first.annual, first.diurnal, weights @ coefficients)


def _fit_near(valid_at: Hours, values: Floats, usual: Climatology, scale: float) -> Climatology:
    """Least squares of what differs from `usual`, each harmonic held near 0."""
    annual = usual.annual
    diurnal = usual.diurnal
    known = np.isfinite(values)
    products = design(valid_at[known], annual, diurnal)
    expected = products @ usual.coefficients
    difference = values[known] - expected
    apart = scale * _apart(annual, diurnal)
    precision = (scale / apart) ** 2
    penalties = _LASTING_H * precision
    gram = products.T @ products + np.diag(penalties)
    right_side = products.T @ difference
    solution = np.linalg.solve(gram, right_side)
    coefficients = usual.coefficients + solution
    rounded = [significant(one) for one in coefficients]
    return Climatology(annual, diurnal, np.array(rounded))


def _apart(annual: int, diurnal: int) -> Floats:
    """How far apart neighbours are in each coefficient of the design, in standard deviations."""
    of_year = _orders(annual)
    of_day = _orders(diurnal)
    apart = np.full((len(of_year), len(of_day)), _OF_BOTH)
    apart[:, 0] = _OF_YEAR
    apart[0, :] = _OF_DAY
    apart[0, 0] = _OFFSET
    order = of_year[:, None] + of_day[None, :]
    nearer = apart / np.maximum(order, 1.0)
    flat: Floats = nearer.ravel()
    return flat


def _orders(n: int) -> Floats:
    """0, 1, 1, 2, 2, …, n, n."""
    columns = [1] + [2] * n
    return np.repeat(np.arange(n + 1), columns).astype(np.float64)


def _scale(left: Floats, of_neighbours: float) -> float:
    """The standard deviation of a channel's anomalies: of less than a year's partly the
    neighbours', since not every season has the same."""
    known_h = int(np.isfinite(left).sum())
    own = float(np.nanstd(left))
    share = min(1.0, known_h / _SCALE_YEAR_H)
    others_share = 1 - share
    variance = share * own**2 + others_share * of_neighbours**2
    deviation = float(np.sqrt(variance))
    return significant(deviation)
