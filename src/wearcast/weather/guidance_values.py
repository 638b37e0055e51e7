"""Single values of guidance: what can't be true is removed, what follows from others is put in."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wearcast.variables import ORDERS
from wearcast.weather import humidity
from wearcast.weather.guidance import VALUES, value_range

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Columns = dict[str, Floats]
Marks = dict[str, Bools]

ROUNDED_TO: Final = {
    "rh_pct": (0.0, 105.0),
    "wind_ms": (-0.1, np.inf),
    "precip_mm": (-0.1, np.inf),
    "cloud_pct": (-1.0, 101.0),
    "solar_wm2": (-1.0, np.inf),
}
"""Values inside these and outside the possible range become its nearest end; further ones are
errors. Fields of models are packed with a loss and interpolated, and air in fog may be a little
supersaturated: a year of seven models has humidity of up to 107 %, 105 at most in all but a few
hours, and cloud from -1 to 101 %."""

GUST_ABOVE_MS: Final = 20.0
GUST_TIMES: Final = 5.0
"""A gust above 20 m/s + 5 times the wind is an error: of 160,000 hours of five models one is, but
for 1,000 of the UK's in the first two weeks of its archive, up to 358 m/s beside a breeze."""

_DEW_POINT: Final = next(order for order in ORDERS if order.lower == "dewpoint_c")


def control_values(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """`frame` with possible values only, and where they were changed.

    Impossible values are removed, and so are a dew point above the temperature and a gust far above
    the wind. A missing dew point comes from temperature and humidity, and the other way round.

    Returns:
        The frame, and by kind of change (`impossible`, `rounded`, `derived`) a table of bool with
        the same rows and a column a variable.
    """
    values: Columns = {}
    impossible: Marks = {}
    rounded: Marks = {}
    for name in VALUES:
        x = frame[name].to_numpy(dtype=np.float64, copy=True)
        impossible[name], rounded[name] = _limit(name, x)
        values[name] = x
    _remove_contradictions(values, impossible)
    derived = _derive(values)
    marks = {"impossible": impossible, "rounded": rounded, "derived": derived}
    tables = {}
    for kind, where in marks.items():
        tables[kind] = pd.DataFrame(where, index=frame.index)
    return frame.assign(**values), tables


def _remove_contradictions(values: Columns, impossible: Marks) -> None:
    """Remove dew points above the temperature and gusts far above the wind, and mark them, in
    place."""
    dewpoint_c = values["dewpoint_c"]
    is_above = _DEW_POINT.crossed(dewpoint_c, values["temp_c"])
    dewpoint_c[is_above] = np.nan
    impossible["dewpoint_c"] |= is_above
    # The gust of an hour may well be under the wind at its end.
    gust_ms = values["gust_ms"]
    most_ms = GUST_ABOVE_MS + GUST_TIMES * values["wind_ms"]
    is_too_strong = gust_ms > most_ms
    gust_ms[is_too_strong] = np.nan
    impossible["gust_ms"] |= is_too_strong


def _limit(name: str, x: Floats) -> tuple[Bools, Bools]:
    """Remove impossible values and round those that hardly are, in place; where they were."""
    low, high = value_range(name)
    lowest, highest = ROUNDED_TO.get(name, (low, high))
    far_below = x < lowest
    far_above = x > max(high, highest)
    impossible = far_below | far_above
    x[impossible] = np.nan
    below = x < low
    above = x > high
    x[below] = low
    x[above] = high
    return impossible, below | above


def _derive(values: Columns) -> Marks:
    """Put in dew points and humidities that follow from the other, in place; where they were."""
    temp_c = values["temp_c"]
    dewpoint_c = values["dewpoint_c"]
    rh_pct = values["rh_pct"]
    dewpoints = humidity.dewpoint_c(temp_c, rh_pct)
    humidities = humidity.rh_pct(temp_c, dewpoint_c)
    derived = {name: np.zeros(len(x), dtype=bool) for name, x in values.items()}
    derived["dewpoint_c"] = _put("dewpoint_c", dewpoint_c, dewpoints)
    derived["rh_pct"] = _put("rh_pct", rh_pct, humidities)
    return derived


def _put(name: str, x: Floats, candidates: Floats) -> Bools:
    low, high = value_range(name)
    not_below = candidates >= low
    not_above = candidates <= high
    where = np.isnan(x) & not_below & not_above
    x[where] = candidates[where].round(1)
    return where
