"""From observations to a calibrated forecast of the days ahead, and how good it is.

A `history` of one station goes in; `forecaster` runs the tracked model on it; a `snapshot` holds
the forecasts of all stations, made by `snapshot_creation`, and `daily` sums up its days. Training
(`split`, `window_dataset`, `model_assembly`) and `verification` happen in the pipeline alone. Only
`network`, `training` and what exports them load torch; what serves never does.
"""

__all__ = [
    "array_types",
    "channels",
    "climatology",
    "daily",
    "distance",
    "evaluation",
    "forecaster",
    "guidance_inputs",
    "guidance_record",
    "guidance_used",
    "held_out_forecasts",
    "held_out_places",
    "hindcasts",
    "history",
    "input_series",
    "local_time",
    "manifest",
    "median_share",
    "model_assembly",
    "place",
    "place_file",
    "place_fit",
    "processed_data",
    "quantiles",
    "rain_days",
    "read_on_demand",
    "snapshot",
    "snapshot_creation",
    "snapshot_file",
    "snapshot_parts",
    "split",
    "standardized_series",
    "station_climatology",
    "temperature_days",
    "training",
    "usual_day",
    "verification",
    "window_dataset",
    "windows",
]
