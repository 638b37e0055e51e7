"""Getting a release's images, and reading on their labels what they are."""

import contextlib
import re
import shutil
from collections.abc import Iterable, Mapping

from rollout import docker
from rollout.errors import Failed
from rollout.releases import FIRST_SCHEMA, PARTS, Candidate, Release
from rollout.settings import number, state_folder

MODEL = "io.wearcast.model"
CODE = "org.opencontainers.image.revision"
SCHEMA = "io.wearcast.snapshot-schema"

DIGEST = re.compile(r"(^|@)sha256:[0-9a-f]{64}$")
SCHEMA_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


def read_release(candidate: Candidate) -> Release:
    """Pull the images that aren't here, and read on them what they are.

    Raises:
        Failed: an image can't be had, or they aren't of one release.
    """
    _check_digests(candidate.images.values())
    _pull_missing(candidate.images.values())
    labels = {part: docker.labels(image) for part, image in candidate.images.items()}
    return Release(
        images=candidate.images,
        programs=candidate.programs,
        model=_common_label(labels, MODEL),
        code=_common_label(labels, CODE),
        schema=_schema(labels),
    )


def _check_digests(images: Iterable[str]) -> None:
    for image in images:
        if not DIGEST.search(image):
            raise Failed(
                f"{image} isn't named by its digest (…@sha256:…): a tag may be another image"
                " tomorrow"
            )


def _pull_missing(images: Iterable[str]) -> None:
    missing = [image for image in images if not docker.has_image(image)]
    if missing:
        _require_space()
    for image in missing:
        docker.pull(image)


def _require_space() -> None:
    least_mb = number("ROLLOUT_LEAST_FREE_MB")
    for folder in {str(state_folder()), docker.data_folder()}:
        with contextlib.suppress(FileNotFoundError):
            free_mb = shutil.disk_usage(folder).free / 1e6
            if free_mb < least_mb:
                raise Failed(
                    f"{folder} has {free_mb:.0f} MB free, less than the {least_mb:.0f} MB that a"
                    " release may take"
                )


def _common_label(
    labels: Mapping[str, Mapping[str, str]], name: str, default: str | None = None
) -> str:
    """The value that a label has on all parts' images."""
    values = {}
    for part in PARTS:
        value = labels[part].get(name, default)
        if value is None:
            raise Failed(
                f"the {part}'s image has no label {name}: `deploy/build` makes images that say"
                " what they are of"
            )
        values[part] = value
    if len(set(values.values())) > 1:
        raise Failed(f"the images aren't of one release: {name} is {values}")
    return values[PARTS[0]]


def _schema(labels: Mapping[str, Mapping[str, str]]) -> int:
    value = _common_label(labels, SCHEMA, default=str(FIRST_SCHEMA))
    if not SCHEMA_NUMBER.fullmatch(value):
        raise Failed(
            f"the images' label {SCHEMA} must be a whole number from 1 on, but is {value!r}"
        )
    return int(value)


def remove_images(releases: Iterable[Candidate], kept: Iterable[Candidate]) -> None:
    """Remove the images of releases that nobody would go back to, but for those that are kept.

    One that is named by a tag wasn't pulled by a rollout.
    """
    kept_images = {image for release in kept for image in release.images.values()}
    for release in releases:
        for image in set(release.images.values()) - kept_images:
            if DIGEST.search(image):
                with contextlib.suppress(Failed):
                    docker.run("image", "rm", image)
