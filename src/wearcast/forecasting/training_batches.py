"""Training windows as tensors, in batches."""

import numpy as np
import torch
from torch import Tensor

from wearcast.forecasting import guided_windows
from wearcast.forecasting.array_types import Floats32, Positions
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.guided_windows import GuidedWindows
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
        self.guided = guided if guided is not None else GuidedWindows.none(dataset.horizon_h)
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
        errors = self.base_errors[self.guided.windows] - moved
        is_guided = self.guided.guidance[..., guided_windows.GUIDED, None] > 0
        known = np.where(is_guided, errors, np.float32(np.nan))
        return _deviation(known, self.spread().numpy())

    def every(self, n: int) -> Positions:
        """About every n-th of them, as `WindowDataset.every`; those with guidance behind the
        others."""
        windows = self.dataset.every(n)
        among = np.flatnonzero(np.isin(self.guided.windows, windows))
        return np.concatenate([windows, len(self.dataset) + among])

    def take(self, chosen: Positions) -> tuple[Inputs, Verifying]:
        """Inputs of the decoder and verifying observations, for the chosen windows."""
        count = len(self.dataset)
        windows = chosen
        if len(self.guided):
            twice = np.concatenate([np.arange(count), self.guided.windows])
            windows = twice[chosen]
        series = self.dataset.series
        at = self.dataset.at[windows]
        rows = series.ahead(at)
        past, observed = series.past(at, self.dataset.history_h)
        calendar = series.calendar[rows]
        wet_chance = series.climatological_wet_chance[rows]
        targets = self.dataset.targets(at)
        wet, log_mm = self.dataset.rain_targets(at)
        inputs = map(torch.from_numpy, (past, observed, calendar, wet_chance))
        verifying = map(torch.from_numpy, (targets, wet, log_mm))
        base = self.base[windows]
        if not self.is_guided:
            return (*inputs, base), tuple(verifying)
        moved, guidance = self._of_guidance(chosen)
        return (*inputs, base + moved, guidance), tuple(verifying)

    def _of_guidance(self, chosen: Positions) -> tuple[Tensor, Tensor]:
        """What guidance does to the chosen ones, 0 for those without."""
        horizon_h = self.dataset.horizon_h
        moved, guidance = guidance_tensors(GuidedWindows.none(horizon_h), len(chosen), horizon_h)
        has_guidance = np.flatnonzero(chosen >= len(self.dataset))
        of_guided, seen = self.guided.at(chosen[has_guidance] - len(self.dataset))
        moved[has_guidance] = torch.from_numpy(of_guided)
        guidance[has_guidance] = torch.from_numpy(seen)
        return moved, guidance


def _deviation(errors: Floats32, otherwise: float | Floats32) -> Tensor:
    """The root mean square over windows of the errors that are known, (horizon_h, T)."""
    known = np.isfinite(errors)
    squared = np.where(known, errors, 0.0) ** 2
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
