"""The web app manifest, with which browsers install the page as an app."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from wearcast.serving.dashboard_server.static_files import StaticFile, static_file
from wearcast.serving.dashboard_server.template_texts import template_texts
from wearcast.vocabulary import LANGUAGES, Language

THEME_COLOURS: Final[Mapping[str, str]] = {"light": "#f3f5f8", "dark": "#0d1218"}
"""The colour of the browser's or system's bars by scheme: that of the page's ground."""

_ICONS: Final = (
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("icon-maskable-512.png", "512x512", "maskable"),
)


def web_manifests(base_url: str, file_url: Callable[[str], str]) -> Mapping[Language, StaticFile]:
    """The manifest in each language.

    Args:
        base_url: the page's path.
        file_url: gives the path of a file of the template.
    """
    manifests = {}
    for language in LANGUAGES:
        manifest = _manifest(language, base_url, file_url)
        text = json.dumps(manifest, ensure_ascii=False)
        manifests[language] = static_file("application/manifest+json", text.encode())
    return manifests


def _manifest(language: Language, base_url: str, file_url: Callable[[str], str]) -> dict[str, Any]:
    texts = template_texts(language)
    icons = [
        {"src": file_url(f"static/{name}"), "sizes": sizes, "type": "image/png", "purpose": purpose}
        for name, sizes, purpose in _ICONS
    ]
    return {
        # The same app in both languages.
        "id": base_url,
        "name": texts["title"],
        "short_name": "Wearcast",
        "description": texts["description"],
        "lang": language,
        "start_url": base_url,
        "scope": base_url,
        "display": "standalone",
        "background_color": THEME_COLOURS["light"],
        "theme_color": THEME_COLOURS["light"],
        "categories": ["weather", "lifestyle"],
        "icons": icons,
    }
