"""The network as ONNX, and how near ONNX Runtime's outputs are to torch's."""

import io
import warnings
from typing import Any

import numpy as np
import onnxruntime as ort
import torch
from torch import Tensor

from wearcast.errors import ModelError
from wearcast.forecasting import guided_windows
from wearcast.forecasting.channels import CHANNELS
from wearcast.forecasting.network import GuidedNetwork, Network
from wearcast.forecasting.windows import CALENDAR

PARITY = 1e-4
"""How far the exported network's outputs may be from torch's, in standard deviations."""


def export(network: Network, history_h: int) -> bytes:
    """The network as ONNX, the same bytes for the same weights."""
    inputs = _inputs(1, history_h, network, seed=0)
    # `forecaster.py` feeds and reads the model by these names; `usually_wet` is the climatological
    # chance of a wet hour.
    input_names = ["past", "observed", "calendar", "usually_wet", "features"]
    output_names = ["quantiles", "rain_logit", "rain_log_mm"]
    if isinstance(network, GuidedNetwork):
        input_names += ["moved", "guidance"]
        output_names.append("base")
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
            input_names=input_names,
            output_names=output_names,
            dynamic_axes={name: {0: "windows"} for name in input_names + output_names},
        )
    return bytes(buffer.getvalue())


def parity(network: Network, onnx: bytes, history_h: int) -> float:
    """The largest difference between torch's outputs and ONNX Runtime's, in standard deviations.

    Raises:
        ModelError: it is more than rounding explains; the export is wrong.
    """
    inputs = _inputs(8, history_h, network, seed=1)
    session = ort.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    names = [model_input.name for model_input in session.get_inputs()]
    values = [tensor.numpy() for tensor in inputs]
    exported = session.run(None, dict(zip(names, values, strict=True)))
    with torch.no_grad():
        original = [output.numpy() for output in network(*inputs)]
    pairs = zip(original, exported, strict=True)
    difference = max(float(np.abs(ours - theirs).max()) for ours, theirs in pairs)
    if not difference <= PARITY:
        raise ModelError(
            f"the exported network differs from the trained one by {difference:.2g} (at most"
            f" {PARITY:g} is rounding)."
        )
    return difference


def example_inputs(
    windows: int, history_h: int, horizon_h: int, features: int, seed: int
) -> tuple[Tensor, ...]:
    """Random inputs of the network's shapes, to export it and to compare its two forms."""
    drawn = _Drawn(windows, seed)
    past = drawn(history_h, len(CHANNELS))
    observed = drawn(history_h, len(CHANNELS)) > 0
    calendar = drawn(horizon_h, CALENDAR)
    wet_chance = drawn(horizon_h).sigmoid()
    return past, observed.float(), calendar, wet_chance, drawn(features)


def example_guidance(
    windows: int, horizon_h: int, targets: int, seed: int
) -> tuple[Tensor, Tensor]:
    """Random guidance, beside them."""
    drawn = _Drawn(windows, seed)
    moved = drawn(horizon_h, targets + 1)
    guidance = drawn(horizon_h, guided_windows.WIDTH)
    is_guided = guidance[..., guided_windows.GUIDED] > 0
    guidance[..., guided_windows.GUIDED] = is_guided.float()
    return moved, guidance


class _Drawn:
    """Draws normal numbers, the same for the same seed."""

    def __init__(self, windows: int, seed: int) -> None:
        self.windows = windows
        self.generator = torch.Generator().manual_seed(seed)

    def __call__(self, *shape: int) -> Tensor:
        return torch.randn(self.windows, *shape, generator=self.generator)


def _inputs(windows: int, history_h: int, network: Network, seed: int) -> tuple[Tensor, ...]:
    """Of a network with guidance or without."""
    horizon_h = network.decoder.horizon_h
    features = network.linear_path.features
    inputs = example_inputs(windows, history_h, horizon_h, features, seed)
    if not isinstance(network, GuidedNetwork):
        return inputs
    targets = network.decoder.shape.targets
    return (*inputs, *example_guidance(windows, horizon_h, targets, seed))
