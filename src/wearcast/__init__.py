"""Wearcast: what to wear, hour by hour, for the next seven days, and how sure that is."""

__version__ = "0.1.0"
