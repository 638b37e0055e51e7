"""The model that is served, fitted once more on all years after the verdict on one that wasn't.

Its weights can't be judged: no hour is left that they never saw. The verdict is on the model that
was fitted in the same way without the validation and test periods, and from its forecasts of hours
that it never saw come the calibration, the order of errors and the epochs.
"""

from collections.abc import Sequence
from typing import Any

from wearcast.config import Train
from wearcast.forecasting import model_assembly, onnx_export, training
from wearcast.forecasting.manifest import Manifest
from wearcast.forecasting.median_share import MedianShare
from wearcast.forecasting.network_forecasts import NetworkForecasts
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.window_dataset import build_dataset


def fit_on_all_years(
    records: Records,
    epochs: int,
    validation: NetworkForecasts,
    left_out: Sequence[NetworkForecasts],
    median: MedianShare,
    settings: Train,
    judged: dict[str, Any],
) -> tuple[bytes, Manifest]:
    """The network and the manifest of a model that learned from every hour of the split.

    Args:
        records: with their split.
        epochs: how long the judged model trained.
        validation: the judged model's forecasts of the validation period.
        left_out: those of left-out years, if any.
        median: what they decided.
        settings: of the training.
        judged: the origin of the judged model, with its version.

    Raises:
        ModelError: as of the judged model.
    """
    everything = model_assembly.on_all_years(records)
    standardization = model_assembly.fit_standardization(everything, settings)
    histories = list(everything.histories.values())
    train_set = build_dataset(histories, standardization, everything.split, "train")
    fitted = training.train_for(train_set, epochs, settings)
    onnx = onnx_export.export(fitted.with_median_share(median.by_lead()), settings.history_h)
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
    )
    return onnx, manifest
