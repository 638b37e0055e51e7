"""A network's forecasts of windows that it didn't learn from: what calibrates and judges it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from wearcast.forecasting import guided_windows
from wearcast.forecasting.array_types import Positions
from wearcast.forecasting.guided_windows import GuidedWindows
from wearcast.forecasting.missing_values import where_known
from wearcast.forecasting.network import GuidedDecoder, Network
from wearcast.forecasting.network_forecasts import NetworkForecasts
from wearcast.forecasting.station_guidance import StationGuidance
from wearcast.forecasting.training_batches import guidance_tensors
from wearcast.forecasting.window_dataset import WindowDataset

FORECAST_EVERY = 5
"""Every how-many-th window is forecast to calibrate by: neighbours are nearly the same."""

MOST_FORECASTS = 8000
"""Of all left-out spans and the validation period together: they are in memory together, and more
than four years' at this step say little more."""

_CHUNK = 256


@dataclass(frozen=True)
class Fitted:
    """A network, and each station's guidance as fitted beside it; none without guidance."""

    network: Network
    guidance: Mapping[str, StationGuidance]


def forecast(
    fitted: Fitted, dataset: WindowDataset, most: int = MOST_FORECASTS // 4
) -> NetworkForecasts:
    """The network's forecasts of every `FORECAST_EVERY`-th of the windows from the stations' past
    alone, `most` at most; it must not have learned from them."""
    chosen = calibration_windows(dataset, most)
    parts = []
    for windows in _chunks(chosen):
        base = _base(fitted.network, dataset, windows)
        nothing = GuidedWindows.none(dataset.horizon_h)
        part = _forecast_part(fitted.network, dataset, windows, base, nothing)
        parts.append(part)
    return NetworkForecasts.joined(parts)


def forecast_guided(
    fitted: Fitted, dataset: WindowDataset, most: int = MOST_FORECASTS // 4
) -> NetworkForecasts | None:
    """As `forecast`, with guidance, of those windows that have any; None where none has. Hours for
    which guidance does nothing count as not observed."""
    chosen = calibration_windows(dataset, most)
    bases = [_base(fitted.network, dataset, windows) for windows in _chunks(chosen)]
    base = torch.cat(bases)
    guided = guided_windows.apply(dataset, chosen, base.numpy(), fitted.guidance)
    has_guidance = np.isin(chosen, guided.windows)
    of_guided = base[has_guidance]
    parts = []
    for rows in _chunks(np.arange(len(guided))):
        some = guided.some(rows)
        part = _forecast_part(
            fitted.network,
            dataset,
            some.windows,
            of_guided[rows],
            some,
        )
        parts.append(part)
    if not parts:
        return None
    return NetworkForecasts.joined(parts)


def calibration_windows(dataset: WindowDataset, most: int = MOST_FORECASTS // 4) -> Positions:
    """Which windows are forecast to calibrate by: every `FORECAST_EVERY`-th, `most` at most."""
    return _thinned(dataset.every(FORECAST_EVERY), most)


def _thinned(windows: Positions, most: int) -> Positions:
    """Evenly chosen ones of them, `most` at most."""
    if len(windows) <= most:
        return windows
    evenly = np.linspace(0, len(windows) - 1, most)
    rows = evenly.round().astype(np.int64)
    return windows[rows]


def _base(network: Network, dataset: WindowDataset, windows: Positions) -> Tensor:
    features = torch.from_numpy(dataset.only(windows).features())
    with torch.no_grad():
        base: Tensor = network.linear_path(features)
    return base


def _forecast_part(
    network: Network,
    dataset: WindowDataset,
    windows: Positions,
    base: Tensor,
    guided: GuidedWindows,
) -> NetworkForecasts:
    """The forecasts of windows with the given base; `guided` says what guidance does to each of
    them, or holds none."""
    series = dataset.series
    at = dataset.at[windows]
    rows = series.ahead(at)
    past, observed = series.past(at, dataset.history_h)
    calendar = series.calendar[rows]
    wet_chance = series.climatological_wet_chance[rows]
    inputs = map(torch.from_numpy, (past, observed, calendar, wet_chance))
    targets = dataset.targets(at)
    if isinstance(network.decoder, GuidedDecoder):
        moved, guidance = guidance_tensors(guided, len(windows), dataset.horizon_h)
        base = base + moved
        rest: tuple[Tensor, ...] = (base, guidance)
        if len(guided):
            targets = where_known(guided.is_guided[..., None], targets)
    else:
        rest = (base,)
    with torch.no_grad():
        quantiles, rain_logit, _ = network.decoder(*inputs, *rest)
        chance = torch.sigmoid(rain_logit)
    wet, _ = dataset.rain_targets(at)
    return NetworkForecasts(
        issued_at=series.valid_at[at],
        base=base[:, :, :-1].numpy(),
        quantiles=quantiles.numpy(),
        hourly_rain_chance=chance.numpy(),
        observed=targets,
        wet=wet,
    )


def _chunks(windows: Positions) -> Iterator[Positions]:
    for first in range(0, len(windows), _CHUNK):
        yield windows[first : first + _CHUNK]
