"""A program that reads an SVG and writes it as a PNG: python -I svg_to_png.py FONT … < SVG > PNG.

A picture takes a tenth of a second, in which the server couldn't answer anybody: hence a process of
its own, which knows no other font and opens no file that the SVG names.
"""

import sys

import resvg_py

if __name__ == "__main__":
    svg = sys.stdin.buffer.read().decode()
    png = resvg_py.svg_to_bytes(
        svg_string=svg, skip_system_fonts=True, font_files=sys.argv[1:], font_family=None
    )
    sys.stdout.buffer.write(bytes(png))
