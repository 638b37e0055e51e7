"""The store of published snapshots, in a folder or a bucket, and its reader."""
