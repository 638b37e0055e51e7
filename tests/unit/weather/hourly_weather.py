"""Twenty days of made hours, in our units, that files of people's own are written from."""

import math

import numpy as np

HOURS = 480
INDEX = np.arange(HOURS)
TEMPS = 3 + 6 * np.sin(2 * math.pi * (INDEX / 24 - 0.4)) + 2 * np.sin(INDEX / 37)
WEATHER: dict[str, np.ndarray] = {
    "temp_c": TEMPS.round(1),
    "dewpoint_c": (TEMPS - 3 - np.abs(np.sin(INDEX / 5))).round(1),
    "rh_pct": (70 + 15 * np.sin(INDEX / 9)).round(),
    "wind_ms": (3 + 2 * np.sin(INDEX / 7)).round(1),
    "wind_dir_deg": (INDEX * 70 % 360) // 10 * 10 + 10.0,
    "precip_mm": np.where(INDEX % 17 == 0, INDEX % 5 / 2, 0.0),
    "pressure_hpa": (1013 + 6 * np.sin(INDEX / 43)).round(1),
    "cloud_pct": (50 + 50 * np.sin(INDEX / 31)).round(),
    "solar_wm2": np.clip(500 * np.sin(2 * math.pi * INDEX / 24), 0, None).round(),
}
