"""Work over partitions of stations, in this process or on several machines.

A partition function takes a task and returns a result, both JSON; it knows of no engine.
`engine` runs calls in this process, or opens a cluster, and checks all answers; `dask_cluster` runs
them on Dask distributed, `local_processes` in several processes of this machine; `partition_calls`
are what goes to a worker and what comes back, `receipts` keep answers. A `shard` is one of several
equal shares of the work.
"""

__all__ = ["engine", "local_processes", "receipts", "shard"]
