"""From snapshots in a store to answers.

`refresh` makes snapshots and publishes them to the `store`; the `api` answers from it; the
`dashboard` is a client of the API, in a kernel that `dashboard_server` runs. Neither the API nor
the dashboard knows the refresh. A `cluster` runs work over partitions of stations on one machine or
several. An `experiment` has several models side by side. `settings` are the deployment's, from the
environment; `json_logging`, `log_writer` and `supervisor` are what all of its processes share.
`made_from` and `snapshot_basis` say in words what a forecast is made from,
`terms_of_use` what a deployment has to say at its start.
"""

__all__ = [
    "api",
    "cluster",
    "dashboard",
    "dashboard_server",
    "experiment",
    "feedback",
    "freed_table_memory",
    "json_logging",
    "made_from",
    "places",
    "refresh",
    "settings",
    "snapshot_basis",
    "store",
    "terms_of_use",
]
