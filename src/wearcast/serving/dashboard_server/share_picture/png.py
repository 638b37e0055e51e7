"""An SVG as a PNG, made in a process of its own."""

import asyncio
import sys
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Final

from wearcast.serving.dashboard_server.made_files import CannotMake
from wearcast.serving.dashboard_server.share_picture.text_layout import FONTS

_WITHIN_S: Final = 10.0
_PROGRAM: Final = Path(str(resources.files(__package__) / "svg_to_png.py"))


class RasterError(CannotMake):
    """An SVG that couldn't be made a PNG."""


async def png_of_svg(svg: str) -> bytes:
    """The PNG of an SVG, with no other fonts than the bundled ones.

    Raises:
        RasterError: the process failed, or took too long.
    """
    fonts = sorted(str(file) for file in FONTS.iterdir() if file.name.endswith(".otf"))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        str(_PROGRAM),
        *fonts,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_WITHIN_S):
            png, errors = await process.communicate(svg.encode())
    except TimeoutError as error:
        raise RasterError(f"not within {_WITHIN_S:g} s") from error
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode != 0:
        raise RasterError(errors.decode(errors="replace").strip()[-500:])
    return png
