"""The store of published snapshots, in a folder or a bucket, and its reader.

`object_storage` keeps bytes under names, `verified_objects` those named by their hash,
`snapshot_store` publishes snapshots to it and finds them, `snapshot_reader` keeps the newest good
one in a service's memory, and `last_good` keeps it in a folder for the service's next start.
`refresh_totals` say how refreshes ended.

A snapshot of many stations is in shards: a `publication` makes them and their `shard_manifest`,
`shard_files` keeps and maps them on the reader's machine, `verification_by_shard` reads the scores
of one when it is asked for, and `thinned_records` says which old ones are kept.
"""

__all__ = [
    "current_snapshot",
    "last_good",
    "object_storage",
    "publication",
    "refresh_totals",
    "shard_files",
    "shard_manifest",
    "snapshot_reader",
    "snapshot_store",
    "verification_by_shard",
]
