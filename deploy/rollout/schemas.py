"""Which form of snapshots refresh may publish: one that every release can read which may run."""

from rollout.errors import Failed
from rollout.releases import Deployment, Release


def readable_by_all(
    live: Deployment | None, previous: Deployment | None, release: Release | None = None
) -> int:
    """The newest schema that all of these can read."""
    releases = [deployment.release for deployment in (live, previous) if deployment]
    if release:
        releases.append(release)
    return min(release.schema for release in releases)


def check_writable(live: Deployment | None, previous: Deployment | None, release: Release) -> None:
    """Refuse a release that can't write what those before it read.

    A release writes snapshots of its own schema and of the one before.

    Raises:
        Failed: naming both.
    """
    oldest = readable_by_all(live, previous, release)
    if release.schema - oldest > 1:
        raise Failed(
            f"its refresh writes snapshots of schema {release.schema - 1} and"
            f" {release.schema}, and a release that may still have to read them knows {oldest}"
            f" alone: bring a release of schema {oldest + 1} to users twice before"
        )
