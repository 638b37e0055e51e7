"""How good a model is where nobody trained it: at stations that `preprocess.hold_out` names, each
fitted as a place to the hours that the model learned from as well."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from wearcast.config import Station
from wearcast.errors import ModelError
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.history import History
from wearcast.forecasting.place_fit import fit_place
from wearcast.forecasting.processed_data import history_of
from wearcast.forecasting.quantiles import MEDIAN
from wearcast.forecasting.split import Role, Split
from wearcast.forecasting.verification import inside_80, mae, mean_by_lead_range
from wearcast.forecasting.window_dataset import role_positions
from wearcast.forecasting.windows import thinned
from wearcast.weather import held_out
from wearcast.weather.observations import read_parquet
from wearcast.weather.stations import read_stations


def scores(
    folder: Path, split: Split, forecaster: Forecaster, role: Role, every_h: int
) -> pd.DataFrame:
    """A row a station: the mean absolute error of its temperature in °C by range of leads, the
    share within the 80 % interval, and why there is none; no row where none is held out.

    Args:
        folder: data/processed.
        split: which hours the place may be fitted to, and which judge it.
        forecaster: the model.
        role: whose hours judge it.
        every_h: hours between issue times.
    """
    own = folder / held_out.FOLDER
    if not own.exists():
        return pd.DataFrame()
    table = read_parquet(own / "observations.parquet")
    rows = {}
    for station in read_stations(own / "stations.json"):
        history = history_of(table, station.id)
        rows[station.id] = _row(station, history, split, forecaster, role, every_h)
    return pd.DataFrame.from_dict(rows, orient="index")


def _row(
    station: Station,
    history: History,
    split: Split,
    forecaster: Forecaster,
    role: Role,
    every_h: int,
) -> dict[str, Any]:
    is_judged = split.belongs(history.valid_at, "test") | split.belongs(history.valid_at, role)
    try:
        place = fit_place(station, history.only(~is_judged), forecaster)
    except ModelError as error:
        return {"refused": str(error)}
    knowing = forecaster.with_places({station.id: place})
    standardization = knowing.manifest.standardization
    history_h = standardization.history_h
    horizon_h = standardization.horizon_h
    possible = role_positions(history, split, role, history_h, horizon_h)
    issued_at = history.valid_at[possible]
    at = possible[thinned(issued_at, every_h)]
    if not len(at):
        return {"refused": f"no {role} hour to judge it by"}
    series = standardization.series(history, split, role)
    marginals = knowing.run(station.id, series, at)
    quantiles = marginals.quantiles["temp_c"]
    rows = series.ahead(at)
    observed = history.column("temp_c")[rows]
    by_lead = mae(quantiles[..., MEDIAN], observed)
    errors = mean_by_lead_range(by_lead)
    inside = inside_80(quantiles, observed)
    covered = float(np.nanmean(inside))
    return {**errors, "in 80 %": covered, "refused": ""}
