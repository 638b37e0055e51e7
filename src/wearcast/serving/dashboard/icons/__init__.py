"""The icons, drawn for Wearcast: garments, things to carry, the weather, and the page's glyphs.

Each function returns inline SVG in the text's colour and size, tinted by four CSS properties:
`--icon-fill` and `--icon-accent` for cloth and clouds, `--icon-sun` and `--icon-water` for warmth
and water. Screen readers skip icons, so text beside them must name them.
"""

from wearcast.serving.dashboard.icons.drawings import carried, garment, glyph, weather
from wearcast.serving.dashboard.icons.sky import WeatherKind, weather_kind

__all__ = ["WeatherKind", "carried", "garment", "glyph", "weather", "weather_kind"]
