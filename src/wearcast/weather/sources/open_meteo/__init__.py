"""Open-Meteo: reanalysis and weather models for any place on Earth, without a key."""

from wearcast.weather.sources.open_meteo.source import OpenMeteoSource

__all__ = ["OpenMeteoSource"]
