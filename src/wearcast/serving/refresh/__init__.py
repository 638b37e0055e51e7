"""The refresh: newest observations, the tracked model, checks, and the published snapshot."""
