"""What the frame of the page says before, and without, its kernel; in every language."""

from typing import Final

from wearcast.messages import say
from wearcast.vocabulary import Language


def template_texts(language: Language) -> dict[str, str]:
    """The texts by their names in the template."""
    return {
        "title": say(language, "Wearcast: what to wear, for the days ahead"),
        "description": say(
            language, "What to wear, hour by hour, for the days ahead, and how sure that is."
        ),
        "loading": say(language, "Getting the forecast …"),
        "slow": say(language, "This takes longer than usual. It goes on by itself."),
        "noscript": say(
            language, "This page needs JavaScript. Please allow it and load the page again."
        ),
        "privacy": say(language, "Privacy"),
        "lost": say(language, "The connection is lost. Connecting again …"),
        "away": say(
            language,
            "The server can’t be reached. The page comes back by itself as soon as it can.",
        ),
        "gone": say(
            language,
            "The page has lost its connection and has to be loaded again. Your choices are kept.",
        ),
        "reload": say(language, "Load again"),
        "full_title": say(language, "Many people are looking just now"),
        "full": say(
            language,
            "There is no room for one more. The page tries again by itself.",
        ),
        "broken_title": say(language, "Something went wrong"),
        "broken": say(
            language,
            "The page could not be made. Please load it again; if that doesn’t help, come back in a"
            " few minutes.",
        ),
    }


def offline_texts(language: Language) -> dict[str, str]:
    """What a first picture says that this device has kept; {time} and {age} are filled in there."""
    return {
        "offline": say(language, "Offline. This is the forecast of {time}, {age} old.", **_SLOTS),
        "away": say(
            language,
            "The server can’t be reached. This is the forecast of {time}, {age} old.",
            **_SLOTS,
        ),
        "other": say(language, "What you asked for isn’t on this device."),
    }


_SLOTS: Final = {"time": "{time}", "age": "{age}"}
