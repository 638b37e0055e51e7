"""The frame: what `GET /` answers, to everybody the same, until a kernel has made the page."""

from collections.abc import Mapping
from typing import Any, Final

from wearcast.serving.dashboard_server.link_preview import SHARE_PICTURE
from wearcast.serving.dashboard_server.static_files import StaticFile, static_file

_PREVIEWERS: Final = (
    "Discordbot",
    "facebookexternalhit",
    "kakaotalk-scrap",
    "LinkedInBot",
    "Slackbot-LinkExpanding",
    "TelegramBot",
    "Twitterbot",
    "WhatsApp",
)
"""Programs that fetch a link's page and picture for its preview, when somebody shares it."""


def frame_page(templates: Any, values: Mapping[str, Any]) -> StaticFile:
    """The frame, rendered once by the server's Jinja environment; it holds the texts of all
    languages, and a link to the page about privacy where there is one.

    Args:
        templates: the environment.
        values: that the page's templates share.
    """
    html = templates.get_template("frame.html").render(values)
    return static_file("text/html; charset=utf-8", html.encode())


def robots_file(base_url: str) -> StaticFile:
    """Crawlers may read the page; all else is a copy of it, or data. Who makes a link's preview may
    read the page at each address, and its picture."""
    lines = ["User-agent: *", f"Allow: {base_url}$"]
    for path in ("api/", "health/", "voila/", "*?"):
        lines.append(f"Disallow: {base_url}{path}")
    lines.append("")
    lines += [f"User-agent: {name}" for name in _PREVIEWERS]
    lines += [f"Allow: {base_url}$", f"Allow: {base_url}?", f"Allow: {base_url}{SHARE_PICTURE}"]
    lines.append(f"Disallow: {base_url}")
    text = "\n".join(lines) + "\n"
    return static_file("text/plain; charset=utf-8", text.encode())
