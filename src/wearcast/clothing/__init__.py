"""From weather to what to wear, why, what to carry, and how sure that is.

For any weather that you have: `advise` takes hours of `Weather` and a person's `Settings`. On a
hot, calm day in Seoul, from 07:00 to 21:00 by its clocks:

>>> import numpy as np
>>> from wearcast.clothing import Settings, Weather, advise
>>> from wearcast.weather.stations import CATALOGUE
>>> hours = np.datetime64("2024-07-30T22", "h") + np.arange(15)
>>> weather = Weather.of(CATALOGUE["108"], hours, temp_c=31.0, wind_ms=1.0, cloud_pct=20.0)
>>> advice = advise(weather, Settings(activity="walking"))
>>> advice.date.isoformat(), advice.clo < 0.5
('2024-07-31', True)
>>> [piece.garment.id for piece in advice.pieces if piece.garment.layer == "outer"]
[]

The rest is for the other rooms. `advice` is the only place where advice is computed: the weather's
demands (`required_insulation`), dressed from a ladder of outfits (`ladders`), for a person's
`settings` on a `target_day`. `wording` puts it into words. `evaluation` judges it on past days.
`worn_day` and `personal_offset` learn from what people say of it.
"""

from wearcast.clothing.advice import advise
from wearcast.clothing.settings import Settings
from wearcast.clothing.weather_input import Weather

__all__ = [
    "Settings",
    "Weather",
    "advice",
    "advise",
    "bands",
    "carrying",
    "comfort",
    "day_before",
    "evaluation",
    "hindcast_cases",
    "judged_day",
    "ladders",
    "own_wardrobe",
    "personal_offset",
    "precipitation",
    "rain_ahead",
    "settings",
    "snapshot_weather",
    "sun",
    "target_day",
    "timeline",
    "wardrobe",
    "weather_file",
    "weather_input",
    "wording",
    "worn_day",
]
