"""Where published snapshots are kept, a folder or a bucket, and how a service reads them."""
