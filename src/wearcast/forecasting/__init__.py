"""The room `forecasting`: from observations to a calibrated forecast of the next seven days."""
