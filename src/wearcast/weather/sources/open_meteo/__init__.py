"""Open-Meteo: reanalysis, weather models and their forecasts for any place on Earth, without a
key."""

from wearcast.weather.sources.open_meteo.guidance_source import OpenMeteoGuidance
from wearcast.weather.sources.open_meteo.source import OpenMeteoSource

__all__ = ["OpenMeteoGuidance", "OpenMeteoSource"]
