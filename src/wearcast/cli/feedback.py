"""Votes on past advice in the terminal: a report for whoever runs a service, and a person's own."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from wearcast.errors import ConfigError
from wearcast.messages import percent
from wearcast.serving.feedback.feedback_store import FeedbackStore
from wearcast.serving.feedback.votes import KeptVote, SureCounts, VoteCounts
from wearcast.serving.feedback.votes_of_people import History
from wearcast.serving.feedback.wording import offset_in_words
from wearcast.serving.settings import Deployment

_COUNTS = ("too cold", "right", "too warm", "votes", "right of them")


def opened(settings: Deployment) -> FeedbackStore:
    """The database of votes of the settings.

    Raises:
        ConfigError: they name none.
    """
    url = settings.feedback.get_secret_value()
    if not url:
        raise ConfigError(
            "WEARCAST_FEEDBACK is empty: name the database of votes, such as"
            " sqlite:///data/serving/feedback/votes.db, where `make serve` keeps them."
        )
    return FeedbackStore(url)


def report(store: FeedbackStore, days: int) -> str:
    """How often advice was right by what people said: by what it had said itself, by model, and by
    the piece that it was for.

    Raises:
        FeedbackError: the database can't be reached.
    """
    since = datetime.now(UTC) - timedelta(days=days)
    by_model = store.votes_by_model(since)
    if not by_model:
        return f"No votes on advice in the last {days} days."
    parts = [
        f"Votes on advice in the last {days} days",
        _table("said to be right", _said_rows(store.by_said_right(since))),
        _table("model", by_model),
    ]
    by_piece = store.by_piece(since)
    if by_piece:
        parts.append(_table("piece", by_piece))
    return "\n\n".join(parts)


def own_votes(store: FeedbackStore, token: str) -> str:
    """A person's votes, the oldest first, and what they say of them.

    Raises:
        ConfigError: the token doesn't look like one.
        FeedbackError: the database can't be reached.
    """
    try:
        history = History(store.of_token(token))
    except ValueError as error:
        raise ConfigError(f"--token {error}.") from error
    lines = [_line(vote) for vote in history.votes]
    return "\n".join([*lines, offset_in_words("en", "metric", history.offset)])


def erase(store: FeedbackStore, token: str) -> str:
    """Erase a person's votes; how many there were.

    Raises:
        ConfigError: the token doesn't look like one.
        FeedbackError: the database can't be reached.
    """
    try:
        erased = store.erase(token)
    except ValueError as error:
        raise ConfigError(f"--token {error}.") from error
    return f"{erased} votes erased."


def _said_rows(by_said: Iterable[SureCounts]) -> dict[str, VoteCounts]:
    rows = {}
    for row in by_said:
        said = f"{100 * row.said_from:.0f}–{percent(row.said_to)}, {percent(row.said)} in the mean"
        rows[said] = row.counts
    return rows


def _table(heading: str, rows: Mapping[str, VoteCounts]) -> str:
    width = max(len(heading), *map(len, rows))
    lines = [_row(heading, _COUNTS, width)]
    for name, counts in rows.items():
        cells = (
            str(counts.too_cold),
            str(counts.right),
            str(counts.too_warm),
            str(counts.votes),
            percent(counts.right / counts.votes),
        )
        lines.append(_row(name, cells, width))
    return "\n".join(lines)


def _row(name: str, cells: Iterable[str], width: int) -> str:
    padded = [name.ljust(width)]
    for cell, heading in zip(cells, _COUNTS, strict=True):
        padded.append(cell.rjust(len(heading)))
    return "  ".join(padded)


def _line(vote: KeptVote) -> str:
    what = "own clothes" if vote.own_clothes else "as advised"
    said = vote.verdict.value.replace("_", " ")
    piece = f" ({vote.piece})" if vote.piece else ""
    return f"{vote.day}  {vote.station}  {said}{piece}, {what}"
