"""The peers of `make bench-skill`, run by the Python of .venv-skill, where wearcast isn't:

    python tests/bench/peer_models.py PEER HANDED_OVER.npz FORECASTS.npz

HANDED_OVER is what peer_windows.handed_over gives. FORECASTS gets each entry's quantiles of the
temperature, °C, (M, horizon_h, Q), chances of rain, (M, horizon_h), and, as JSON, the seconds and
the budget that each took.
"""

import importlib.metadata
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, Any]
Floats = NDArray[np.floating[Any]]
Forecasts = dict[str, dict[str, Any]]

RANGES = ((1, 24), (25, 72), (73, 168))
DRESSED = ((1, 6), (7, 24), (25, 72), (73, 168))
"""Leads that share LightGBM's trees, and those that share the errors its median is dressed with."""

LEADS_A_WINDOW = 12
"""Leads of each range that LightGBM sees of a window, drawn anew for each."""

TREES, PATIENCE = 600, 30
TREE_SETTINGS = {
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_data_in_leaf": 200,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 10.0,
    "max_bin": 127,
    "verbosity": -1,
}

STEPS = 400
WINDOWS_A_STEP = 256
CHECK_EVERY, CHECKS_WITHOUT_GAIN = 25, 4
STOPPING_SHARE = 0.1
"""The last part of every training segment, which decides how many steps a network trains."""

CHUNK = 256
ZERO_SHOT_CHUNK = 4
"""Windows at a time: so few of fracast's fit into the processor's cache."""

ZERO_SHOT_SPARE = 5
"""Every how-many-th window fracast forecasts from temperatures too: it takes long."""


def main(peer: str, handed_over: str, forecasts: str) -> None:
    """Let a peer forecast, and write down what it forecast and what it cost."""
    arrays = dict(np.load(handed_over))
    entries = PEERS[peer](arrays)
    content: dict[str, Any] = {}
    costs = {}
    for name, entry in entries.items():
        costs[name] = {key: value for key, value in entry.items() if key not in ARRAYS}
        for key in ARRAYS:
            if key in entry:
                content[f"{name}/{key}"] = entry[key].astype(np.float32)
    np.savez(forecasts, costs=json.dumps(costs), **content)


ARRAYS = ("quantiles", "rain_chance")


def lightgbm(arrays: Arrays) -> Forecasts:
    """Trees on the features of the linear path; the median dressed with errors out of fold."""
    started = time.perf_counter()
    temperature = [_fit_range(arrays, leads, "temperature") for leads in RANGES]
    trained_s = time.perf_counter() - started
    started = time.perf_counter()
    rain = [_fit_range(arrays, leads, "rain") for leads in RANGES]
    rain_s = time.perf_counter() - started
    started = time.perf_counter()
    anomaly_c = _by_range(arrays, temperature)
    forecast_s = time.perf_counter() - started
    chance = _by_range(arrays, rain)
    asked = len(anomaly_c)
    expected_c = arrays["asked_climatology_c"] + arrays["asked_trailing_c"][:, None]
    median_c = expected_c + anomaly_c
    trees = "/".join(str(fitted["trees"]) for fitted in temperature)
    of_rain = "/".join(str(fitted["trees"]) for fitted in rain)
    return {
        "LightGBM": {
            "quantiles": median_c[..., None] + _dressing(arrays, temperature),
            "rain_chance": np.clip(chance, 0.0, 1.0),
            "trained_s": trained_s,
            "forecast_s": 1000 * forecast_s / asked,
            "budget": (
                f"a model a range of leads, {trees} trees (where three held-out thirds of the"
                f" training hours stop) on {LEADS_A_WINDOW} leads of each window, squared error,"
                f" dressed; rain: {of_rain} trees more, {rain_s:.0f} s"
            ),
            "version": f"lightgbm {importlib.metadata.version('lightgbm')}",
        }
    }


def _dressing(arrays: Arrays, fitted: list[dict[str, Any]]) -> Floats:
    """What is added to a median for each quantile, (horizon_h, Q): errors out of fold by range of
    leads."""
    errors = np.concatenate([one["errors"] for one in fitted])
    lead = np.concatenate([one["error_leads"] for one in fitted])
    added = np.zeros((int(arrays["horizon_h"]), len(arrays["levels"])))
    for first, last in DRESSED:
        of_range = (lead >= first) & (lead <= last)
        added[first - 1 : last] = np.quantile(errors[of_range], arrays["levels"])
    return added - added[:, [int(arrays["median"])]]


def _fit_range(arrays: Arrays, leads: tuple[int, int], target: str) -> dict[str, Any]:
    """Trees for a range of leads: as many as did best on what was held out, and the errors there.

    The target is the anomaly from climatology with its trailing year, °C, or whether the hour was
    wet.
    """
    import lightgbm as lgb

    settings = TREE_SETTINGS | {
        "objective": "regression" if target == "temperature" else "cross_entropy",
        "num_threads": int(os.environ.get("OMP_NUM_THREADS", "0")),
        "seed": int(arrays["seed"]),
    }
    window, lead = _drawn(arrays, leads)
    inputs = _tree_inputs(arrays, "train", window, lead)
    names = {"temperature": "train_target_c", "rain": "train_target_wet"}
    observed = arrays[names[target]][window, lead - 1]
    known = np.isfinite(observed)
    counts, errors, error_leads = [], [], []
    for train, held in zip(arrays["folds_train"], arrays["folds_held"], strict=True):
        fit_rows, held_rows = known & train[window], known & held[window]
        fold = lgb.Dataset(inputs[fit_rows], observed[fit_rows])
        stopping = lgb.Dataset(inputs[held_rows], observed[held_rows], reference=fold)
        model = lgb.train(
            settings,
            fold,
            num_boost_round=TREES,
            valid_sets=[stopping],
            callbacks=[lgb.early_stopping(PATIENCE, verbose=False)],
        )
        counts.append(model.best_iteration)
        errors.append(observed[held_rows] - model.predict(inputs[held_rows]))
        error_leads.append(lead[held_rows])
    trees = max(1, round(float(np.mean(counts))))
    whole = lgb.Dataset(inputs[known], observed[known])
    model = lgb.train(settings, whole, num_boost_round=trees)
    return {
        "model": model,
        "trees": trees,
        "leads": leads,
        "errors": np.concatenate(errors),
        "error_leads": np.concatenate(error_leads),
    }


def _drawn(arrays: Arrays, leads: tuple[int, int]) -> tuple[Any, Any]:
    """Some leads of a range for each training window: the windows and the leads, (n,)."""
    first, last = leads
    windows = len(arrays["train_features"])
    rng = np.random.default_rng(int(arrays["seed"]))
    lead = rng.integers(first, last + 1, size=(windows, LEADS_A_WINDOW))
    window = np.repeat(np.arange(windows), LEADS_A_WINDOW)
    return window, lead.ravel()


def _tree_inputs(arrays: Arrays, group: str, window: Any, lead: Any) -> Floats:
    """Features of windows, and of the hour at each lead: the lead, its solar hour, climatology and
    trailing-year anomaly, and the season's chance of rain."""
    solar_hour = (arrays[f"{group}_solar_hour"][window] + lead) % 24
    of_hour = [
        lead,
        solar_hour,
        arrays[f"{group}_climatology_c"][window, lead - 1],
        arrays[f"{group}_trailing_c"][window],
        arrays[f"{group}_wet_chance"][window, lead - 1],
    ]
    columns = np.stack(of_hour, axis=1).astype(np.float32)
    return np.concatenate([arrays[f"{group}_features"][window], columns], axis=1)


def _by_range(arrays: Arrays, fitted: list[dict[str, Any]]) -> Floats:
    """The forecasts for every window asked for, (M, horizon_h)."""
    asked = len(arrays["asked_features"])
    forecasts = np.zeros((asked, int(arrays["horizon_h"])))
    for one in fitted:
        first, last = one["leads"]
        leads = np.arange(first, last + 1)
        for start in range(0, asked, CHUNK):
            windows = np.arange(start, min(start + CHUNK, asked))
            window = np.repeat(windows, len(leads))
            lead = np.tile(leads, len(windows))
            values = one["model"].predict(_tree_inputs(arrays, "asked", window, lead))
            forecasts[windows, first - 1 : last] = values.reshape(len(windows), -1)
    return forecasts


def nhits(arrays: Arrays) -> Forecasts:
    """neuralforecast's NHITS."""
    from neuralforecast.models import NHITS

    return _both_targets(arrays, "NHITS", NHITS, {})


def lstm(arrays: Arrays) -> Forecasts:
    """neuralforecast's LSTM as it comes, all leads at once.

    Its decoder gives lead k what the LSTM knew after the k-th hour of the input, so that the first
    leads know nothing of the last hours.
    """
    from neuralforecast.models import LSTM

    sizes = {"encoder_n_layers": 1, "encoder_hidden_size": 64, "decoder_hidden_size": 128}
    entries = _both_targets(arrays, "LSTM", LSTM, sizes)
    for entry in entries.values():
        entry["budget"] += LSTM_DECODER
    return entries


LSTM_DECODER = "; lead k knows the input up to its k-th hour alone, as the package's decoder has it"


def _both_targets(
    arrays: Arrays, name: str, model: Callable[..., Any], sizes: dict[str, Any]
) -> Forecasts:
    """A network on the temperature itself, and one on our anomalies."""
    return {
        f"{name}, temperature": _network(arrays, model, sizes, of_anomalies=False),
        f"{name}, anomalies": _network(arrays, model, sizes, of_anomalies=True),
    }


def _network(
    arrays: Arrays, model: Callable[..., Any], sizes: dict[str, Any], *, of_anomalies: bool
) -> dict[str, Any]:
    """A network of neuralforecast, trained on the training hours; the other channels' past and the
    calendar of past and future are its inputs too."""
    from neuralforecast import NeuralForecast

    panel = _panel(arrays, of_anomalies=of_anomalies)
    stopping_h = _stopping_h(arrays, panel)
    settings = _network_settings(arrays) | sizes
    started = time.perf_counter()
    tried = NeuralForecast(models=[model(**settings | _STOPPING)], freq="h")
    tried.fit(panel, val_size=stopping_h)
    steps = _best_step(tried.models[0].valid_trajectories)
    forecaster = NeuralForecast(models=[model(**settings, max_steps=steps)], freq="h")
    forecaster.fit(panel)
    trained_s = time.perf_counter() - started
    started = time.perf_counter()
    past, future = _asked(arrays, of_anomalies=of_anomalies)
    predicted = forecaster.predict(past, futr_df=future)
    forecast_s = time.perf_counter() - started
    asked = len(arrays["asked_scale_c"])
    return {
        "quantiles": _quantiles_c(arrays, predicted, of_anomalies=of_anomalies),
        "trained_s": trained_s,
        "forecast_s": 1000 * forecast_s / asked,
        "budget": (
            f"{steps} steps of {WINDOWS_A_STEP} windows, the best of at most {STEPS} for the last"
            f" {stopping_h} h of each training segment; then trained on all of them;"
            f" {int(arrays['history_h'])} h of input, quantile loss"
        ),
        "version": f"neuralforecast {importlib.metadata.version('neuralforecast')}",
    }


_STOPPING = {
    "max_steps": STEPS,
    "val_check_steps": CHECK_EVERY,
    "early_stop_patience_steps": CHECKS_WITHOUT_GAIN,
}


def _best_step(checks: list[tuple[int, float]]) -> int:
    """How many steps had the least loss, of the checks of a network: the steps before each, and its
    loss."""
    step, _ = min((check for check in checks if check[0] > 0), key=lambda check: check[1])
    return int(step)


def _stopping_h(arrays: Arrays, panel: Any) -> int:
    """How many hours at the end of every training segment decide how long a network trains."""
    shortest = int(panel.groupby("unique_id").size().min())
    return max(int(arrays["horizon_h"]), round(STOPPING_SHARE * shortest))


def _network_settings(arrays: Arrays) -> dict[str, Any]:
    """What NHITS and LSTM have in common."""
    from neuralforecast.losses.pytorch import MQLoss

    levels = [float(level) for level in arrays["levels"]]
    return {
        "h": int(arrays["horizon_h"]),
        "input_size": int(arrays["history_h"]),
        "loss": MQLoss(quantiles=levels),
        "futr_exog_list": _named("calendar", arrays["panel_calendar"]),
        "hist_exog_list": _named("channel", arrays["panel_channels"]),
        "windows_batch_size": WINDOWS_A_STEP,
        "inference_windows_batch_size": CHUNK,
        "scaler_type": "identity",
        "random_seed": int(arrays["seed"]),
        "accelerator": "cpu",
        "logger": False,
        "enable_progress_bar": False,
        "enable_checkpointing": False,
        "enable_model_summary": False,
    }


def _quantiles_c(arrays: Arrays, predicted: Any, *, of_anomalies: bool) -> Floats:
    """A table of standardised forecasts as quantiles in °C that don't cross, (M, horizon_h, Q)."""
    columns = [name for name in predicted.columns if name not in ("unique_id", "ds")]
    in_order = predicted.sort_values(["unique_id", "ds"])[columns].to_numpy()
    asked = len(arrays["asked_scale_c"])
    standardised = np.sort(in_order.reshape(asked, -1, len(columns)), axis=-1)
    if of_anomalies:
        expected_c = arrays["asked_climatology_c"] + arrays["asked_trailing_c"][:, None]
        scale_c = arrays["asked_scale_c"][:, None, None]
        return expected_c[..., None] + standardised * scale_c
    mean_c, deviation_c = _standardization(arrays, of_anomalies=False)
    return mean_c + standardised * deviation_c


def _standardization(arrays: Arrays, *, of_anomalies: bool) -> tuple[Any, Any]:
    """What is taken from the temperatures of the training hours, °C, and what they are divided
    by."""
    if of_anomalies:
        return arrays["panel_expected_c"], arrays["panel_scale_c"]
    temp_c = arrays["panel_temp_c"]
    return float(temp_c.mean()), float(temp_c.std())


def _named(prefix: str, columns: Any) -> list[str]:
    return [f"{prefix}_{i}" for i in range(columns.shape[-1])]


def _panel(arrays: Arrays, *, of_anomalies: bool) -> Any:
    """The training hours as neuralforecast takes them, a series a segment."""
    centre_c, scale_c = _standardization(arrays, of_anomalies=of_anomalies)
    y = (arrays["panel_temp_c"] - centre_c) / scale_c
    return _frame(
        arrays["panel_segment"],
        arrays["panel_valid_h"],
        y,
        arrays["panel_calendar"],
        arrays["panel_channels"],
    )


def _frame(series: Any, hour: Any, y: Any | None, calendar: Any, channels: Any | None) -> Any:
    """A table of neuralforecast's: which series, UTC hours since 1970, and the values of each."""
    import pandas as pd

    columns: dict[str, Any] = {
        "unique_id": series,
        "ds": np.asarray(hour).astype("datetime64[h]").astype("datetime64[ns]"),
    }
    if y is not None:
        columns["y"] = y
    for i, name in enumerate(_named("calendar", calendar)):
        columns[name] = calendar[:, i]
    if channels is not None:
        for i, name in enumerate(_named("channel", channels)):
            columns[name] = channels[:, i]
    return pd.DataFrame(columns)


def _asked(arrays: Arrays, *, of_anomalies: bool) -> tuple[Any, Any]:
    """The past of each window, a series a window, and the calendar of the hours ahead."""
    history_h, horizon_h = int(arrays["history_h"]), int(arrays["horizon_h"])
    temp_c = arrays["asked_context_c"][:, -history_h:]
    expected_c = arrays["asked_context_expected_c"][:, -history_h:]
    known_c = np.where(np.isfinite(temp_c), temp_c, expected_c)
    if of_anomalies:
        y = (known_c - expected_c) / arrays["asked_scale_c"][:, None]
    else:
        centre_c, scale_c = _standardization(arrays, of_anomalies=False)
        y = (known_c - centre_c) / scale_c
    windows = np.arange(len(y))
    issued_h = arrays["asked_issued_h"][:, None]
    calendar = arrays["asked_calendar"]
    width = calendar.shape[-1]
    past = _frame(
        np.repeat(windows, history_h),
        (issued_h + np.arange(1 - history_h, 1)).ravel(),
        y.ravel(),
        calendar[:, :history_h].reshape(-1, width),
        arrays["asked_channels"].reshape(y.size, -1),
    )
    future = _frame(
        np.repeat(windows, horizon_h),
        (issued_h + np.arange(1, horizon_h + 1)).ravel(),
        None,
        calendar[:, history_h:].reshape(-1, width),
        None,
    )
    return past, future


def fracast(arrays: Arrays) -> Forecasts:
    """A network that was trained elsewhere and sees nothing but the past temperature."""
    return {
        "fracast, temperature": _zero_shot(arrays, of_anomalies=False),
        "fracast, anomalies": _zero_shot(arrays, of_anomalies=True),
    }


def _zero_shot(arrays: Arrays, *, of_anomalies: bool) -> dict[str, Any]:
    import fracast as package

    model = package.FracastModel.from_pretrained(weights="fp32")
    context = arrays["asked_context_c"]
    if of_anomalies:
        context = context - arrays["asked_context_expected_c"]
    every = 1 if of_anomalies else ZERO_SHOT_SPARE
    asked = context[::every]
    horizon_h = int(arrays["horizon_h"])
    started = time.perf_counter()
    parts = []
    for start in range(0, len(asked), ZERO_SHOT_CHUNK):
        chunk = asked[start : start + ZERO_SHOT_CHUNK]
        parts.append(model.forecast_batch(chunk, horizon=horizon_h))
    forecast_s = time.perf_counter() - started
    own = np.sort(np.concatenate(parts), axis=-1)
    made = at_levels(own, np.array(model.quantiles), arrays["levels"])
    quantiles = np.full((len(context), *made.shape[1:]), np.nan)
    quantiles[::every] = made
    if of_anomalies:
        expected_c = arrays["asked_climatology_c"] + arrays["asked_trailing_c"][:, None]
        quantiles = quantiles + expected_c[..., None]
    return {
        "quantiles": quantiles,
        "trained_s": 0.0,
        "forecast_s": 1000 * forecast_s / len(asked),
        "budget": (
            f"never trained here; {context.shape[1]} h of input, blocks of {model.horizon} h, each"
            " fed with the median of the one before; its 10 and 90 % drawn out to 5 and 95 %"
            + ("" if of_anomalies else f"; every {ZERO_SHOT_SPARE}th forecast alone")
        ),
        "version": f"fracast {importlib.metadata.version('fracast')}",
    }


def at_levels(quantiles: Floats, own: Floats, levels: Floats) -> Floats:
    """Quantiles (…, K) at the levels `own`, at other levels: between two, and beyond the outermost,
    on the line through two of them over the normal distribution's quantiles."""
    own_z = normal_quantiles(own)
    levels_z = normal_quantiles(levels)
    step = np.clip(np.searchsorted(own_z, levels_z) - 1, 0, len(own) - 2)
    share = (levels_z - own_z[step]) / (own_z[step + 1] - own_z[step])
    lower = quantiles[..., step]
    upper = quantiles[..., step + 1]
    return lower + share * (upper - lower)


def normal_quantiles(levels: Floats) -> Floats:
    """Of the standard normal distribution, shape as given."""
    standard = NormalDist()
    return np.array([standard.inv_cdf(float(level)) for level in levels])


PEERS: dict[str, Callable[[Arrays], Forecasts]] = {
    "lightgbm": lightgbm,
    "nhits": nhits,
    "lstm": lstm,
    "fracast": fracast,
}


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in PEERS:
        sys.exit(__doc__)
    main(*sys.argv[1:])
