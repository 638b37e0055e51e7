"""Training: the linear path in closed form, then the network by gradient descent on the pinball
loss, seeded."""

import copy
import io
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnxruntime as ort
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from wearcast.config import Train
from wearcast.errors import ModelError
from wearcast.forecasting import ridge_regression
from wearcast.forecasting.array_types import Positions
from wearcast.forecasting.channels import CHANNELS, TARGETS
from wearcast.forecasting.network import Decoder, LinearPath, Network, Outputs, Shape
from wearcast.forecasting.quantiles import LEVELS
from wearcast.forecasting.window_dataset import WindowDataset
from wearcast.forecasting.windows import CALENDAR
from wearcast.vocabulary import HORIZON_H

_LEVELS = torch.tensor(LEVELS, dtype=torch.float32)
_AVERAGE_DECAY = 0.99
"""Weights are averaged over about the last 1 / (1 - this) steps: calmer than any single step's, and
slow to leave the linear path, which is what a short record needs (on the one-year sample a faster
average overfits from the first epoch on)."""

PARITY = 1e-4
"""How far the exported network may stray from torch's, in standard deviations."""

_AVERAGE_WARM_UP = 10
"""At step n the decay is at most n / (n + this), so that the average leaves the first weights
behind quickly."""

_RAIN_WEIGHT, _AMOUNT_WEIGHT = 0.3, 0.05
"""How much the chance and the amount of rain count beside the mean pinball loss of the other
variables."""

_VALIDATION_EVERY, _TRAIN_LOSS_EVERY = 5, 7
"""Every how-many-th validation window decides when to stop, and training window tells the loss
before any training."""


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
        return 1 + int(np.argmin(self.validation[1:])) if len(self.validation) > 1 else 0


@dataclass(frozen=True)
class Trained:
    """The network with its best weights, and how it got there."""

    network: Network
    curve: LearningCurve


def train(dataset: WindowDataset, validation: WindowDataset, settings: Train) -> Trained:
    """Fit the linear path, then the network; keep the weights of the epoch with the lowest
    validation loss.

    Raises:
        ModelError: there are too few windows to learn from.
    """
    if len(dataset) < 20 * settings.folds:
        raise ModelError(
            f"only {len(dataset)} training windows, {20 * settings.folds} are needed for"
            f" train.folds = {settings.folds}: give a longer record without gaps, a shorter"
            " train.history_h, or another split."
        )
    torch.manual_seed(settings.seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    regression, out_of_fold = ridge_regression.fit(
        dataset.features(),
        dataset.linear_targets(),
        dataset.issued_at,
        settings.folds,
        settings.history_h + HORIZON_H,
    )
    path = LinearPath(regression)
    train_set = _Batches(
        dataset, torch.from_numpy(out_of_fold.reshape(len(dataset), HORIZON_H, -1))
    )
    validation_set = _Batches(validation, path(torch.from_numpy(validation.features())))
    decoder, curve = _descend(_decoder(train_set, settings), train_set, validation_set, settings)
    return Trained(Network(path, decoder.eval()), curve)


def export(network: Network, history_h: int, features: int) -> bytes:
    """The network as ONNX, the same bytes for the same weights."""
    inputs = example_inputs(1, history_h, features, seed=0)
    names = ["past", "observed", "calendar", "usually_wet", "features"]
    outputs = ["quantiles", "rain_logit", "rain_log_mm"]
    buffer: Any = io.BytesIO()
    with warnings.catch_warnings():
        # The TorchScript exporter is deprecated but exact, byte-stable and ten times faster than
        # its successor; torch is pinned.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(),
            inputs,
            buffer,
            dynamo=False,
            opset_version=17,
            input_names=names,
            output_names=outputs,
            dynamic_axes={name: {0: "windows"} for name in [*names, *outputs]},
        )
    return bytes(buffer.getvalue())


def parity(network: Network, onnx: bytes, history_h: int) -> float:
    """The largest difference between torch's outputs and ONNX Runtime's, in standard deviations.

    Raises:
        ModelError: it is more than rounding explains; the export is wrong.
    """
    features = int(network.linear_path.get_buffer("weight").shape[1])
    inputs = example_inputs(8, history_h, features, seed=1)
    session = ort.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    exported = session.run(
        None, {i.name: x.numpy() for i, x in zip(session.get_inputs(), inputs, strict=True)}
    )
    with torch.no_grad():
        original = [output.numpy() for output in network(*inputs)]
    difference = max(float(np.abs(a - b).max()) for a, b in zip(original, exported, strict=True))
    if not difference <= PARITY:
        raise ModelError(
            f"the exported network differs from the trained one by {difference:.2g} (at most"
            f" {PARITY:g} is rounding)."
        )
    return difference


def example_inputs(windows: int, history_h: int, features: int, seed: int) -> tuple[Tensor, ...]:
    """Random inputs of the network's shapes, to export it and to compare its two forms."""
    generator = torch.Generator().manual_seed(seed)
    shapes = [
        (history_h, len(CHANNELS)),
        (history_h, len(CHANNELS)),
        (HORIZON_H, CALENDAR),
        (HORIZON_H,),
        (features,),
    ]
    drawn = [torch.randn(windows, *shape, generator=generator) for shape in shapes]
    return drawn[0], (drawn[1] > 0).float(), drawn[2], drawn[3].sigmoid(), drawn[4]


class _Batches:
    """Batches of windows as tensors, with the linear path's forecast of each."""

    def __init__(self, dataset: WindowDataset, base: Tensor) -> None:
        self.dataset = dataset
        self.base = base
        self.unpredicted = dataset.targets(dataset.at) - base[:, :, :-1].numpy()

    def __len__(self) -> int:
        return len(self.dataset)

    def spread(self) -> Tensor:
        """The standard deviation of the base's errors, (HORIZON_H, T); 1 for a variable nobody
        reports."""
        known = np.isfinite(self.unpredicted)
        variance = np.where(known, self.unpredicted, 0.0).__pow__(2).sum(axis=0) / np.maximum(
            known.sum(axis=0), 1
        )
        return torch.from_numpy(np.where(variance > 0, np.sqrt(variance), 1.0).astype(np.float32))

    def take(self, chosen: Positions) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """Inputs of the decoder and verifying observations, for the chosen windows."""
        series, at = self.dataset.series, self.dataset.at[chosen]
        past, observed = series.past(at, self.dataset.history_h)
        rows = series.ahead(at)
        inputs = (past, observed, series.calendar[rows], series.climatological_wet_chance[rows])
        verifying = (self.dataset.targets(at), *self.dataset.rain_targets(at))
        return (*map(torch.from_numpy, inputs), self.base[chosen]), tuple(
            map(torch.from_numpy, verifying)
        )


def _decoder(train_set: _Batches, settings: Train) -> Decoder:
    amounts = train_set.dataset.wet_amounts()
    quantiles = (
        np.quantile(amounts, LEVELS) if len(amounts) else np.log(np.linspace(0.1, 5.0, len(LEVELS)))
    )
    shape = Shape(
        channels=len(CHANNELS),
        targets=len(TARGETS),
        hidden=settings.hidden,
        dropout=settings.dropout,
    )
    return Decoder(shape, train_set.spread(), torch.from_numpy(quantiles.astype(np.float32)))


@dataclass
class _GradientDescent:
    """A decoder on its way down: its own weights, and their average over the last steps, which is
    what counts."""

    decoder: Decoder
    settings: Train

    def __post_init__(self) -> None:
        s = self.settings
        self.steps = 0
        self.averaged = copy.deepcopy(self.decoder)
        self.optimiser = torch.optim.AdamW(
            self.decoder.parameters(), lr=s.learning_rate, weight_decay=s.weight_decay
        )
        self.order = np.random.default_rng(s.seed)

    def epoch(self, train_set: _Batches, label: str) -> float:
        """Once through the windows in a new order; the mean loss on the way."""
        self.decoder.train()
        batches = np.array_split(
            self.order.permutation(len(train_set)), max(1, len(train_set) // self.settings.batch)
        )
        return float(
            np.mean(
                [
                    self._step(*train_set.take(chosen))
                    for chosen in tqdm(batches, desc=label, unit="batch", leave=False)
                ]
            )
        )

    def _step(self, inputs: Sequence[Tensor], verifying: Sequence[Tensor]) -> float:
        past, observed, *rest = inputs
        noisy = past + self.settings.input_noise * torch.randn(past.shape) * observed
        loss = _loss(
            self.decoder(noisy, observed, *rest), verifying, self.decoder.get_buffer("spread")
        )
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.decoder.parameters(), 1.0)
        self.optimiser.step()
        self.steps += 1
        with torch.no_grad():
            for average, weight in zip(
                self.averaged.parameters(), self.decoder.parameters(), strict=True
            ):
                average.lerp_(
                    weight, 1 - min(_AVERAGE_DECAY, self.steps / (self.steps + _AVERAGE_WARM_UP))
                )
        return loss.item()


def _descend(
    decoder: Decoder, train_set: _Batches, validation_set: _Batches, settings: Train
) -> tuple[Decoder, LearningCurve]:
    """Gradient descent until it stops getting better; a copy of the decoder as it validated
    best."""
    descent, best = _GradientDescent(decoder, settings), decoder
    told, validation_chosen = (
        train_set.dataset.every(_TRAIN_LOSS_EVERY),
        validation_set.dataset.every(_VALIDATION_EVERY),
    )
    curve = LearningCurve(
        [_evaluate(decoder, train_set, told)],
        [_evaluate(decoder, validation_set, validation_chosen)],
    )
    for epoch in range(1, settings.epochs + 1):
        curve.train.append(descent.epoch(train_set, f"epoch {epoch}/{settings.epochs}"))
        curve.validation.append(_evaluate(descent.averaged, validation_set, validation_chosen))
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
    decoder.eval()
    with torch.no_grad():
        losses = [
            (_loss(decoder(*inputs), verifying, decoder.get_buffer("spread")).item(), len(part))
            for part in _chunks(chosen, 512)
            for inputs, verifying in [batches.take(part)]
        ]
    return float(np.average([loss for loss, _ in losses], weights=[n for _, n in losses]))


def _loss(outputs: Outputs, verifying: Sequence[Tensor], spread: Tensor) -> Tensor:
    """Mean pinball loss of what was observed, and the losses of the chance and the amount of rain.

    The pinball loss is relative to the linear path's spread, (HORIZON_H, T): the first hours, where
    errors are small, count as much as the last day.
    """
    quantiles, rain_logit, rain_log_mm = outputs
    targets, wet, log_mm = verifying
    loss = _pinball(quantiles / spread[..., None], targets / spread)
    known = torch.isfinite(wet)
    chance = F.binary_cross_entropy_with_logits(rain_logit, wet.nan_to_num(), reduction="none")
    weight = wet.nan_to_num()
    amount = _pinball_of(rain_log_mm, log_mm.nan_to_num()).mean(-1)
    loss = loss + _RAIN_WEIGHT * (chance * known).sum() / known.sum().clamp_min(1)
    return loss + _AMOUNT_WEIGHT * (amount * weight).sum() / weight.sum().clamp_min(1)


def _pinball(quantiles: Tensor, targets: Tensor) -> Tensor:
    known = torch.isfinite(targets)
    return (
        _pinball_of(quantiles, targets.nan_to_num()).mean(-1) * known
    ).sum() / known.sum().clamp_min(1)


def _pinball_of(quantiles: Tensor, targets: Tensor) -> Tensor:
    error = targets[..., None] - quantiles
    return torch.maximum(_LEVELS * error, (_LEVELS - 1) * error)


def _chunks(positions: Positions, size: int) -> Iterator[Positions]:
    for first in range(0, len(positions), size):
        yield positions[first : first + size]
