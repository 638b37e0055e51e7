"""Training windows as tensors, in batches."""

import numpy as np
import torch
from torch import Tensor

from wearcast.forecasting import guided_windows
from wearcast.forecasting.array_types import Floats32, Positions
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.guided_windows import GuidedWindows
from wearcast.forecasting.missing_values import where_known
from wearcast.forecasting.window_dataset import WindowDataset

Inputs = tuple[Tensor, ...]
"""Of the decoder: past, observed, calendar, chance of a wet hour, base, and what it sees of
guidance."""

Verifying = tuple[Tensor, ...]
"""Targets, whether each hour was wet, log mm of the wet ones; NaN where nothing was observed."""


class Batches:
    """Batches of windows as tensors, with the base forecast of each.

    A window with guidance is there twice, without and with it: so one network learns both.
    """

    def __init__(
        self, dataset: WindowDataset, base: Tensor, guided: GuidedWindows | None = None
    ) -> None:
        """Take the linear path's forecasts, (N, horizon_h, T + 1), and what guidance does to
        them; None: the decoder isn't told of any."""
        self.dataset = dataset
        self.base = base
        self.is_guided = guided is not None
        if guided is None:
            guided = GuidedWindows.none(dataset.horizon_h)
        self.guided = guided
        forecast = base[:, :, :-1].numpy()
        self.base_errors = dataset.targets(dataset.at) - forecast

    def __len__(self) -> int:
        return len(self.dataset) + len(self.guided)

    def spread(self) -> Tensor:
        """The standard deviation of the linear path's errors, (horizon_h, T); 1 for a variable
        nobody reports."""
        return _deviation(self.base_errors, 1.0)

    def guided_spread(self) -> Tensor:
        """The same with guidance, (horizon_h, T); that without it where there is none."""
        moved = self.guided.moved[..., :-1]
        base_errors = self.base_errors[self.guided.windows]
        errors = base_errors - moved
        is_guided = self.guided.is_guided
        known = where_known(is_guided[..., None], errors)
        without_it = self.spread().numpy()
        return _deviation(known, without_it)

    def every(self, n: int) -> Positions:
        """About every n-th of them, as `WindowDataset.every`; those with guidance behind the
        others."""
        windows = self.dataset.every(n)
        is_among = np.isin(self.guided.windows, windows)
        guided = len(self.dataset) + np.flatnonzero(is_among)
        return np.concatenate([windows, guided])

    def take(self, chosen: Positions) -> tuple[Inputs, Verifying]:
        """Inputs of the decoder and verifying observations, for the chosen windows."""
        windows = self._windows(chosen)
        at = self.dataset.at[windows]
        inputs = _inputs(self.dataset, at)
        verifying = _verifying(self.dataset, at)
        base = self.base[windows]
        if not self.is_guided:
            return (*inputs, base), verifying
        moved, guidance = self._of_guidance(chosen)
        return (*inputs, base + moved, guidance), verifying

    def _windows(self, chosen: Positions) -> Positions:
        """The data set's windows that the chosen ones are."""
        if not len(self.guided):
            return chosen
        without = np.arange(len(self.dataset))
        windows = np.concatenate([without, self.guided.windows])
        return windows[chosen]

    def _of_guidance(self, chosen: Positions) -> tuple[Tensor, Tensor]:
        """What guidance does to the chosen ones, 0 for those without."""
        horizon_h = self.dataset.horizon_h
        none = GuidedWindows.none(horizon_h)
        moved, guidance = guidance_tensors(none, len(chosen), horizon_h)
        number = chosen - len(self.dataset)
        has_guidance = np.flatnonzero(number >= 0)
        of_guided, seen = self.guided.at(number[has_guidance])
        moved[has_guidance] = torch.from_numpy(of_guided)
        guidance[has_guidance] = torch.from_numpy(seen)
        return moved, guidance


def _inputs(dataset: WindowDataset, at: Positions) -> Inputs:
    """What the decoder knows of the past and of the calendar, of rows (B,)."""
    series = dataset.series
    rows = series.ahead(at)
    past, observed = series.past(at, dataset.history_h)
    calendar = series.calendar[rows]
    wet_chance = series.climatological_wet_chance[rows]
    return tuple(map(torch.from_numpy, (past, observed, calendar, wet_chance)))


def _verifying(dataset: WindowDataset, at: Positions) -> Verifying:
    targets = dataset.targets(at)
    wet, log_mm = dataset.rain_targets(at)
    return tuple(map(torch.from_numpy, (targets, wet, log_mm)))


def _deviation(errors: Floats32, otherwise: float | Floats32) -> Tensor:
    """The root mean square over windows of the errors that are known, (horizon_h, T)."""
    known = np.isfinite(errors)
    error_or_0 = np.where(known, errors, 0.0)
    squared = error_or_0**2
    count = np.maximum(known.sum(axis=0), 1)
    variance = squared.sum(axis=0) / count
    deviation = np.where(variance > 0, np.sqrt(variance), otherwise)
    return torch.from_numpy(deviation.astype(np.float32))


def guidance_tensors(guided: GuidedWindows, count: int, horizon_h: int) -> tuple[Tensor, Tensor]:
    """What the decoder is told of guidance: by how much it moves the base, and what it says; 0 for
    windows without any."""
    if len(guided):
        return torch.from_numpy(guided.moved), torch.from_numpy(guided.guidance)
    moved = torch.zeros(count, horizon_h, len(TARGETS) + 1)
    return moved, torch.zeros(count, horizon_h, guided_windows.WIDTH)
