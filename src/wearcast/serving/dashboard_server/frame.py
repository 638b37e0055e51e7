"""The frame: what `GET /` answers, to everybody the same, until a kernel has made the page."""

from collections.abc import Mapping
from typing import Any

import voila
from voila.utils import create_include_assets_functions

from wearcast.serving.dashboard_server.static_files import StaticFile, static_file
from wearcast.vocabulary import Language


def frame_page(
    templates: Any,
    template: str,
    base_url: str,
    texts: Mapping[Language, Mapping[str, str]],
    privacy_url: str,
) -> StaticFile:
    """The frame, rendered once by the server's Jinja environment; it holds the texts of all
    languages, and a link to the page about privacy where there is one."""
    functions = create_include_assets_functions(template, base_url)
    page = templates.get_template("frame.html")
    html = page.render(
        base_url=base_url,
        texts=texts,
        privacy_url=privacy_url,
        voila_version=voila.__version__,
        **functions,
    )
    return static_file("text/html; charset=utf-8", html.encode())


def robots_file(base_url: str) -> StaticFile:
    """Crawlers may read the frame; all else is a copy of it, or data."""
    paths = ("api/", "health/", "voila/", "*?")
    lines = ["User-agent: *", f"Allow: {base_url}$"]
    for path in paths:
        lines.append(f"Disallow: {base_url}{path}")
    text = "\n".join(lines) + "\n"
    return static_file("text/plain; charset=utf-8", text.encode())
