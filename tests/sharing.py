"""Which files' tests run in one process, because what they share takes long to make."""

from pathlib import PurePath

from xdist.scheduler import LoadFileScheduling

TOGETHER = {
    **dict.fromkeys(
        ("test_horizon", "test_pipeline", "test_retraining"), "the project with small settings"
    ),
    **dict.fromkeys(("test_by_hand", "test_dvc", "test_own_code", "test_proposal"), "the toy"),
}
"""Of tests/pipeline: what a file shares with others."""


class Sharing(LoadFileScheduling):
    """A file's tests go to one process, and so do those of files that share something."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return TOGETHER.get(PurePath(file).stem, file)
