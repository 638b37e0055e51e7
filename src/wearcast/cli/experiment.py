"""The models that forecast side by side, in the terminal or as JSON."""

import json
import math
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, time
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table

from wearcast.errors import ConfigError
from wearcast.serving.experiment.comparison import Compared, Comparison, compare
from wearcast.serving.experiment.paired_days import PairedDays, variant_folder
from wearcast.serving.experiment.variants import Variant
from wearcast.serving.feedback.feedback_store import FeedbackStore
from wearcast.serving.feedback.votes import VoteCounts
from wearcast.serving.settings import Deployment

_DIGITS: Final = 4
_VERDICTS: Final = {
    "": "Open: go on, and look again whenever you like.",
    "variant": "Decided: the variant is better. Make it the champion.",
    "champion": "Decided: the champion is better. Take the variant out.",
    "mixed": "Decided, but not alike: one is better by its temperatures, the other by its outfits.",
}


def comparisons(settings: Deployment) -> list[tuple[Variant, Comparison | None]]:
    """Each variant of the settings beside the champion; None where no day is over yet.

    Raises:
        ConfigError: there are no variants.
    """
    if not settings.variants:
        raise ConfigError(
            "WEARCAST_VARIANTS names no model to compare; docs/experiments.md says how to begin."
        )
    found = []
    for variant in settings.variants:
        folder = variant_folder(settings.history, variant.name)
        days = PairedDays(folder).read()
        found.append((variant, compare(variant.name, days, len(settings.variants))))
    return found


def show(settings: Deployment, console: Console) -> None:
    """Print every variant beside the champion.

    Raises:
        ConfigError: there are no variants.
    """
    for variant, comparison in comparisons(settings):
        share = f"{variant.percent:g} % of clients" if variant.is_served else "shadow"
        if comparison is None:
            console.print(f"{variant.name} ({share}): no day is scored yet; the first takes three.")
            continue
        pair = comparison.pair
        console.print(
            f"{variant.name} ({share}): {pair.variant} beside the champion {pair.champion},"
            f" {comparison.first} to {comparison.last}",
            highlight=False,
        )
        console.print(_table(comparison))
        for who, counts in votes(settings, comparison).items():
            console.print(f"  votes on the {who}: {_shares(counts)}", highlight=False)
        console.print(f"  {_VERDICTS[comparison.verdict]}\n", highlight=False)


def votes(settings: Deployment, comparison: Comparison) -> dict[str, VoteCounts]:
    """What people said of either model's advice since the first day; empty where no feedback is
    taken. Votes aren't paired, and decide nothing.

    Raises:
        FeedbackError: the database can't be reached.
    """
    url = settings.feedback.get_secret_value()
    if not url:
        return {}
    with closing(FeedbackStore(url)) as store:
        since = datetime.combine(comparison.first, time(), UTC)
        by_model = store.votes_by_model(since)
    pair = comparison.pair
    models = {"champion": pair.champion, "variant": pair.variant}
    return {who: by_model.get(model, VoteCounts()) for who, model in models.items()}


def as_json(settings: Deployment) -> str:
    """The same as JSON.

    Raises:
        ConfigError: there are no variants.
    """
    told = []
    for variant, comparison in comparisons(settings):
        of_variant: dict[str, Any] = {"variant": variant.name, "percent": variant.percent}
        if comparison:
            of_variant |= {
                "models": comparison.pair.model_dump(),
                "from": str(comparison.first),
                "until": str(comparison.last),
                "alpha": comparison.alpha,
                "verdict": comparison.verdict or "open",
                "measures": [_fields(one) for one in comparison.compared],
                "votes": {
                    who: {"votes": counts.votes, **vars(counts)}
                    for who, counts in votes(settings, comparison).items()
                },
            }
        told.append(of_variant)
    return json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False)


def _table(comparison: Comparison) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    level = 100 * (1 - comparison.alpha)
    table.add_column("")
    headings = ("days", "champion", "variant", "difference", f"{level:g} % at any look", "better")
    for heading in headings:
        table.add_column(heading, justify="right")
    for one in comparison.compared:
        table.add_row(one.measure.label, *_cells(one))
    return table


def _shares(counts: VoteCounts) -> str:
    if not counts.votes:
        return "none"
    right = 100 * counts.right / counts.votes
    return (
        f"{counts.votes}, {right:.0f} % right ({counts.too_cold} too cold,"
        f" {counts.too_warm} too warm)"
    )


def _cells(one: Compared) -> Sequence[str]:
    low, high = one.look.low, one.look.high
    is_known = math.isfinite(low) and math.isfinite(high)
    return (
        str(one.days),
        f"{one.champion:.3f}",
        f"{one.variant:.3f}",
        f"{one.look.mean:+.4f}" if one.look.blocks else "–",
        f"{low:+.4f} … {high:+.4f}" if is_known else "too early",
        one.better or "–",
    )


def _fields(one: Compared) -> dict[str, Any]:
    return {
        "name": one.measure.name,
        "decides": one.measure.decides,
        "days": one.days,
        "blocks": one.look.blocks,
        "champion": _number(one.champion),
        "variant": _number(one.variant),
        "difference": _number(one.look.mean),
        "low": _number(one.look.low),
        "high": _number(one.look.high),
        "evidence": _number(one.look.evidence),
        "better": one.better or None,
    }


def _number(value: float) -> float | None:
    return round(value, _DIGITS) + 0.0 if math.isfinite(value) else None
