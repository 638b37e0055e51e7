"""Made-up numerical models of the made-up stations: the truth, a bias of each model, and an error
that grows with the age."""

from dataclasses import replace

import numpy as np

from unit.forecasting.synthetic import START, lasting, two_stations
from wearcast.forecasting.guidance_record import VARIABLES, GuidanceRecord
from wearcast.forecasting.history import History
from wearcast.forecasting.processed_data import Records

MODELS = ("one", "two")
BIASES_C = (1.5, -0.5)
AGES_D = (1, 2, 3)
DELAY_H = 6
SPACING_H = 6


def bridged(values: np.ndarray) -> np.ndarray:
    """The values without their gaps: a model has none."""
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return values
    return np.interp(np.arange(len(values)), known, values[known])


def guidance_of(
    record: History, models: tuple[str, ...] = MODELS, first_day: int = 0, seed: int = 5
) -> GuidanceRecord:
    """What the models said of a station's hours from a day of its record on, a day, two and three
    days before, as an archive of values at a fixed age keeps it."""
    chosen = record.valid_at >= START + np.timedelta64(24 * first_day, "h")
    hours = record.valid_at[chosen]
    rng = np.random.default_rng(seed)
    parts = []
    for m in range(len(models)):
        for age_d in AGES_D:
            error = 0.4 * age_d * lasting(rng, len(hours), 12.0)
            values = {
                name: bridged(record.column(name))[chosen]
                for name in VARIABLES
                if name != "log_rain"
            }
            values["temp_c"] = values["temp_c"] + BIASES_C[m] + error
            values["dewpoint_c"] = values["dewpoint_c"] + BIASES_C[m] + error
            values["gust_ms"] = 1.5 * values["wind_ms"]
            values["precip_mm"] = record.column("precip_mm")[chosen]
            parts.append((np.full(len(hours), m), hours, np.full(len(hours), age_d), values))
    names = parts[0][3]
    valid_at = np.concatenate([part[1] for part in parts])
    lead_h = 24 * np.concatenate([part[2] for part in parts])
    issued_until = valid_at - lead_h * np.timedelta64(1, "h")
    issued_from = issued_until - np.timedelta64(SPACING_H, "h")
    return GuidanceRecord.of_rows(
        models,
        np.concatenate([part[0] for part in parts]),
        valid_at,
        lead_h.astype(np.float64) - DELAY_H,
        {name: np.concatenate([part[3][name] for part in parts]) for name in names},
        issued=np.stack([issued_from, issued_until], axis=1),
        source="made_up",
    )


def with_guidance(known: Records | None = None, first_day: int = 0) -> Records:
    """The records with guidance of the first of their stations alone."""
    known = known or two_stations()
    first = known.stations[0].id
    return replace(
        known, guidance={first: guidance_of(known.histories[first], first_day=first_day)}
    )
