"""The folders of programs, one a release, and the link to those that last proved themselves.

`deploy/ship` lays a release's programs into /opt/wearcast/releases/COMMIT-CONTENT; the link
/opt/wearcast/deploy is what the recovery's timer and operators use.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path

KEPT = 20
LINK = "deploy"

_packed_in = Path(__file__).resolve().parents[1]
OWN_FOLDER = _packed_in.parent if _packed_in.is_file() else _packed_in
"""The programs that run now: where their archive lies, or the checkout's deploy/."""


def folder_or_own(folder: Path) -> Path:
    """The programs that a release came with; our own where those were removed."""
    return folder if folder.is_dir() else OWN_FOLDER


def is_shipped(folder: Path) -> bool:
    """Whether `ship` laid it there; a checkout isn't ours to change."""
    return folder.parent.name == "releases"


def point_link_at(proved: Path) -> None:
    """Let the link lead to programs that have brought a release to users."""
    if not is_shipped(proved):
        return
    link = proved.parent.parent / LINK
    new = link.with_name(f"{LINK}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(Path(proved.parent.name, proved.name))
    new.replace(link)


def remove_old(by: Path, needed: Iterable[Path]) -> None:
    """Remove all but the newest, those that roll out, our own, and those that are needed."""
    if not is_shipped(by):
        return
    kept = {by, OWN_FOLDER, *needed}
    folders = sorted(by.parent.iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in folders[KEPT:]:
        if folder not in kept:
            shutil.rmtree(folder)
