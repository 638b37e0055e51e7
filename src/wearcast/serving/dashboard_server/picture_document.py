"""The document around the page's first picture."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wearcast.serving.dashboard.markup import Markup
from wearcast.serving.dashboard.page_files import page_file, page_style
from wearcast.serving.dashboard_server.link_preview import LinkPreview
from wearcast.serving.dashboard_server.static_files import StaticFile, static_file
from wearcast.serving.dashboard_server.template_texts import offline_texts
from wearcast.vocabulary import LANGUAGES, Language


@dataclass(frozen=True)
class Picture:
    """A first picture.

    Attributes:
        language: its language.
        page: the whole page.
        preview: what a messenger shows of a link to it.
        age_min: the age of its forecast, in minutes as the page tells it, so that the document
            stays the same for one.
        api_client: the id that the page sends with what it asks for later; empty for none.
    """

    language: Language
    page: Markup
    preview: LinkPreview
    age_min: int
    api_client: str = ""


def picture_document(templates: Any, values: Mapping[str, Any]) -> Callable[[Picture], StaticFile]:
    """A function that makes the document of a picture.

    Args:
        templates: the server's Jinja environment.
        values: that the page's templates share.
    """
    document = templates.get_template("picture.html")
    own = {"style": page_style(), "controls": page_file("controls.js")}
    # An open page that gets one of another release loads it whole.
    content = "".join(own.values())
    digest = hashlib.sha256(content.encode())
    own["release"] = digest.hexdigest()[:12]
    offline = {language: offline_texts(language) for language in LANGUAGES}

    def made(picture: Picture) -> StaticFile:
        texts = offline[picture.language]
        html = document.render(values, **own, picture=picture, offline=texts)
        return static_file("text/html; charset=utf-8", html.encode())

    return made
