"""The share picture: what a link's preview shows of a day, 1200 by 630 pixels.

It is drawn as SVG by the functions of the first screen, and made a PNG in a process of its own.
"""

from wearcast.serving.dashboard_server.share_picture.drawing import share_drawing
from wearcast.serving.dashboard_server.share_picture.png import RasterError, png_of_svg

__all__ = ["RasterError", "png_of_svg", "share_drawing"]
