"""What people say of past advice: too cold, right or too warm.

`feedback_store` keeps votes in a database, SQLite or PostgreSQL, that `database` opens and
`migrations` brings up to date; `votes` is what it keeps. `evidence` works out from the snapshots
what a vote is worth; `votes_of_people` takes one from a person and tells them their offset.
"""

__all__ = ["evidence", "feedback_store", "votes", "votes_of_people"]
