"""The refresh: it fetches observations, runs the tracked model, checks and publishes a snapshot."""
