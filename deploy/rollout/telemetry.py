"""What Prometheus is told of rollouts, through files that node exporter reads.

They are written anew at each step and each look, and whole: a reader sees the old one or the new.
Whatever goes wrong with them stops no rollout.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from rollout.errors import reason_of
from rollout.journal import OUTCOMES, read_history, say, seconds_since_epoch, totals
from rollout.releases import OTHER, PARTS, Deployment
from rollout.settings import state_folder
from rollout.state import State
from rollout.state_folder import write_atomically

MOST_REASON = 200
"""Letters of a reason that Prometheus is told."""

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
"""Of labels' values, in Prometheus' text format."""


def metrics_folder() -> Path:
    """Where node exporter finds the files."""
    return state_folder() / "metrics"


def tell_look() -> None:
    """Tell that somebody looked whether a rollout was broken off, or anything is unhealthy."""
    _write("look.prom", _look)


def tell(state: State) -> None:
    """Tell what is live, what runs, and how rollouts ended."""
    _write("rollout.prom", lambda: [*_live(state.live), *_running(state), *_ended()])


def _look() -> list[str]:
    return _family(
        "wearcast_rollout_watch_last_look_timestamp_seconds",
        "gauge",
        "When the timer last looked after rollouts and containers.",
        {"": time.time()},
    )


def _live(live: Deployment | None) -> list[str]:
    is_live = {_labels(colour=colour): int(_is(live, colour)) for colour in OTHER}
    lines = _family(
        "wearcast_rollout_live", "gauge", "1 for the colour that visitors are led to.", is_live
    )
    if live is None:
        return lines
    release = live.release
    digests = {part: release.images[part].rpartition("@")[2] for part in PARTS}
    labels = _labels(colour=live.colour, code=release.code, model=release.model, **digests)
    documentation = "The live release: its commit, its model's version, its images' digests."
    return lines + _family("wearcast_rollout_live_info", "gauge", documentation, {labels: 1})


def _is(live: Deployment | None, colour: str) -> bool:
    return live is not None and live.colour == colour


def _running(state: State) -> list[str]:
    running = state.running
    lines = _family(
        "wearcast_rollout_running",
        "gauge",
        "1 while a rollout runs, or is broken off and not yet recovered.",
        {"": int(running is not None)},
    )
    if running is None:
        return lines
    return lines + _family(
        "wearcast_rollout_step_timestamp_seconds",
        "gauge",
        "When the rollout that runs took its step.",
        {"": seconds_since_epoch(running.since)},
    )


def _ended() -> list[str]:
    counts = totals()
    ended = {_labels(outcome=outcome): counts.get(outcome, 0) for outcome in OUTCOMES.values()}
    lines = _family("wearcast_rollouts_total", "counter", "Rollouts by how they ended.", ended)
    lines += _family(
        "wearcast_rollout_restarts_total",
        "counter",
        "Containers that were restarted because they were unhealthy.",
        {"": counts.get("restarted", 0)},
    )
    last = {OUTCOMES[one["what"]]: one for one in read_history() if one["what"] in OUTCOMES}
    if last:
        lines += _family(
            "wearcast_rollout_last_end_timestamp_seconds",
            "gauge",
            "When the last rollout ended that ended so.",
            {_labels(outcome=how): seconds_since_epoch(one["at"]) for how, one in last.items()},
        )
    if "went_back" in last:
        one = last["went_back"]
        labels = _labels(at_step=one["at_step"], reason=one["reason"][:MOST_REASON])
        lines += _family(
            "wearcast_rollout_last_went_back_info",
            "gauge",
            "At which step the last rollout that went back did, and why.",
            {labels: 1},
        )
    if "released" in last:
        lines += _family(
            "wearcast_rollout_last_duration_seconds",
            "gauge",
            "How long the last rollout took that released.",
            {"": last["released"]["seconds"]},
        )
    return lines


def _family(name: str, kind: str, documentation: str, samples: Mapping[str, float]) -> list[str]:
    lines = [f"# HELP {name} {documentation}", f"# TYPE {name} {kind}"]
    return lines + [f"{name}{labels} {value}" for labels, value in samples.items()]


def _labels(**labels: str) -> str:
    pairs = [f'{name}="{value.translate(_ESCAPES)}"' for name, value in labels.items()]
    return "{" + ",".join(pairs) + "}"


def _write(name: str, lines: Callable[[], list[str]]) -> None:
    try:
        metrics_folder().mkdir(parents=True, exist_ok=True)
        write_atomically(metrics_folder() / name, "\n".join(lines()) + "\n")
    except Exception as error:  # noqa: BLE001 - no metric is worth a rollout
        say(f"{name}: {reason_of(error)}")
