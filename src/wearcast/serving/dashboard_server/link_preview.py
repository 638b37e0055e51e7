"""What a messenger shows of a link to the page."""

import re
from dataclasses import dataclass, fields
from datetime import date
from typing import Final
from urllib.parse import urlencode

from wearcast.messages import long_date, say
from wearcast.serving.dashboard.first_screen import day_sentence
from wearcast.serving.dashboard.page_data import PageData
from wearcast.serving.dashboard.page_query import Choices, place_query
from wearcast.serving.dashboard.words import named

SHARE_PICTURE: Final = "share.png"
"""The share picture's path below the page's."""

_INVISIBLE: Final = re.compile("\u2060")


@dataclass(frozen=True)
class LinkPreview:
    """A link's preview, in the terms of the Open Graph protocol.

    Attributes:
        title, description: the place with the day, and the sentence.
        url: of the page with place and day; empty where the site's address isn't known.
        image_url: of the share picture; likewise.
    """

    title: str
    description: str
    url: str
    image_url: str


def link_preview(data: PageData, page_url: str) -> LinkPreview:
    """The preview of a page.

    Args:
        data: of the page.
        page_url: the page's address without a query; empty where it isn't known.
    """
    choices = data.choices
    day = long_date(data.language, date.fromisoformat(choices.day or ""))
    place = named(data.language, data.station)
    title = say(data.language, "What to wear: {place}, {day}", place=place, day=day)
    sentence = _INVISIBLE.sub("", day_sentence(data))
    if not page_url:
        return LinkPreview(title, sentence, "", "")
    return LinkPreview(
        title,
        sentence,
        url=page_url + place_query(choices.station, choices.day),
        image_url=f"{page_url}{SHARE_PICTURE}?{_picture_query(choices)}",
    )


def _picture_query(choices: Choices) -> str:
    """The choices that aren’t the default ones, so that the address is short."""
    given = {}
    for field in fields(Choices):
        value = getattr(choices, field.name)
        if value != field.default:
            given[field.name] = value
    return urlencode(given)
