"""The icons, drawn for Wearcast: garments, things to carry, the weather, and the interface's own
signs.

Each function answers inline SVG in the text's colour and size, tinted by four custom properties of
CSS: `--icon-fill` and `--icon-accent` for cloth and clouds, `--icon-sun` and `--icon-water` for
warmth and wet. Screen readers pass over it, so the words beside it say it.
"""

from wearcast.serving.dashboard.icons.drawings import carried, garment, glyph, weather
from wearcast.serving.dashboard.icons.sky import WeatherKind, weather_kind

__all__ = ["WeatherKind", "carried", "garment", "glyph", "weather", "weather_kind"]
