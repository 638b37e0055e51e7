"""The model that is served, fitted once more on all years after the verdict on one that wasn't.

Its weights can't be judged: no hour is left that they never saw. The verdict is on the model that
was fitted in the same way without the validation and test periods, and from its forecasts of hours
that it never saw come the calibration, the order of errors and the epochs.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from wearcast.config import Train
from wearcast.forecasting import model_assembly, onnx_export, training
from wearcast.forecasting.held_out_forecasts import Fitted
from wearcast.forecasting.manifest import Manifest
from wearcast.forecasting.median_share import MedianShare
from wearcast.forecasting.model_assembly import Guided
from wearcast.forecasting.network_forecasts import NetworkForecasts
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.standardized_series import Standardization
from wearcast.forecasting.window_dataset import build_dataset


def fit_on_all_years(
    records: Records,
    epochs: int,
    validation: NetworkForecasts,
    left_out: Sequence[NetworkForecasts],
    median: MedianShare,
    settings: Train,
    judged: dict[str, Any],
    guided: Guided | None = None,
) -> tuple[bytes, Manifest, Guided | None]:
    """The network, the manifest and the guidance of a model that learned from every hour of the
    split.

    Args:
        records: with their split.
        epochs: how long the judged model trained.
        validation: the judged model's forecasts of the validation period.
        left_out: those of left-out years, if any.
        median: what they decided.
        settings: of the training.
        judged: the origin of the judged model, with its version.
        guided: what that made of guidance.

    Raises:
        ModelError: as of the judged model, or the exported network differs from the trained one.
    """
    everything = model_assembly.on_all_years(records)
    standardization = model_assembly.fit_standardization(everything, settings)
    histories = list(everything.histories.values())
    guidance = everything.guidance if guided else {}
    train_set = build_dataset(
        histories, standardization, everything.split, "train", guidance=guidance
    )
    fitted = training.train_for(train_set, epochs, settings, to_serve=True)
    refitted = guided.of(fitted.guidance) if guided else None
    guided_share = guided.median.by_lead() if guided else None
    network = fitted.network.with_median_share(median.by_lead(), guided_share)
    onnx = onnx_export.export(network, settings.history_h)
    onnx_export.parity(network, onnx, settings.history_h)
    trained_on = model_assembly.trained_on(everything.split, everything.source)
    manifest = model_assembly.build(
        onnx,
        everything,
        standardization,
        validation,
        left_out,
        median,
        settings,
        {**judged, "trained_on": trained_on},
        refitted,
    )
    return onnx, manifest, refitted


def fit_on_known_years(
    records: Records, epochs: int, settings: Train
) -> tuple[Records, Standardization, Fitted]:
    """What training and validation hours together teach: the judged model of a project with
    guidance, of whose short archive no part may be spared.

    Args:
        records: with their split.
        epochs: as long as the validation period chose.
        settings: of the training.
    """
    known = tuple(sorted((*records.split.train, *records.split.validation)))
    both = replace(records, split=replace(records.split, train=known, validation=()))
    standardization = model_assembly.fit_standardization(both, settings)
    histories = list(both.histories.values())
    train_set = build_dataset(
        histories, standardization, both.split, "train", guidance=both.guidance
    )
    return both, standardization, training.train_for(train_set, epochs, settings, to_serve=True)
