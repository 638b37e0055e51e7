"""A page that shows every icon in light and dark, large and small: python scripts/icon_sheet.py
PAGE.html."""

import sys
from importlib import resources
from pathlib import Path

from wearcast.serving.dashboard.icons import carried, garment, glyph, weather
from wearcast.serving.dashboard.icons.drawings import mapping

SIZES = (96, 40, 20)
DRAWINGS = resources.files("wearcast.serving.dashboard.icons").joinpath("drawings")

STYLE = """
body { margin: 0; font: 11px system-ui, sans-serif }
section { display: grid; grid-template-columns: repeat(auto-fill, minmax(170px, 1fr));
  gap: 12px; padding: 16px }
.light { color: #1c2430; background: #fff }
.dark { color: #e6eaf0; background: #14181f }
figure { margin: 0 }
"""


def main(page: Path) -> None:
    """Write the page."""
    figures = "".join(figure(name, svg) for name, svg in drawings().items())
    sections = "".join(
        f'<section class="{theme}">{figures}</section>' for theme in ("light", "dark")
    )
    page.write_text(
        "<!doctype html><meta"
        f' charset="utf-8"><title>Icons</title><style>{STYLE}</style>{sections}',
        encoding="utf-8",
    )


def drawings() -> dict[str, str]:
    """Every drawing, by what it stands for; garments that share one come once."""
    chosen = mapping()
    found = {garment(id, ""): id for id in reversed(chosen["garments"])} | {
        garment("", ""): "unknown garment",
        carried(""): "unknown thing",
    }
    found |= {carried(id): id for id in chosen["carried"]}
    found |= {
        draw(name): name
        for draw, folder in ((weather, "skies"), (glyph, "glyphs"))
        for name in names(folder)
    }
    return {name: svg for svg, name in sorted(found.items(), key=lambda item: item[1])}


def names(folder: str) -> list[str]:
    """The drawings in a folder."""
    return sorted(file.name.removesuffix(".svg") for file in DRAWINGS.joinpath(folder).iterdir())


def figure(name: str, svg: str) -> str:
    """A drawing in each size over its name."""
    return (
        "<figure>"
        + "".join(f'<span style="font-size: {size}px">{svg}</span>' for size in SIZES)
        + f"<br>{name}</figure>"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
