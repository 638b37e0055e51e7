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
from wearcast.forecasting.held_out_forecasts import Fitted
from wearcast.forecasting.network import (
    Decoder,
    GuidedDecoder,
    GuidedNetwork,
    LinearPathLayer,
    Network,
    Outputs,
    Shape,
)
from wearcast.forecasting.quantiles import LEVELS
from wearcast.forecasting.station_guidance import StationGuidance
from wearcast.forecasting.training_batches import Batches, Inputs, Verifying
from wearcast.forecasting.window_dataset import WindowDataset

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
    guided = None
    if stations:
        watched = validation_set.every(_VALIDATION_EVERY)
        guided = guided_windows.apply(validation_set, watched, base[watched], stations)
    validation_batches = Batches(validation_set, torch.from_numpy(base), guided)
    decoder = _decoder(train_batches, settings)
    best, curve = _descend(decoder, train_batches, validation_batches, settings)
    return Trained(_network(fitted.path, best), stations, curve)


def train_for(
    train_set: WindowDataset,
    epochs: int,
    settings: Train,
    archive_days: Mapping[str, int] | None = None,
    to_serve: bool = False,
) -> Fitted:
    """As `train`, for a number of epochs that was found elsewhere: all windows are to learn from.

    Args:
        train_set: as of `train`.
        epochs: how many.
        settings: of the training.
        archive_days: of each station's guidance, where `train_set` holds a part of it.
        to_serve: whether guidance has to do with a run that is a day older as well.

    Raises:
        ModelError: there are too few windows to train on.
    """
    fitted, stations, train_batches = _prepare(train_set, settings, archive_days, to_serve)
    descent = _GradientDescent(_decoder(train_batches, settings), settings)
    for epoch in range(1, epochs + 1):
        descent.epoch(train_batches, f"epoch {epoch}/{epochs}")
    return Fitted(_network(fitted.path, descent.averaged), stations)


def _network(path: linear_path.LinearPath, decoder: Decoder) -> Network:
    made = GuidedNetwork if isinstance(decoder, GuidedDecoder) else Network
    return made(LinearPathLayer(path), decoder.eval())


def _prepare(
    train_set: WindowDataset,
    settings: Train,
    archive_days: Mapping[str, int] | None = None,
    to_serve: bool = False,
) -> tuple[linear_path.FittedLinearPath, dict[str, StationGuidance], Batches]:
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
        to_serve,
    )
    of_network = guided.only(windows) if stations else None
    batches = Batches(train_set.only(windows), torch.from_numpy(base), of_network)
    return fitted, stations, batches


def _make_reproducible(seed: int) -> None:
    """The same bytes from run to run, and, in a stage's kernel (`notebook.kernel_environment`), on
    every x86-64 processor with AVX2."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    # oneDNN writes its code for the processor it finds: another LSTM and GELU on each.
    torch.backends.mkldnn.set_flags(_enabled=False)  # type: ignore[no-untyped-call]


def _decoder(train_batches: Batches, settings: Train) -> Decoder:
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

    def epoch(self, train_batches: Batches, label: str) -> float:
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
    decoder: Decoder, train_batches: Batches, validation_batches: Batches, settings: Train
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


def _evaluate(decoder: Decoder, batches: Batches, chosen: Positions) -> float:
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
