"""Observations of the Korea Meteorological Administration (KMA), live: two services of it, joined
into one series.

periods          days and months as the KMA counts them
access           keys and addresses
datago           the public data portal (data.go.kr): quality-controlled hours, up to yesterday
datago_envelope  the result codes and the body of that portal's responses
apihub           the API hub (apihub.kma.go.kr): the last hours, as they were reported
apihub_table     the text table of that hub
source           both together
"""

from wearcast.weather.sources.kma.source import KmaSource

__all__ = ["KmaSource"]
