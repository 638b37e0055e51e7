"""The store of published snapshots, in a folder or a bucket, and its reader.

`object_storage` keeps bytes under names, `snapshot_store` publishes snapshots to it and finds them,
`snapshot_reader` keeps the newest good one in a service's memory, and `last_good` keeps it in a
folder for the service's next start. `refresh_totals` say how refreshes ended.
"""

__all__ = [
    "current_snapshot",
    "last_good",
    "object_storage",
    "refresh_totals",
    "snapshot_reader",
    "snapshot_store",
]
