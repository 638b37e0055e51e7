"""The plotly figures that notebooks and the dashboard share: plain arrays in, a Figure out."""
