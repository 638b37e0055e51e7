"""The icons of the installed app, from the favicon: python scripts/app_icons.py.

Wants the extra `dashboard`, whose rasteriser gives the same bytes on every machine.
"""

from pathlib import Path

import resvg_py

STATIC = (
    Path(__file__).parents[1]
    / "src/wearcast/serving/dashboard_server/share/voila/templates/wearcast/static"
)
ROUNDED = '<rect width="64" height="64" rx="14" fill="#0b6bcb"/>'
SQUARE = '<rect width="64" height="64" fill="#0b6bcb"/>'
SAFE = 0.8
"""What Android leaves of a maskable icon, whatever shape it cuts out."""


def main() -> None:
    """Write the icons."""
    for name, (svg, size_px) in icons().items():
        png = resvg_py.svg_to_bytes(svg_string=svg, width=size_px, skip_system_fonts=True)
        (STATIC / name).write_bytes(bytes(png))


def icons() -> dict[str, tuple[str, int]]:
    """The drawing and the size in pixels of each icon by its name."""
    favicon = (STATIC / "favicon.svg").read_text(encoding="utf-8").strip()
    return {
        "icon-192.png": (favicon, 192),
        "icon-512.png": (favicon, 512),
        "icon-maskable-512.png": (whole_square(favicon, SAFE), 512),
        # iOS rounds the corners itself, and shows what is transparent as black.
        "apple-touch-icon.png": (whole_square(favicon, 1), 180),
    }


def whole_square(favicon: str, scale: float) -> str:
    """The favicon on ground up to the corners, its drawing scaled about its middle."""
    start, found, drawing = favicon.partition(ROUNDED)
    if not found:
        raise SystemExit("favicon.svg has another ground than this script looks for")
    inset = 32 * (1 - scale)
    drawing = drawing.removesuffix("</svg>")
    placed = f"translate({inset:g} {inset:g}) scale({scale:g})"
    return f'{start}{SQUARE}<g transform="{placed}">{drawing}</g></svg>'


if __name__ == "__main__":
    main()
