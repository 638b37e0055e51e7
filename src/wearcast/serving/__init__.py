"""Serving: from snapshots in a store to answers. `refresh` publishes them, the API serves them;
neither knows the other."""
