"""What the Korea Meteorological Administration's own short-term forecast adds at Gwangju in two
months: too short an archive for anything but its bias of the last days.

    python tests/bench/guidance_kma.py FOLDER    fails if the bar is missed

FOLDER holds kma-asos-nine-cities/ and numerical-forecasts/. The forecast from the past is fitted on
2021 and the first half of 2022, the short-term forecasts are of July and August 2022, issued once a
day at 17 KST.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from wearcast.config import Train
from wearcast.forecasting import linear_path
from wearcast.forecasting.channels import TARGETS, channel_values
from wearcast.forecasting.guidance_inputs import GuidanceInputs, observed_targets, usual_offsets
from wearcast.forecasting.guidance_record import GuidanceRecord
from wearcast.forecasting.guided_windows import past_forecasts
from wearcast.forecasting.history import History
from wearcast.forecasting.model_assembly import fit_standardization
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.split import Split
from wearcast.forecasting.window_dataset import build_dataset
from wearcast.weather.humidity import dewpoint_c
from wearcast.weather.stations import resolve

ROOT = Path(__file__).parents[2]
STATION = "156"
TRAINED_UNTIL = np.datetime64("2022-07-01T00", "h")
DELAY_H = 10 / 60
LEADS = np.arange(6, 30)
BAR_PCT = -35.0
HOUR = np.timedelta64(1, "h")


def main(folder: Path) -> None:
    """Print the errors of the past, of the raw forecast and of the one without its bias."""
    history = observed(folder / "kma-asos-nine-cities/asos_hourly_2021_2023.parquet")
    record, issued_at = short_term(
        folder / "numerical-forecasts/gwangju_kma_shortterm_2022.parquet"
    )
    issued_at, past = from_the_past(history, issued_at)
    columns = channel_values(history)
    inputs = GuidanceInputs(
        record, observed_targets(history.valid_at, columns, record.valid_at), usual_offsets(record)
    )
    seen = inputs.at(issued_at, LEADS)
    rows = ((issued_at - history.valid_at[0]) / HOUR).astype(int)[:, None] + LEADS
    came = columns[rows][..., : len(TARGETS)]
    missed = False
    for t, name in enumerate(("temp_c", "dewpoint_c")):
        without_bias = seen.mean[..., t] - seen.bias[..., t]
        known = np.isfinite(without_bias) & np.isfinite(came[..., t])
        ours, raw, own = (
            np.abs(one - came[..., t])[known].mean()
            for one in (without_bias, seen.mean[..., t], past[..., t])
        )
        change = 100 * (ours / own - 1)
        days = known.any(axis=1).sum()
        print(
            f"{name}, {days} days, leads {LEADS[0]}-{LEADS[-1]} h: past {own:.2f}, raw {raw:.2f},"
            f" bias out {ours:.2f}, {change:+.1f} %"
        )
        missed |= name == "temp_c" and change > BAR_PCT
    sys.exit(int(missed))


def observed(path: Path) -> History:
    """The station's record, with the dew point from its humidity."""
    table = pd.read_parquet(path)
    table = table[table["station"].astype(str) == STATION]
    valid_at = pd.DatetimeIndex(table["valid_at_utc"]).to_numpy().astype("datetime64[h]")
    hours = np.arange(valid_at[0], valid_at[-1] + HOUR)
    table = table.set_index(valid_at).reindex(hours)
    temp_c = table["temp_c"].to_numpy(dtype=float)
    values = {
        "temp_c": temp_c,
        "dewpoint_c": dewpoint_c(temp_c, table["humidity_pct"].to_numpy(dtype=float)),
        "wind_ms": table["wind_ms"].to_numpy(dtype=float),
        "cloud_pct": 10 * table["cloud_tenths"].to_numpy(dtype=float),
    }
    return History(STATION, hours, values)


def short_term(path: Path) -> tuple[GuidanceRecord, np.ndarray]:
    """The forecasts, and the first full hours at which they could be had."""
    table = pd.read_parquet(path)
    valid_at = table["valid_at_utc"].to_numpy().astype("datetime64[h]")
    issued_at = table["issued_at_utc"].to_numpy().astype("datetime64[h]")
    nothing = np.full(len(table), np.nan)
    temp_c = table["temp_c"].to_numpy()
    record = GuidanceRecord.of_rows(
        ("kma_short_term",),
        np.zeros(len(table), dtype=np.int64),
        valid_at,
        table["lead_h"].to_numpy() - DELAY_H,
        {
            "temp_c": temp_c,
            "dewpoint_c": dewpoint_c(temp_c, table["humidity_pct"].to_numpy()),
            "wind_ms": table["wind_ms"].to_numpy(),
            "precip_mm": table["precip_mm"].to_numpy(),
            "gust_ms": nothing,
            "cloud_pct": nothing,
            "pressure_hpa": nothing,
        },
        issued=np.stack([issued_at, issued_at], axis=1),
        source="kma",
    )
    return record, np.unique(issued_at) + HOUR


def from_the_past(history: History, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The linear path's forecasts, (B, leads, T), and those of the issue times from which one can
    be made."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    settings = Train(**params["train"])
    begin, end = history.valid_at[0], history.valid_at[-1]
    margin = settings.horizon_h * HOUR
    split = Split(
        train=((begin, TRAINED_UNTIL - margin),), validation=(), test=((TRAINED_UNTIL, end + HOUR),)
    )
    (station,) = resolve([STATION])
    records = Records((station,), {STATION: history}, split, "files", "sha256:none")
    standardization = fit_standardization(records, settings)
    windows = build_dataset([history], standardization, split, "train")
    path = linear_path.fit(windows, settings).path
    test = build_dataset([history], standardization, split, "test")
    chosen = np.flatnonzero(np.isin(test.issued_at, wanted))
    at = test.at[chosen]
    base = path(test.only(chosen).features())
    scale = standardization.climatologies[STATION].scale
    past = past_forecasts(test.series, at, base, scale)
    return past.issued_at, past.medians[:, LEADS - 1]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
