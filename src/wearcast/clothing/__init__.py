"""The room `clothing`: from weather to what to wear."""
