"""The document around the page's first picture."""

from collections.abc import Callable, Mapping
from typing import Any

from voila.utils import create_include_assets_functions

from wearcast.serving.dashboard.markup import Markup
from wearcast.serving.dashboard.page_files import page_file, page_style
from wearcast.serving.dashboard_server.static_files import StaticFile, static_file
from wearcast.vocabulary import Language

Texts = Mapping[Language, Mapping[str, str]]


def picture_document(
    templates: Any, template: str, base_url: str, texts: Texts
) -> Callable[[Language, Markup], StaticFile]:
    """A function that makes the document of a page in a language, with the server's Jinja
    environment."""
    functions = create_include_assets_functions(template, base_url)
    document = templates.get_template("picture.html")
    style, controls = page_style(), page_file("controls.js")

    def made(language: Language, page: Markup) -> StaticFile:
        html = document.render(
            base_url=base_url,
            texts=texts,
            language=language,
            style=style,
            controls=controls,
            page=page,
            **functions,
        )
        return static_file("text/html; charset=utf-8", html.encode())

    return made
