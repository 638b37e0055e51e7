"""The first screen: the answer in one sentence, the outfit drawn, the umbrella, how it feels now,
and the week. Pure functions of the API's responses, for the page that is served without a kernel
and for the kernel's."""

from wearcast.serving.dashboard.first_screen.section import first_screen, first_screen_style
from wearcast.serving.dashboard.first_screen.sentence import day_sentence
from wearcast.serving.dashboard.first_screen.week_ahead import week_ahead

__all__ = ["day_sentence", "first_screen", "first_screen_style", "week_ahead"]
