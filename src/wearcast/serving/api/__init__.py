"""The HTTP API over forecast snapshots."""
