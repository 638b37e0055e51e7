"""The network: quantiles that can't cross, around a linear path that doesn't train."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from horizon import HORIZON_H
from unit.forecasting.synthetic import HISTORY_H
from wearcast.errors import ModelError
from wearcast.forecasting import onnx_export
from wearcast.forecasting.channels import CHANNELS, TARGETS
from wearcast.forecasting.linear_path import (
    FIRST_DAY_H,
    HOURS_OF_DAY,
    LinearPath,
    of_last_hours,
    with_interactions,
)
from wearcast.forecasting.network import Decoder, LinearPathLayer, Network, Shape
from wearcast.forecasting.quantiles import LEVELS, MEDIAN, normal_quantiles
from wearcast.forecasting.ridge_regression import LinearModel
from wearcast.forecasting.windows import CALENDAR, calendar, linear_features

FEATURES = linear_features(
    np.zeros((1, HISTORY_H, len(CHANNELS)), dtype=np.float32),
    np.zeros((1, CALENDAR), dtype=np.float32),
).shape[1]
OUTPUTS = HORIZON_H * (len(TARGETS) + 1)


def linear_model(rng: np.random.Generator, inputs: int, outputs: int) -> LinearModel:
    return LinearModel(
        mean=rng.normal(size=inputs).astype(np.float32),
        scale=rng.uniform(0.5, 2, inputs).astype(np.float32),
        weights=rng.normal(0, 0.02, (inputs, outputs)).astype(np.float32),
        intercept=rng.normal(size=outputs).astype(np.float32),
    )


def linear_path(rng: np.random.Generator) -> LinearPath:
    """One with any coefficients."""
    features = np.zeros((1, FEATURES), dtype=np.float32)
    regression = linear_model(rng, with_interactions(features).shape[1], OUTPUTS)
    inputs, outputs = of_last_hours(features).shape[1], FIRST_DAY_H * (len(TARGETS) + 1)
    corrections = tuple(linear_model(rng, inputs, outputs) for _ in range(HOURS_OF_DAY))
    return LinearPath(regression, corrections, HORIZON_H)


def network(seed: int, size: float = 1.0) -> Network:
    """A network of random weights of a given size, the head's too."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    path = linear_path(rng)
    shape = Shape(len(CHANNELS), len(TARGETS), hidden=4, dropout=0.0)
    spread = torch.from_numpy(rng.uniform(0.1, 2, (HORIZON_H, len(TARGETS))).astype(np.float32))
    decoder = Decoder(shape, spread, torch.linspace(-2, 2, len(LEVELS)))
    with torch.no_grad():
        for weight in decoder.parameters():
            weight.copy_(size * torch.randn(weight.shape))
    return Network(LinearPathLayer(path), decoder).eval()


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**31), size=st.floats(0.01, 30), reach=st.floats(0.1, 100))
def test_quantiles_never_cross_whatever_the_weights_and_inputs(seed, size, reach):
    past, observed, ahead, wet_chance, features = onnx_export.example_inputs(
        2, HISTORY_H, HORIZON_H, FEATURES, seed
    )
    with torch.no_grad():
        quantiles, rain_logit, rain_log_mm = network(seed, size)(
            reach * past, observed, ahead, wet_chance, reach * features
        )
    assert (np.diff(quantiles.numpy(), axis=-1) >= 0).all()
    assert (np.diff(rain_log_mm.numpy(), axis=-1) >= 0).all()
    assert torch.isfinite(rain_logit).all()


def test_the_layer_is_the_linear_path():
    rng = np.random.default_rng(0)
    path = linear_path(rng)
    features = rng.normal(size=(48, FEATURES)).astype(np.float32)
    hours = np.arange("2020-03-01T00", "2020-03-03T00", dtype="datetime64[h]")
    features[:, -CALENDAR:] = calendar(hours, longitude=127.5)
    layer = LinearPathLayer(path)
    base = layer(torch.from_numpy(features)).numpy()
    np.testing.assert_allclose(base, path(features), atol=1e-4)
    # Each hour of the day has a correction of its own, of the first day alone.
    plain = path.regression(with_interactions(features)).reshape(48, HORIZON_H, -1)
    assert (np.abs(path(features) - plain)[:, :FIRST_DAY_H].max(axis=(1, 2)) > 0).all()
    np.testing.assert_array_equal(path(features)[:, FIRST_DAY_H:], plain[:, FIRST_DAY_H:])
    assert path.features == FEATURES
    assert not list(layer.parameters())


def test_only_a_share_of_the_shift_of_the_median_counts():
    past, observed, calendar_ahead, wet_chance, features = onnx_export.example_inputs(
        2, HISTORY_H, HORIZON_H, FEATURES, seed=4
    )
    made = network(3)
    share = np.linspace(0, 1, HORIZON_H * len(TARGETS)).reshape(HORIZON_H, len(TARGETS))
    inputs = (past, observed, calendar_ahead, wet_chance, features)
    with torch.no_grad():
        whole = made(*inputs)[0].numpy()
        part = made.with_median_share(share)(*inputs)[0].numpy()
        base = made.linear_path(features)[:, :, :-1].numpy()
    moved = whole[..., MEDIAN] - base
    np.testing.assert_allclose(part[..., MEDIAN], base + share * moved, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(np.diff(part), np.diff(whole), rtol=1e-3, atol=1e-3)


def test_before_training_it_is_the_base_with_normal_quantiles():
    torch.manual_seed(0)
    spread = torch.rand(HORIZON_H, len(TARGETS)) + 0.1
    decoder = Decoder(
        Shape(len(CHANNELS), len(TARGETS), hidden=4, dropout=0.5),
        spread,
        torch.linspace(-2, 2, len(LEVELS)),
    ).eval()
    past, observed, calendar, wet_chance, _ = onnx_export.example_inputs(
        2, HISTORY_H, HORIZON_H, FEATURES, 0
    )
    base = torch.randn(2, HORIZON_H, len(TARGETS) + 1) / 10
    with torch.no_grad():
        quantiles, rain_logit, rain_log_mm = decoder(past, observed, calendar, wet_chance, base)
    normal = normal_quantiles(LEVELS)
    np.testing.assert_allclose(
        quantiles,
        base.numpy()[:, :, :-1, None] + spread.numpy()[None, :, :, None] * normal,
        atol=1e-4,
    )
    chance = np.clip(wet_chance.numpy() + base.numpy()[:, :, -1], 0.005, 0.95)
    np.testing.assert_allclose(1 / (1 + np.exp(-rain_logit.numpy())), chance, atol=1e-5)
    np.testing.assert_allclose(rain_log_mm[0, 0], np.linspace(-2, 2, len(LEVELS)), atol=1e-5)
    assert quantiles[0, 0, 0, MEDIAN] == pytest.approx(float(base[0, 0, 0]))


@pytest.mark.parametrize("seed", range(3))
def test_onnx_runtime_gives_what_torch_gives(seed):
    made = network(seed, 0.3)
    onnx = onnx_export.export(made, HISTORY_H)
    assert onnx_export.parity(made, onnx, HISTORY_H) <= 1e-4


def test_the_export_is_the_same_bytes_for_the_same_weights():
    assert onnx_export.export(network(1), HISTORY_H) == onnx_export.export(network(1), HISTORY_H)
    assert onnx_export.export(network(1), HISTORY_H) != onnx_export.export(network(2), HISTORY_H)


def test_an_export_of_other_weights_is_caught():
    onnx = onnx_export.export(network(1), HISTORY_H)
    with pytest.raises(
        ModelError,
        match=(
            r"the exported network differs from the trained one by .* \(at most 0.0001 is"
            r" rounding\)"
        ),
    ):
        onnx_export.parity(network(2), onnx, HISTORY_H)
