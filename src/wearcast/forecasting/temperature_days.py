"""The days on which the stations of a table of observations have temperatures: by these the stage
`preprocess` counts years."""

import pandas as pd

from wearcast.forecasting.record_years import Days, days_with_temperatures
from wearcast.weather.observations import station_arrays


def temperature_days(table: pd.DataFrame) -> list[Days]:
    """Those of each station in a table of controlled observations, as `split.plan` takes them."""
    days = []
    for station in table["station"].unique():
        valid_at, arrays = station_arrays(table, station)
        days.append(days_with_temperatures(valid_at, arrays["temp_c"]))
    return days
