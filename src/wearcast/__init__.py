"""Wearcast: what to wear, hour by hour, for the days ahead, and how sure that is."""

__version__ = "0.1.0"
