"""A model of another release, with more, fewer or otherwise ordered channels and targets, forecasts
what both know."""

import hashlib
import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from horizon import HORIZON_H
from unit.forecasting.synthetic import Built, two_stations, with_values
from wearcast.forecasting.channels import CHANNELS, TARGETS
from wearcast.forecasting.forecaster import Forecaster, StationForecast
from wearcast.forecasting.manifest import Manifest
from wearcast.forecasting.quantiles import LEVELS
from wearcast.forecasting.trajectories import Ranks
from wearcast.forecasting.windows import CALENDAR, linear_features

LATER = ("gust_ms", *reversed(CHANNELS))
EARLIER = tuple(name for name in CHANNELS if name != "cloud_pct")


def positions_in_features(channels: int, history_h: int) -> np.ndarray:
    """For each linear feature the channel it is made of, -1 for the calendar."""
    past = np.broadcast_to(np.arange(channels, dtype=np.float32), (1, history_h, channels))
    found = linear_features(past, np.ones((1, CALENDAR), dtype=np.float32))[0].round().astype(int)
    found[-CALENDAR:] = -1
    return found


def columns(theirs: tuple[str, ...]) -> list[int]:
    """Where each of our channels stands among theirs, followed by a column of zeros where it isn't
    there."""
    return [theirs.index(name) if name in theirs else len(theirs) for name in CHANNELS]


def feature_columns(theirs: tuple[str, ...], history_h: int) -> list[int]:
    """The same for the linear features: the k-th feature of a channel is their k-th of it."""
    ours, other = (
        positions_in_features(len(CHANNELS), history_h),
        positions_in_features(len(theirs), history_h),
    )
    seen: dict[int, int] = {}
    chosen = []
    for channel in ours.tolist():
        k = seen[channel] = seen.get(channel, -1) + 1
        name = None if channel < 0 else CHANNELS[channel]
        if name is not None and name not in theirs:
            chosen.append(len(other))
            continue
        chosen.append(int(np.flatnonzero(other == (-1 if name is None else theirs.index(name)))[k]))
    return chosen


def network_with(
    content: bytes, channels: tuple[str, ...], targets: tuple[str, ...], history_h: int
) -> bytes:
    """Our network behind other inputs and outputs: it picks its own channels out of theirs, and
    gives its targets as theirs."""
    model = onnx.load(io.BytesIO(content))
    graph = model.graph
    nodes: list[Any] = []
    for name, chosen, size in (
        ("past", columns(channels), len(channels)),
        ("observed", columns(channels), len(channels)),
        (
            "features",
            feature_columns(channels, history_h),
            len(positions_in_features(len(channels), history_h)),
        ),
    ):
        given = next(one for one in graph.input if one.name == name)
        graph.input.remove(given)
        shape = ["windows", history_h, size] if name != "features" else ["windows", size]
        graph.input.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        last = len(shape) - 1
        pads = np.array([0] * (2 * len(shape) - 1) + [1], dtype=np.int64)
        graph.initializer.append(numpy_helper.from_array(pads, f"{name}_pads"))
        graph.initializer.append(
            numpy_helper.from_array(np.array(chosen, dtype=np.int64), f"{name}_columns")
        )
        nodes.append(helper.make_node("Pad", [name, f"{name}_pads"], [f"{name}_padded"]))
        nodes.append(
            helper.make_node(
                "Gather", [f"{name}_padded", f"{name}_columns"], [f"{name}_ours"], axis=last
            )
        )
        for node in graph.node:
            node.input[:] = [f"{name}_ours" if one == name else one for one in node.input]
    before = list(graph.node)
    for node in before:
        node.output[:] = ["quantiles_ours" if one == "quantiles" else one for one in node.output]
        node.input[:] = ["quantiles_ours" if one == "quantiles" else one for one in node.input]
    given = next(one for one in graph.output if one.name == "quantiles")
    graph.output.remove(given)
    shape = ["windows", HORIZON_H, len(targets), len(LEVELS)]
    graph.output.insert(0, helper.make_tensor_value_info("quantiles", TensorProto.FLOAT, shape))
    picked = np.array(
        [TARGETS.index(name) if name in TARGETS else 0 for name in targets], dtype=np.int64
    )
    graph.initializer.append(numpy_helper.from_array(picked, "targets"))
    del graph.node[:]
    graph.node.extend(
        [
            *nodes,
            *before,
            helper.make_node("Gather", ["quantiles_ours", "targets"], ["quantiles"], axis=2),
        ]
    )
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def of_another_release(
    model: Built, channels: tuple[str, ...], targets: tuple[str, ...], **more: object
) -> Forecaster:
    """The model as a release with these channels and targets would have written it, read by this
    one."""
    manifest = model.manifest
    picked = [TARGETS.index(name) if name in TARGETS else 0 for name in targets]
    other = replace(
        manifest,
        channels=channels,
        targets=targets,
        calibration=replace(manifest.calibration, margins=manifest.calibration.margins[:, picked]),
        ranks=Ranks(manifest.ranks.order[:, :, [*picked, len(TARGETS)]]),
    )
    content = other._content() | more
    for normals in content["normals"].values():
        for name in channels:
            normals["climatology"].setdefault(name, normals["climatology"]["wind_ms"])
            normals["scale"].setdefault(name, 1.0)
        for gone in set(CHANNELS) - set(channels):
            del normals["climatology"][gone], normals["scale"][gone]
        normals["reported"] = [
            name for name in channels if name in normals["reported"] or name not in CHANNELS
        ]
    written = {"schema": 2, "readable_from": 1, "version": version_of(content), **content}
    read = Manifest.from_text(json.dumps(written))
    assert read.version == written["version"]
    return Forecaster(
        read, network_with(model.onnx, channels, targets, manifest.standardization.history_h)
    )


def version_of(written: dict[str, Any]) -> str:
    """The first 12 digits of the hash of all that a manifest says of its model."""
    content = {
        key: value
        for key, value in written.items()
        if key not in {"schema", "readable_from", "version"}
    }
    return hashlib.sha256(
        json.dumps(content, sort_keys=True, ensure_ascii=False).encode()
    ).hexdigest()[:12]


def assert_same(ours: StationForecast, theirs: StationForecast, names: tuple[str, ...]) -> None:
    for name in names:
        np.testing.assert_allclose(
            theirs.marginals.quantiles[name], ours.marginals.quantiles[name], atol=1e-4
        )
        np.testing.assert_allclose(theirs.trajectories[name], ours.trajectories[name], atol=1e-3)
    np.testing.assert_allclose(
        theirs.marginals.hourly_rain_chance, ours.marginals.hourly_rain_chance, atol=1e-6
    )
    np.testing.assert_allclose(
        theirs.trajectories["precip_mm"], ours.trajectories["precip_mm"], atol=1e-3
    )


@pytest.fixture(scope="module")
def history():
    return two_stations().histories["AAA"]


def test_a_later_model_with_a_channel_and_a_target_more_in_another_order(model, history):
    drift = {**model.manifest.to_json()["drift"], "half_life_d": 30}
    theirs = of_another_release(
        model, LATER, ("gust_ms", *reversed(TARGETS)), nowcast={"source": "none"}, drift=drift
    )
    assert_same(model.forecaster.predict(history), theirs.predict(history), TARGETS)


def test_an_earlier_model_without_clouds(model, history):
    theirs = of_another_release(
        model, EARLIER, tuple(name for name in TARGETS if name != "cloud_pct")
    ).predict(history)
    without = with_values(history, cloud_pct=np.full(len(history), np.nan))
    assert_same(
        model.forecaster.predict(without),
        theirs,
        tuple(name for name in TARGETS if name != "cloud_pct"),
    )
    assert np.isnan(theirs.marginals.quantiles["cloud_pct"]).all()
    assert np.isnan(theirs.trajectories["cloud_pct"]).all()
