"""Training: the linear path in closed form, then the network by gradient descent on the pinball
loss, seeded."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from wearcast.config import Train
from wearcast.errors import ModelError
from wearcast.forecasting import guided_windows, linear_path
from wearcast.forecasting.array_types import Floats32, Positions
from wearcast.forecasting.channels import CHANNELS, TARGETS
from wearcast.forecasting.guided_windows import GuidedWindows
from wearcast.forecasting.network import (
    Decoder,
    GuidedDecoder,
    GuidedNetwork,
    LinearPathLayer,
    Network,
    Outputs,
    Shape,
)
from wearcast.forecasting.network_forecasts import NetworkForecasts
from wearcast.forecasting.quantiles import LEVELS
from wearcast.forecasting.station_guidance import StationGuidance
from wearcast.forecasting.window_dataset import WindowDataset

FORECAST_EVERY = 5
"""Every how-many-th window is forecast to calibrate by: neighbours are nearly the same."""

MOST_FORECASTS = 8000
"""Of all left-out spans and the validation period together: they are in memory together, and more
than four years' at this step say little more."""

_LEVELS = torch.tensor(LEVELS, dtype=torch.float32)
_AVERAGE_DECAY = 0.99
"""Weights are averaged over about the last 1 / (1 - this) steps: calmer than any single step's, and
slow to leave the linear path, which is what a short record needs (on the one-year sample a faster
average overfits from the first epoch on)."""

_AVERAGE_WARM_UP = 10
"""At step n the decay is at most n / (n + this), so that the average leaves the first weights
behind quickly."""

_RAIN_WEIGHT, _AMOUNT_WEIGHT = 0.3, 0.05
"""How much the chance and the amount of rain count beside the mean pinball loss of the other
variables."""

_VALIDATION_EVERY, _TRAIN_LOSS_EVERY = 5, 7
"""Every how-many-th validation window decides when to stop, and every how-many-th training window
gives the training loss before the first epoch."""


@dataclass
class LearningCurve:
    """The loss after each epoch; epoch 0 is the linear path with normal quantiles, before any
    training."""

    train: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)

    @property
    def best(self) -> int:
        """The epoch whose weights were kept: the best of those that trained; it is 0 before the
        first."""
        if len(self.validation) == 1:
            return 0
        after_training = self.validation[1:]
        return 1 + int(np.argmin(after_training))


@dataclass(frozen=True)
class Fitted:
    """A network, and each station's guidance as fitted beside it; none without guidance."""

    network: Network
    guidance: Mapping[str, StationGuidance]


@dataclass(frozen=True)
class Trained(Fitted):
    """A network with its best weights, and its learning curve."""

    curve: LearningCurve


def train(train_set: WindowDataset, validation_set: WindowDataset, settings: Train) -> Trained:
    """Fit the linear path, then the network; keep the weights of the epoch with the lowest
    validation loss.

    Args:
        train_set: windows issued every hour where the record allows it; the network learns from
            every `every_h`-th of them.
        validation_set: windows that decide when to stop.
        settings: of the training.

    Raises:
        ModelError: there are too few windows to train on.
    """
    fitted, stations, train_batches = _prepare(train_set, settings)
    base = fitted.path(validation_set.features())
    everything = np.arange(len(validation_set))
    guided = guided_windows.apply(validation_set, everything, base, stations)
    validation_batches = _Batches(validation_set, torch.from_numpy(base), guided, bool(stations))
    decoder = _decoder(train_batches, settings)
    best, curve = _descend(decoder, train_batches, validation_batches, settings)
    return Trained(_network(fitted.path, best), stations, curve)


def train_for(
    train_set: WindowDataset,
    epochs: int,
    settings: Train,
    archive_days: Mapping[str, int] | None = None,
) -> Fitted:
    """As `train`, for a number of epochs that was found elsewhere: all windows are to learn from.

    Args:
        train_set: as of `train`.
        epochs: how many.
        settings: of the training.
        archive_days: of each station's guidance, where `train_set` holds a part of it.

    Raises:
        ModelError: there are too few windows to train on.
    """
    fitted, stations, train_batches = _prepare(train_set, settings, archive_days)
    descent = _GradientDescent(_decoder(train_batches, settings), settings)
    for epoch in range(1, epochs + 1):
        descent.epoch(train_batches, f"epoch {epoch}/{epochs}")
    return Fitted(_network(fitted.path, descent.averaged), stations)


def _network(path: linear_path.LinearPath, decoder: Decoder) -> Network:
    made = GuidedNetwork if isinstance(decoder, GuidedDecoder) else Network
    return made(LinearPathLayer(path), decoder.eval())


def forecast(
    fitted: Fitted, dataset: WindowDataset, most: int = MOST_FORECASTS // 4
) -> NetworkForecasts:
    """The network's forecasts of every `FORECAST_EVERY`-th of the windows from the stations' past
    alone, `most` at most; it must not have learned from them."""
    chosen = _thinned(dataset.every(FORECAST_EVERY), most)
    parts = []
    for windows in _chunks(chosen, 256):
        base = _base(fitted.network, dataset, windows)
        nothing = GuidedWindows.none(dataset.horizon_h)
        parts.append(_forecast_part(fitted.network, dataset, windows, base, nothing))
    return NetworkForecasts.joined(parts)


def forecast_guided(
    fitted: Fitted, dataset: WindowDataset, most: int = MOST_FORECASTS // 4
) -> NetworkForecasts | None:
    """As `forecast`, with guidance, of those windows that have any; None where none has. Hours for
    which guidance does nothing count as not observed."""
    chosen = _thinned(dataset.every(FORECAST_EVERY), most)
    parts = []
    for windows in _chunks(chosen, 256):
        base = _base(fitted.network, dataset, windows)
        guided = guided_windows.apply(dataset, windows, base.numpy(), fitted.guidance)
        has_guidance = np.isin(windows, guided.windows)
        if has_guidance.any():
            parts.append(
                _forecast_part(fitted.network, dataset, guided.windows, base[has_guidance], guided)
            )
    return NetworkForecasts.joined(parts) if parts else None


def _thinned(windows: Positions, most: int) -> Positions:
    """Evenly chosen ones of them, `most` at most."""
    if len(windows) <= most:
        return windows
    evenly = np.linspace(0, len(windows) - 1, most)
    return windows[evenly.round().astype(np.int64)]


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
        moved, guidance = _tensors(guided, len(windows), dataset.horizon_h)
        base = base + moved
        rest: tuple[Tensor, ...] = (base, guidance)
        if len(guided):
            is_guided = guidance[..., guided_windows.GUIDED].numpy() > 0
            targets = np.where(is_guided[..., None], targets, np.float32(np.nan))
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


def _tensors(guided: GuidedWindows, count: int, horizon_h: int) -> tuple[Tensor, Tensor]:
    """What the decoder is told of guidance: by how much it moves the base, and what it says; 0 for
    windows without any."""
    if len(guided):
        return torch.from_numpy(guided.moved), torch.from_numpy(guided.guidance)
    moved = torch.zeros(count, horizon_h, len(TARGETS) + 1)
    return moved, torch.zeros(count, horizon_h, guided_windows.WIDTH)


def _prepare(
    train_set: WindowDataset, settings: Train, archive_days: Mapping[str, int] | None = None
) -> tuple[linear_path.FittedLinearPath, dict[str, StationGuidance], "_Batches"]:
    """The linear path, each station's guidance, and the network's training windows with what these
    forecast for each out of fold."""
    count = len(train_set.every(settings.every_h))
    if count < 20 * settings.folds:
        raise ModelError(
            f"only {count} training windows, {20 * settings.folds} are needed for"
            f" train.folds = {settings.folds}: give a longer record without gaps, a shorter"
            " train.history_h, or another split."
        )
    _make_reproducible(settings.seed)
    fitted = linear_path.fit(train_set, settings)
    windows, base = fitted.every(train_set, settings.every_h)
    stations, guided = guided_windows.fit(
        train_set,
        fitted.windows,
        fitted.out_of_fold,
        windows,
        settings.folds,
        archive_days or guided_windows.archive_days(train_set.guided),
    )
    batches = _Batches(
        train_set.only(windows), torch.from_numpy(base), guided.only(windows), bool(stations)
    )
    return fitted, stations, batches


def _make_reproducible(seed: int) -> None:
    """The same bytes from run to run, and, in a stage's kernel (`notebook.kernel_environment`), on
    every x86-64 processor with AVX2."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    # oneDNN writes its code for the processor it finds: another LSTM and GELU on each.
    torch.backends.mkldnn.set_flags(_enabled=False)  # type: ignore[no-untyped-call]


Inputs = tuple[Tensor, ...]
"""Of the decoder: past, observed, calendar, chance of a wet hour, base, and what it sees of
guidance."""

Verifying = tuple[Tensor, ...]
"""Targets, whether each hour was wet, log mm of the wet ones; NaN where nothing was observed."""


class _Batches:
    """Batches of windows as tensors, with the base forecast of each.

    A window with guidance is there twice, without and with it: so one network learns both.
    """

    def __init__(
        self, dataset: WindowDataset, base: Tensor, guided: GuidedWindows, is_guided: bool
    ) -> None:
        """Take the linear path's forecasts, (N, horizon_h, T + 1), and what guidance does to
        them; `is_guided`: whether the decoder is told of it."""
        self.dataset = dataset
        self.base = base
        self.guided = guided
        self.is_guided = is_guided
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
        moved, guidance = _tensors(GuidedWindows.none(horizon_h), len(chosen), horizon_h)
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


def _decoder(train_batches: _Batches, settings: Train) -> Decoder:
    shape = Shape(
        channels=len(CHANNELS),
        targets=len(TARGETS),
        hidden=settings.hidden,
        dropout=settings.dropout,
    )
    wet_amount = torch.from_numpy(_wet_amount_quantiles(train_batches.dataset))
    spread = train_batches.spread()
    if train_batches.is_guided:
        return GuidedDecoder(shape, spread, wet_amount, train_batches.guided_spread())
    return Decoder(shape, spread, wet_amount)


def _wet_amount_quantiles(train_set: WindowDataset) -> Floats32:
    """Quantiles of log mm over wet hours, (Q,); a guess where there was none."""
    log_mm = train_set.wet_amounts()
    if len(log_mm):
        quantiles = np.quantile(log_mm, LEVELS)
    else:
        guess_mm = np.linspace(0.1, 5.0, len(LEVELS))
        quantiles = np.log(guess_mm)
    rounded: Floats32 = quantiles.astype(np.float32)
    return rounded


@dataclass
class _GradientDescent:
    """A decoder in training: its own weights, and their average over the last steps, which are
    those that are kept."""

    decoder: Decoder
    settings: Train

    def __post_init__(self) -> None:
        settings = self.settings
        self.steps = 0
        self.averaged = copy.deepcopy(self.decoder)
        self.optimiser = torch.optim.AdamW(
            self.decoder.parameters(),
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            # The other loops take square roots with MKL's routine, which rounds differently on
            # Intel's and AMD's processors whatever MKL_CBWR says.
            fused=True,
        )
        self.order = np.random.default_rng(settings.seed)

    def epoch(self, train_batches: _Batches, label: str) -> float:
        """Once through the windows in a new order; the mean loss on the way."""
        self.decoder.train()
        order = self.order.permutation(len(train_batches))
        count = max(1, len(train_batches) // self.settings.batch)
        losses = []
        batches = np.array_split(order, count)
        for chosen in tqdm(batches, desc=label, unit="batch", leave=False):
            inputs, verifying = train_batches.take(chosen)
            losses.append(self._step(inputs, verifying))
        return float(np.mean(losses))

    def _step(self, inputs: Inputs, verifying: Verifying) -> float:
        past, observed, *rest = inputs
        noise = self.settings.input_noise * torch.randn(past.shape)
        outputs = self.decoder(past + noise * observed, observed, *rest)
        loss = _loss(outputs, verifying, _spread_of(self.decoder, (past, observed, *rest)))
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.decoder.parameters(), 1.0)
        self.optimiser.step()
        self._update_average()
        return loss.item()

    def _update_average(self) -> None:
        self.steps += 1
        warm_up = self.steps / (self.steps + _AVERAGE_WARM_UP)
        decay = min(_AVERAGE_DECAY, warm_up)
        averages = self.averaged.parameters()
        weights = self.decoder.parameters()
        with torch.no_grad():
            for average, weight in zip(averages, weights, strict=True):
                average.lerp_(weight, 1 - decay)


def _descend(
    decoder: Decoder, train_batches: _Batches, validation_batches: _Batches, settings: Train
) -> tuple[Decoder, LearningCurve]:
    """Gradient descent until it stops getting better; a copy of the decoder as it validated
    best."""
    descent = _GradientDescent(decoder, settings)
    best = decoder
    train_windows = train_batches.every(_TRAIN_LOSS_EVERY)
    windows = validation_batches.every(_VALIDATION_EVERY)
    curve = LearningCurve()
    curve.train.append(_evaluate(decoder, train_batches, train_windows))
    curve.validation.append(_evaluate(decoder, validation_batches, windows))
    for epoch in range(1, settings.epochs + 1):
        label = f"epoch {epoch}/{settings.epochs}"
        curve.train.append(descent.epoch(train_batches, label))
        curve.validation.append(_evaluate(descent.averaged, validation_batches, windows))
        if not np.isfinite(curve.validation[-1]):
            raise ModelError(
                f"the training went astray in epoch {epoch}: its loss is no number. Lower"
                " train.learning_rate."
            )
        if curve.best == epoch:
            best = copy.deepcopy(descent.averaged)
        if epoch - curve.best >= settings.patience:
            break
    return best, curve


def _evaluate(decoder: Decoder, batches: _Batches, chosen: Positions) -> float:
    """The mean loss over the chosen windows."""
    decoder.eval()
    losses = []
    sizes = []
    with torch.no_grad():
        for part in _chunks(chosen, 512):
            inputs, verifying = batches.take(part)
            outputs = decoder(*inputs)
            loss = _loss(outputs, verifying, _spread_of(decoder, inputs))
            losses.append(loss.item())
            sizes.append(len(part))
    return float(np.average(losses, weights=sizes))


def _spread_of(decoder: Decoder, inputs: Inputs) -> Tensor:
    """The standard deviation of the base's errors for inputs of the decoder, (horizon_h, T), or of
    each window, (B, horizon_h, T)."""
    if isinstance(decoder, GuidedDecoder):
        return decoder.spread_of(inputs[-1])
    return decoder.get_buffer("spread")


def _loss(outputs: Outputs, verifying: Verifying, spread: Tensor) -> Tensor:
    """Mean pinball loss of what was observed, and the losses of the chance and the amount of rain.

    The pinball loss is relative to the base's spread, (…, horizon_h, T): the first hours, where
    errors are small, count as much as the last day.
    """
    quantiles, rain_logit, rain_log_mm = outputs
    targets, wet, log_mm = verifying
    relative_quantiles = quantiles / spread[..., None]
    relative_targets = targets / spread
    loss = _mean_pinball_loss(relative_quantiles, relative_targets)
    known = torch.isfinite(wet)
    is_wet = wet.nan_to_num()
    chance = F.binary_cross_entropy_with_logits(rain_logit, is_wet, reduction="none")
    amount = _pinball_loss(rain_log_mm, log_mm.nan_to_num()).mean(-1)
    known_hours = known.sum().clamp_min(1)
    loss = loss + _RAIN_WEIGHT * (chance * known).sum() / known_hours
    wet_hours = is_wet.sum().clamp_min(1)
    return loss + _AMOUNT_WEIGHT * (amount * is_wet).sum() / wet_hours


def _mean_pinball_loss(quantiles: Tensor, targets: Tensor) -> Tensor:
    """Over the levels and the targets that were observed."""
    known = torch.isfinite(targets)
    loss = _pinball_loss(quantiles, targets.nan_to_num()).mean(-1)
    total = (loss * known).sum()
    return total / known.sum().clamp_min(1)


def _pinball_loss(quantiles: Tensor, targets: Tensor) -> Tensor:
    error = targets[..., None] - quantiles
    return torch.maximum(_LEVELS * error, (_LEVELS - 1) * error)


def _chunks(positions: Positions, size: int) -> Iterator[Positions]:
    for first in range(0, len(positions), size):
        yield positions[first : first + size]
