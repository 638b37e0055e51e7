"""The share picture's fonts: python scripts/share_fonts.py FOLDER.

Cuts Noto Sans CJK KR (https://github.com/notofonts/noto-cjk; Debian's fonts-noto-cjk has it in
/usr/share/fonts/opentype/noto), whose files NotoSansCJK-Regular.ttc and NotoSansCJK-Bold.ttc lie in
FOLDER, down to what names and sentences in English and Korean are written with, and notes how wide
each character is. Wants the group `fonts`.
"""

import json
import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

FONTS = Path(__file__).parents[1] / "src/wearcast/serving/dashboard_server/share_picture/fonts"
FAMILY = "Noto Sans CJK KR"
WEIGHTS = ("Regular", "Bold")
PUNCTUATION = "–—\u2018’“”…·•−°×℃"


def main(folder: Path) -> None:
    """Write the fonts and the widths."""
    widths = {}
    for weight in WEIGHTS:
        font = korean(folder / f"NotoSansCJK-{weight}.ttc")
        widths[weight.lower()] = advances(font)
        cut(font)
        font.save(FONTS / f"NotoSansCJKkr-{weight}.otf")
    text = json.dumps(widths, ensure_ascii=False, separators=(",", ":"))
    (FONTS / "advances.json").write_text(f"{text}\n", encoding="utf-8")


def korean(path: Path) -> TTFont:
    """The font of a collection that draws Korean; saved later without today's date."""
    collection = TTCollection(path, recalcTimestamp=False)
    for font in collection.fonts:
        if font["name"].getDebugName(1) == FAMILY:
            return font
    sys.exit(f"there is no {FAMILY} in {path}")


def characters() -> str:
    """Latin letters with those of western and central Europe, and the 2350 syllables of KS X 1001,
    in which nearly all Korean is written."""
    latin = map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x180)])
    syllables = [bytes([row, cell]) for row in range(0xB0, 0xC9) for cell in range(0xA1, 0xFF)]
    return "".join(latin) + PUNCTUATION + b"".join(syllables).decode("euc-kr")


def advances(font: TTFont) -> dict[str, int]:
    """The widths of all characters but syllables, and under "" those of syllables, in thousandths
    of the size."""
    names, widths = font.getBestCmap(), font["hmtx"]
    scale = 1000 / font["head"].unitsPerEm
    found = {"": round(scale * widths[names[ord("가")]][0])}
    for character in characters():
        if not "가" <= character <= "힣" and ord(character) in names:
            found[character] = round(scale * widths[names[ord(character)]][0])
    return found


def cut(font: TTFont) -> None:
    """Keep the characters, kerning, and the names with the licence."""
    options = Options(layout_features=["kern"], hinting=False, name_IDs=["*"])
    subsetter = Subsetter(options)
    subsetter.populate(text=characters())
    subsetter.subset(font)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
