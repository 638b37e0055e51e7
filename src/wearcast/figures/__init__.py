"""The plotly figures that notebooks and the dashboard share: plain arrays in, a Figure out.

`page_hours` and `page_scores` draw the dashboard's, the others the notebooks'. They know no room,
so that whoever has numbers can draw them.
"""

__all__ = [
    "clothing",
    "forecast",
    "observations",
    "page_axis",
    "page_hours",
    "page_scores",
    "page_style",
    "palette",
    "verification",
]
