"""What training found: what the network adds to the linear path it is built on."""

from collections.abc import Mapping
from typing import Any

from IPython.display import Markdown

from wearcast.config import Train
from wearcast.forecasting.median_share import told
from wearcast.forecasting.training import LearningCurve
from wearcast.notebook.findings.phrases import as_list, counted, label, listed


def findings(
    curve: LearningCurve,
    windows: Mapping[str, int],
    origin: Mapping[str, Any],
    settings: Train,
) -> Markdown:
    """The sentences as a list, for the notebook; the arguments are theirs."""
    return as_list(sentences(curve, windows, origin, settings))


def sentences(
    curve: LearningCurve,
    windows: Mapping[str, int],
    origin: Mapping[str, Any],
    settings: Train,
) -> list[str]:
    """What was found.

    Args:
        curve: the loss after each epoch.
        windows: how many there are to train and to validate on.
        origin: what the manifest says of where the model comes from.
        settings: those of the training.
    """
    return [
        _climatology(origin["chosen"], settings),
        _beside_linear_path(curve),
        *_why_above(curve, windows),
        _stopped(curve, settings),
        told(origin["median"]),
        _calibrated(origin),
    ]


def _climatology(chosen: Mapping[str, Any], settings: Train) -> str:
    how_many = counted(chosen["annual_harmonics"], "annual harmonic")
    if settings.annual_harmonics == "auto":
        return f"The climatology has {how_many}, as many as this record can hold."
    return f"The climatology has {how_many}, as train.annual_harmonics says."


def _beside_linear_path(curve: LearningCurve) -> str:
    linear, kept = curve.validation[0], curve.validation[curve.best]
    change_pct = 100 * (kept / linear - 1)
    side = "above" if kept > linear else "below"
    return (
        f"The weights of epoch {curve.best} are kept: their validation loss is {kept:.4f},"
        f" {abs(change_pct):.1f} % {side} the {linear:.4f} of the linear path alone (epoch 0)."
    )


def _why_above(curve: LearningCurve, windows: Mapping[str, int]) -> list[str]:
    """Why the kept epoch is no better than what it started from, where it isn't."""
    if curve.validation[curve.best] < curve.validation[0]:
        return []
    return [
        "Why above it: the network starts as exactly the linear path, a ridge regression solved in"
        " closed form with a strength for each lead that did best out of fold, and gradient"
        f" descent found nothing in {counted(windows['train'], 'window')} that also holds in the"
        f" {counted(windows['validation'], 'window')} of the validation periods. Only trained"
        " epochs are candidates, for the shape of the uncertainty and the amount of rain are"
        " trained, so the one that lost least is kept. What that is worth on hours never seen, by"
        " lead, is on the page of evaluate.",
    ]


def _stopped(curve: LearningCurve, settings: Train) -> str:
    last = len(curve.validation) - 1
    trend = "falls" if curve.train[-1] < curve.train[1] else "doesn't fall"
    sentence = f"Training ended after epoch {last} of {settings.epochs}: its own loss {trend}"
    if last < settings.epochs:
        sentence += f" while {settings.patience} epochs in a row validate worse: the network begins"
        return f"{sentence} to learn its windows by heart."
    return f"{sentence}."


def _calibrated(origin: Mapping[str, Any]) -> str:
    scores = origin["validation"]
    left_out = origin["calibrated_on"]["left_out"]
    parts = []
    for name, score in scores["crps_sd"].items():
        if score:
            leads, value = next(iter(score.items()))
            parts.append(f"{label(name)} {value:.2f}")
    windows = counted(scores["windows"], "validation window")
    beside = f" and the forecasts of {left_out} left-out spans" if left_out else ""
    return (
        f"Calibrated on {windows}{beside}. CRPS on validation in standard deviations, at leads of"
        f" {leads} h: {listed(parts)}."
    )
