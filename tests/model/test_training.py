"""Training is seeded, keeps its best weights, and learns nothing from what is missing."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from horizon import HORIZON_H
from unit.forecasting.synthetic import TINY, build, records, two_stations, windows
from wearcast import artifacts
from wearcast.errors import ModelError
from wearcast.forecasting import model_assembly, training
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.quantiles import LEVELS, MEDIAN, normal_quantiles
from wearcast.forecasting.training_batches import Batches
from wearcast.forecasting.window_dataset import WindowDataset


def files(made) -> tuple[bytes, bytes]:
    return made.onnx, artifacts.to_json(made.manifest.to_json())


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(model):
    assert files(build(two_stations())) == files(model)
    other = files(build(two_stations(), TINY.model_copy(update={"seed": 8})))
    assert other[0] != model.onnx
    assert other[1] != files(model)[1]


def validation_loss(decoder, made) -> float:
    """The loss over the validation windows that training watches."""
    path = made.trained.network.linear_path
    validation_set = Batches(
        made.validation_set, path(torch.from_numpy(made.validation_set.features()))
    )
    return training._evaluate(decoder, validation_set, validation_set.every(5))


def test_the_best_weights_are_kept_not_the_last(model):
    greedy = TINY.model_copy(
        update={
            "learning_rate": 0.1,
            "epochs": 60,
            "patience": 3,
            "weight_decay": 0.0,
            "batch": 16,
            "input_noise": 0.0,
        }
    )
    trained = training.train(model.train_set, model.validation_set, greedy)
    losses = trained.curve.validation
    best = trained.curve.best
    assert losses[best] == min(losses[1:])
    assert len(losses) - 1 == best + greedy.patience < greedy.epochs
    assert losses[-1] > losses[best]
    made = replace(model, trained=trained)
    assert validation_loss(trained.network.decoder, made) == pytest.approx(losses[best], abs=1e-7)


def test_a_curve_has_a_loss_for_every_epoch_and_for_none(model):
    curve = model.trained.curve
    assert len(curve.train) == len(curve.validation) == 1 + TINY.epochs
    assert training.LearningCurve([1.0], [1.0]).best == 0
    assert training.LearningCurve([3, 2, 1, 0], [0.1, 3.0, 2.0, 2.5]).best == 2


def test_epoch_0_is_the_linear_path_with_normal_quantiles(model):
    path = model.trained.network.linear_path
    validation_set = Batches(
        model.validation_set, path(torch.from_numpy(model.validation_set.features()))
    )
    train_set = Batches(model.train_set, path(torch.from_numpy(model.train_set.features())))
    fresh = training._decoder(train_set, TINY)
    (past, observed, calendar, wet_chance, base), _ = validation_set.take(np.arange(4))
    with torch.no_grad():
        quantiles = fresh.eval()(past, observed, calendar, wet_chance, base)[0].numpy()
    spread = fresh.get_buffer("spread").numpy()
    expected = base.numpy()[:, :, :-1, None] + spread[None, :, :, None] * normal_quantiles(LEVELS)
    np.testing.assert_allclose(quantiles, expected, atol=1e-4)
    np.testing.assert_allclose(quantiles[..., MEDIAN], base.numpy()[:, :, :-1], atol=1e-6)


def random_outputs(
    seed: int,
) -> tuple[tuple[torch.Tensor, ...], tuple[torch.Tensor, ...], torch.Tensor]:
    """Random outputs of the network, verifying observations and spread."""
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    outputs = (
        draw(3, HORIZON_H, len(TARGETS), len(LEVELS)),
        draw(3, HORIZON_H),
        draw(3, HORIZON_H, len(LEVELS)),
    )
    verifying = (
        draw(3, HORIZON_H, len(TARGETS)),
        (draw(3, HORIZON_H) > 0).float(),
        draw(3, HORIZON_H),
    )
    return outputs, verifying, torch.rand(HORIZON_H, len(TARGETS), generator=generator) + 0.5


def pinball(quantiles: np.ndarray, verifying: np.ndarray) -> np.ndarray:
    error = verifying[..., None] - quantiles
    return np.where(error >= 0, LEVELS * error, (LEVELS - 1) * error).mean(axis=-1)


def test_the_loss_is_pinball_relative_to_the_spread_and_cross_entropy_of_rain():
    outputs, verifying, spread = random_outputs(0)
    quantiles, logit, log_mm = (output.double().numpy() for output in outputs)
    targets, wet, rained = (x.double().numpy() for x in verifying)
    s = spread.numpy()
    expected = pinball(quantiles / s[None, :, :, None], targets / s).mean()
    chance = 1 / (1 + np.exp(-logit))
    expected += 0.3 * -(wet * np.log(chance) + (1 - wet) * np.log(1 - chance)).mean()
    expected += 0.05 * pinball(log_mm, rained)[wet > 0].mean()
    assert training._loss(outputs, verifying, spread).item() == pytest.approx(expected, rel=1e-5)


def test_what_is_missing_does_not_count():
    outputs, (targets, wet, rained), spread = random_outputs(1)
    gone = torch.rand(3, HORIZON_H) < 0.4
    with_gaps = (
        targets.masked_fill(gone[..., None], np.nan),
        wet.masked_fill(gone, np.nan),
        rained.masked_fill(gone, np.nan),
    )
    moved = [output.clone() for output in outputs]
    for output in moved:
        output[gone] += 100
    loss = training._loss(outputs, with_gaps, spread)
    assert torch.isfinite(loss)
    # Forecasts of missing hours may say anything.
    assert training._loss(tuple(moved), with_gaps, spread) == loss
    kept = pinball(
        (outputs[0] / spread[..., None]).double().numpy(), (targets / spread).double().numpy()
    )[~gone.numpy()].mean()
    nothing_of_rain = (with_gaps[0], torch.full_like(wet, np.nan), torch.full_like(rained, np.nan))
    assert training._loss(outputs, nothing_of_rain, spread).item() == pytest.approx(kept, rel=1e-5)


def test_missing_values_send_no_gradient():
    outputs, (targets, wet, rained), spread = random_outputs(2)
    leaves = [output.requires_grad_() for output in outputs]
    gone = torch.zeros(3, HORIZON_H, dtype=torch.bool)
    gone[:, 5] = True
    verifying = (
        targets.masked_fill(gone[..., None], np.nan),
        wet.masked_fill(gone, np.nan),
        rained.masked_fill(gone, np.nan),
    )
    training._loss(tuple(leaves), verifying, spread).backward()
    for leaf in leaves:
        assert torch.isfinite(leaf.grad).all()
        assert not leaf.grad[:, 5].any()
        assert leaf.grad[:, 6].any()


def test_too_few_windows_are_refused(model):
    few = WindowDataset(
        model.train_set.series,
        model.train_set.at[: 59 * TINY.every_h],
        model.train_set.wet,
        model.train_set.log_mm,
        TINY.history_h,
    )
    message = (
        r"only 59 training windows, 60 are needed for train.folds = 3: give a longer record without"
        r" gaps, a shorter train.history_h"
    )
    with pytest.raises(ModelError, match=message):
        training.train(few, model.validation_set, TINY)


@pytest.mark.parametrize("role", ["train", "validation"])
def test_a_role_without_a_window_is_named(role):
    known = two_stations()
    short = {name: record.until(record.valid_at[200]) for name, record in known.histories.items()}
    standard = model_assembly.fit_standardization(known, TINY)
    with pytest.raises(
        ModelError,
        match=(
            f"no {role} hour has a temperature, 75% of the temperatures of the 48 hours up to it,"
            " and 168 hours of its own after it: give a longer"
        ),
    ):
        windows(records(*short.values(), split=known.split), standard, role)
