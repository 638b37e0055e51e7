"""Training: the linear path in closed form, then the network by gradient descent on the pinball loss, seeded."""

import copy
import io
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from wearcast.config import HORIZON_H, Train
from wearcast.errors import ModelError
from wearcast.forecasting import linear
from wearcast.forecasting.channels import CHANNELS, TARGETS
from wearcast.forecasting.examples import Examples
from wearcast.forecasting.network import Decoder, LinearPath, Network, Outputs, Shape
from wearcast.forecasting.quantiles import LEVELS
from wearcast.forecasting.windows import CALENDAR, Positions

_LEVELS = torch.tensor(LEVELS, dtype=torch.float32)
_AVERAGE_DECAY = 0.99
"""Weights are averaged over about the last 1 / (1 - this) steps: calmer than those of any single step."""

_RAIN_WEIGHT, _AMOUNT_WEIGHT = 0.3, 0.05
"""How much the chance and the amount of rain count beside the mean pinball loss of the other variables."""


@dataclass
class Curve:
    """The loss after each epoch; epoch 0 is the linear path with normal quantiles, before any training."""

    train: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)

    @property
    def best(self) -> int:
        """The epoch whose weights were kept: the best of those that trained; it is 0 before the first."""
        return 1 + int(np.argmin(self.validation[1:])) if len(self.validation) > 1 else 0


@dataclass(frozen=True)
class Trained:
    """The network with its best weights, and how it got there."""

    network: Network
    curve: Curve


def train(examples: Examples, validation: Examples, settings: Train) -> Trained:
    """Fit the linear path, then the network; keep the weights of the epoch with the lowest validation loss.

    Raises:
        ModelError: there are too few windows to learn from.
    """
    if len(examples) < 20 * settings.folds or not len(validation):
        raise ModelError(
            f"only {len(examples)} training and {len(validation)} validation windows: give a longer record without gaps, "
            "a shorter train.history_h, or another split."
        )
    torch.manual_seed(settings.seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    regression, out_of_fold = linear.fit(
        examples.features(), examples.linear_targets(), examples.issued_at, settings.folds, settings.history_h + HORIZON_H
    )
    path = LinearPath(regression)
    learning = _Batches(examples, torch.from_numpy(out_of_fold.reshape(len(examples), HORIZON_H, -1)))
    watching = _Batches(validation, path(torch.from_numpy(validation.features())))
    decoder, curve = _descend(_decoder(learning, settings), learning, watching, settings)
    return Trained(Network(path, decoder.eval()), curve)


def export(network: Network, history_h: int, features: int) -> bytes:
    """The network as ONNX, the same bytes for the same weights."""
    inputs = example_inputs(1, history_h, features, seed=0)
    names = ["past", "observed", "calendar", "usually_wet", "features"]
    outputs = ["quantiles", "rain_logit", "rain_log_mm"]
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The TorchScript exporter is deprecated but exact, byte-stable and ten times faster than its successor; torch is pinned.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(), inputs, buffer, dynamo=False, opset_version=17, input_names=names, output_names=outputs,
            dynamic_axes={name: {0: "windows"} for name in [*names, *outputs]},
        )  # fmt: skip
    return buffer.getvalue()


def example_inputs(windows: int, history_h: int, features: int, seed: int) -> tuple[Tensor, ...]:
    """Random inputs of the network's shapes, to export it and to compare its two forms."""
    generator = torch.Generator().manual_seed(seed)
    shapes = [(history_h, len(CHANNELS)), (history_h, len(CHANNELS)), (HORIZON_H, CALENDAR), (HORIZON_H,), (features,)]
    drawn = [torch.randn(windows, *shape, generator=generator) for shape in shapes]
    return drawn[0], (drawn[1] > 0).float(), drawn[2], drawn[3].sigmoid(), drawn[4]


class _Batches:
    """Batches of examples as tensors, with the linear path's forecast of each."""

    def __init__(self, examples: Examples, base: Tensor) -> None:
        self.examples = examples
        self.base = base
        self.unpredicted = examples.targets(examples.at) - base[:, :, :-1].numpy()

    def __len__(self) -> int:
        return len(self.examples)

    def spread(self) -> Tensor:
        """The standard deviation of the base's errors, (HORIZON_H, T); 1 for a variable nobody reports."""
        known = np.isfinite(self.unpredicted)
        variance = np.where(known, self.unpredicted, 0.0).__pow__(2).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        return torch.from_numpy(np.where(variance > 0, np.sqrt(variance), 1.0).astype(np.float32))

    def take(self, chosen: Positions) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """Inputs of the decoder and what came, for the chosen examples."""
        track, at = self.examples.track, self.examples.at[chosen]
        past, observed = track.past(at, self.examples.history_h)
        rows = track.ahead(at)
        inputs = (past, observed, track.calendar[rows], track.usually_wet[rows])
        came = (self.examples.targets(at), *self.examples.rain_targets(at))
        return (*map(torch.from_numpy, inputs), self.base[chosen]), tuple(map(torch.from_numpy, came))


def _decoder(learning: _Batches, settings: Train) -> Decoder:
    amounts = learning.examples.wet_amounts()
    quantiles = np.quantile(amounts, LEVELS) if len(amounts) else np.log(np.linspace(0.1, 5.0, len(LEVELS)))
    shape = Shape(channels=len(CHANNELS), targets=len(TARGETS), hidden=settings.hidden, dropout=settings.dropout)
    return Decoder(shape, learning.spread(), torch.from_numpy(quantiles.astype(np.float32)))


def _descend(decoder: Decoder, learning: _Batches, watching: _Batches, settings: Train) -> tuple[Decoder, Curve]:
    """Gradient descent; the decoder as it validated best, its weights averaged over the last steps."""
    optimiser = torch.optim.AdamW(decoder.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    averaged = AveragedModel(decoder, multi_avg_fn=get_ema_multi_avg_fn(_AVERAGE_DECAY))
    order = np.random.default_rng(settings.seed)
    curve = Curve([_evaluate(decoder, learning, _every(learning, 8))], [_evaluate(decoder, watching, _every(watching, 2))])
    best = copy.deepcopy(decoder)
    for epoch in range(1, settings.epochs + 1):
        label = f"epoch {epoch}/{settings.epochs}"
        curve.train.append(_epoch(decoder, averaged, learning, optimiser, order, settings, label))
        curve.validation.append(_evaluate(averaged.module, watching, _every(watching, 2)))
        if curve.best == epoch:
            best = copy.deepcopy(averaged.module)
        if epoch - curve.best >= settings.patience:
            break
    return best, curve


def _epoch(
    decoder: Decoder, averaged: AveragedModel, learning: _Batches, optimiser: torch.optim.Optimizer, order: np.random.Generator, settings: Train, label: str
) -> float:
    decoder.train()
    losses = []
    batches = np.array_split(order.permutation(len(learning)), max(1, len(learning) // settings.batch))
    for chosen in tqdm(batches, desc=label, unit="batch", leave=False):
        (past, *rest), came = learning.take(chosen)
        noisy = past + settings.input_noise * torch.randn(past.shape) * rest[0]
        loss = _loss(decoder(noisy, *rest), came, decoder.get_buffer("spread"))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(decoder.parameters(), 1.0)
        optimiser.step()
        averaged.update_parameters(decoder)
        losses.append(loss.item())
    return float(np.mean(losses))


def _evaluate(decoder: Decoder, batches: _Batches, chosen: Positions) -> float:
    decoder.eval()
    with torch.no_grad():
        losses = [
            (_loss(decoder(*inputs), came, decoder.get_buffer("spread")).item(), len(part))
            for part in _chunks(chosen, 512)
            for inputs, came in [batches.take(part)]
        ]
    return float(np.average([loss for loss, _ in losses], weights=[n for _, n in losses]))


def _loss(outputs: Outputs, came: Sequence[Tensor], spread: Tensor) -> Tensor:
    """Mean pinball loss of what was observed, and the losses of the chance and the amount of rain.

    The pinball loss is relative to the linear path's spread, (HORIZON_H, T): the first hours, where errors are small,
    count as much as the last day.
    """
    quantiles, rain_logit, rain_log_mm = outputs
    targets, wet, log_mm = came
    loss = _pinball(quantiles / spread[..., None], targets / spread)
    known = torch.isfinite(wet)
    chance = F.binary_cross_entropy_with_logits(rain_logit, wet.nan_to_num(), reduction="none")
    weight = wet.nan_to_num()
    amount = _pinball_of(rain_log_mm, log_mm.nan_to_num()).mean(-1)
    loss = loss + _RAIN_WEIGHT * (chance * known).sum() / known.sum().clamp_min(1)
    return loss + _AMOUNT_WEIGHT * (amount * weight).sum() / weight.sum().clamp_min(1)


def _pinball(quantiles: Tensor, targets: Tensor) -> Tensor:
    known = torch.isfinite(targets)
    return (_pinball_of(quantiles, targets.nan_to_num()).mean(-1) * known).sum() / known.sum().clamp_min(1)


def _pinball_of(quantiles: Tensor, targets: Tensor) -> Tensor:
    error = targets[..., None] - quantiles
    return torch.maximum(_LEVELS * error, (_LEVELS - 1) * error)


def _every(batches: _Batches, n: int) -> Positions:
    """Every n-th example: neighbouring windows say nearly the same."""
    return np.arange(0, len(batches), n)


def _chunks(positions: NDArray[np.int64], size: int) -> Iterator[Positions]:
    for first in range(0, len(positions), size):
        yield positions[first : first + size]
