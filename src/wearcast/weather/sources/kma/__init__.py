"""The Korea Meteorological Administration (KMA), live: observations of two services of it, joined
into one series, and its short-term forecast, which either service has.

periods             days and months as the KMA counts them
data_set            what the services are asked for, and how to get a key for it
access              keys and addresses

datago              the public data portal (data.go.kr): quality-controlled hours, up to yesterday
datago_envelope     the result codes and the body of that portal's responses
datago_pages        the pages of its answers
apihub              the API hub (apihub.kma.go.kr): the last hours, as they were reported
apihub_table        the text table of that hub
source              both together

forecast_grid       the cells of the forecast
short_term_issues   when an issue can be had, and which hours it is about
short_term_values   what its values mean
short_term_service  the service that has them
short_term_table    an issue as rows of guidance
guidance_source     the newest issue
"""

from wearcast.weather.sources.kma.guidance_source import KmaGuidance
from wearcast.weather.sources.kma.source import KmaSource

__all__ = ["KmaGuidance", "KmaSource"]
