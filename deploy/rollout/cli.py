"""The command line."""

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

import rollout
from rollout import commands
from rollout.releases import PARTS
from rollout.state import KEPT_BACK
from rollout.status import history, status
from rollout.steps import Durations


def main() -> NoReturn:
    """Do what the command line says, and end with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Do what the arguments say; the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    match options.command:
        case "release":
            images = {part: getattr(options, part) for part in PARTS}
            named = [image for image in images.values() if image]
            if len(named) < len(PARTS) and (named or not options.again):
                parser.error("release wants three images: service, dashboard, refresh")
            return commands.release(images if named else None, options.again, _durations(options))
        case "back":
            return commands.release(
                None, again=False, durations=_durations(options), steps_back=options.steps
            )
        case "recover":
            return commands.recover()
        case "status":
            return status()
        case _:
            return history()


def _durations(options: argparse.Namespace) -> Durations:
    # Who goes back to what has proved itself is in a hurry.
    canary_s = options.canary if options.command == "release" else 0
    return Durations(options.watch, options.drain, options.ready, canary_s)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rollout",
        description=rollout.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    subparsers = parser.add_subparsers(dest="command", required=True)
    release = subparsers.add_parser("release")
    _add_durations(release)
    release.add_argument(
        "--canary",
        type=float,
        help="seconds that only a share of the visitors has it; 0: none; else ROLLOUT_CANARY_S",
    )
    release.add_argument(
        "--again", action="store_true", help="although it is live: for settings that changed"
    )
    for part in PARTS:
        release.add_argument(
            part,
            nargs="?",
            help="its image by digest; with --again, what is live needn't be named",
        )
    back = subparsers.add_parser("back")
    _add_durations(back)
    back.add_argument(
        "--steps",
        type=int,
        choices=range(1, KEPT_BACK + 1),
        default=1,
        help="how many releases before the live one, as `status` numbers them",
    )
    for name in ("status", "history", "recover"):
        subparsers.add_parser(name)
    return parser


def _add_durations(command: argparse.ArgumentParser) -> None:
    helps = {
        "watch": (60, "seconds to watch the new colour under its traffic"),
        "drain": (60, "seconds that open dashboards keep the old colour"),
        "ready": (120, "seconds that the new colour may take to be ready"),
    }
    for name, (default, text) in helps.items():
        command.add_argument(f"--{name}", type=float, default=default, help=text)
