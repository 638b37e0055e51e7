"""What an executed notebook's HTML page holds."""

import base64
import re
import zlib


def drawing_script(page: str) -> str:
    """The script that the page inflates: plotly's library, and the figures' data after it."""
    [text] = re.findall(r'<script id="compressed-figures"[^>]*>(.*?)</script>', page)
    return zlib.decompress(base64.b85decode(text.replace(",", "<"))).decode()
