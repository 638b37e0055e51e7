"""An executed notebook as one HTML page: its findings first, its code folded, its figures drawn
without a network."""

from wearcast.notebook.html_page.page import html

__all__ = ["html"]
