"""Observations of the Korea Meteorological Administration (KMA), live: two services of it, joined
into one series.

periods   the days and months as they are counted there
access    keys and addresses
datago    the public data portal (data.go.kr): quality-controlled hours, up to yesterday
envelope  what that portal's answers say
apihub    the API hub (apihub.kma.go.kr): the last hours, as they were reported
table     what that hub's table says
source    both together
"""

from wearcast.weather.sources.kma.source import KmaSource

__all__ = ["KmaSource"]
