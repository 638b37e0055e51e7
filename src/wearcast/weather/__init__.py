"""The room `weather`: sources of observations, the contract of their table, and quality control."""
