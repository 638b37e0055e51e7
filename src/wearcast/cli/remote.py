"""The S3 remote: set without secrets, and verified by fetching everything."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from wearcast.config import Paths, declared_stages, kept_in_git, locked_stages
from wearcast.errors import ConfigError, RemoteError

NAME = "storage"
_WHERE_SECRETS_GO = (
    "Credentials don't belong in it: they come from AWS_PROFILE, AWS_ACCESS_KEY_ID or ~/.aws."
)
BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9!_.'()/=+-]*)?")
ENDPOINT = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+(/[A-Za-z0-9_./-]*)?")


@dataclass(frozen=True)
class Tracked:
    """What dvc.lock or a .dvc file fixes the content of: its path in the project and the md5 of its
    bytes (of a folder's listing: ….dir)."""

    path: str
    md5: str


@dataclass(frozen=True)
class Verified:
    """What a remote was seen to hold."""

    files: int
    bytes: int

    @property
    def summary(self) -> str:
        """One line for a terminal."""
        return (
            f"The remote holds all {self.files} files that DVC tracks here"
            f" ({self.bytes / 1e6:.1f} MB), each with the hash it should have."
        )


def configure(paths: Paths, url: str, endpoint: str | None) -> None:
    """Make `url` DVC's default remote in .dvc/config, which git tracks: no secret may stand in it.

    Raises:
        ConfigError: the URL or the endpoint is no plain address, or holds credentials.
    """
    if not BUCKET.fullmatch(url):
        raise ConfigError(_not_a_bucket(url))
    if endpoint and not ENDPOINT.fullmatch(endpoint):
        raise ConfigError(
            f"the endpoint {_public(endpoint)!r} is not http(s)://host:port. {_WHERE_SECRETS_GO}"
        )
    _dvc(paths.root, "remote", "add", "--default", "--force", NAME, url)
    if endpoint:
        _dvc(paths.root, "remote", "modify", NAME, "endpointurl", endpoint)


def verify(paths: Paths) -> Verified:
    """Fetch what dvc.lock and all .dvc files name from the default remote into an empty cache, and
    hash every file.

    DVC itself takes a folder's listing for the folder: with a file of it gone from the bucket, `dvc
    status -c` and `dvc push` still see nothing amiss.

    Raises:
        RemoteError: naming each file that is missing or has other content, or the reason why
            nothing could be fetched.
    """
    with tempfile.TemporaryDirectory(prefix="wearcast-remote-") as scratch:
        clone = _clone(paths.root, Path(scratch, "clone"))
        if _dvc(clone, "remote", "default", check=False).returncode:
            raise RemoteError(
                "no default remote is set. `make remote URL=s3://bucket/prefix` sets one."
            )
        cache = Path(scratch, "cache")
        _dvc(clone, "cache", "dir", "--local", str(cache))
        fetched = _dvc(clone, "fetch", check=False)
        tracked, misses = _tracked(clone, cache)
        misses += [
            f"{file.path}: {problem}" for file in tracked if (problem := _problem(file, cache))
        ]
        if misses or fetched.returncode:
            raise _refusal(misses, fetched)
        if not tracked:
            raise RemoteError(
                f"{paths.root / 'dvc.lock'} names nothing that a remote could hold. Restore it from"
                " git, or run `dvc repro` and `dvc push`."
            )
        return Verified(
            len(tracked), sum(_object(cache, file.md5).stat().st_size for file in tracked)
        )


def _clone(root: Path, clone: Path) -> Path:
    """A folder with nothing but what DVC needs to know the remote and the data."""
    (clone / ".dvc").mkdir(parents=True)
    own_data = [path.relative_to(root).as_posix() for path in _dvc_files(root)]
    files = ("dvc.yaml", "dvc.lock", "params.yaml", ".dvc/config", ".dvc/config.local", *own_data)
    for name in files:
        if (root / name).exists():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, clone / name)
        elif name == "dvc.lock":
            raise RemoteError(
                f"there is no {root / name}: nothing was ever made that a remote could hold. Run"
                " `dvc repro` and `dvc push` first."
            )
    _dvc(clone, "config", "--local", "core.no_scm", "true")
    return clone


def _tracked(clone: Path, cache: Path) -> tuple[list[Tracked], list[str]]:
    """The files behind dvc.lock, folders opened up, and the folders whose listing is missing or
    altered."""
    files: list[Tracked] = []
    misses: list[str] = []
    for out in sorted(_cached_outs(clone), key=lambda out: out.path):
        if not out.md5.endswith(".dir"):
            files.append(out)
            continue
        # DVC caches a listing only once all its files are there, so ask for what the remote's
        # listing says.
        listed = _dvc(
            clone,
            "ls",
            ".",
            out.path,
            "--recursive",
            "--dvc-only",
            "--show-hash",
            "--json",
            check=False,
        )
        if listed.returncode:
            misses.append(f"{out.path}: its listing can't be read ({_errors(listed)})")
        elif _object(cache, out.md5).exists() and (problem := _problem(out, cache)):
            misses.append(f"{out.path}: its listing {problem}")
        else:
            files += [
                Tracked(f"{out.path}/{entry['path']}", entry["md5"])
                for entry in json.loads(listed.stdout)
            ]
    return files, misses


def _cached_outs(clone: Path) -> Iterator[Tracked]:
    """Every output that goes to a remote, folders unopened; those marked `cache: false` live in
    git."""
    declared = declared_stages(clone)
    for name, stage in locked_stages(clone).items():
        in_git = kept_in_git(declared.get(name, {}))
        yield from (
            Tracked(out["path"], out["md5"])
            for out in stage.get("outs", [])
            if out["path"] not in in_git
        )
    for path in _dvc_files(clone):
        folder = path.parent.relative_to(clone)
        for out in yaml.safe_load(path.read_text(encoding="utf-8"))["outs"]:
            if "md5" in out:
                yield Tracked((folder / out["path"]).as_posix(), out["md5"])


def _dvc_files(root: Path) -> list[Path]:
    """What `dvc add` left for a person's own data, in any folder that doesn't begin with a dot."""
    found = []
    for path in sorted(root.rglob("*.dvc")):
        relative = path.relative_to(root)
        hidden = relative.as_posix().startswith(".")
        if path.is_file() and not hidden:
            found.append(path)
    return found


def _problem(file: Tracked, cache: Path) -> str | None:
    place = _object(cache, file.md5)
    if not place.exists():
        return f"is missing in the remote (md5 {file.md5})"
    with place.open("rb") as content:
        found = hashlib.file_digest(content, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    wanted = file.md5.removesuffix(".dir")
    return (
        None
        if found == wanted
        else f"has other content in the remote: md5 {found} instead of {wanted}"
    )


def _object(cache: Path, md5: str) -> Path:
    return cache / "files/md5" / md5[:2] / md5[2:]


def _refusal(misses: list[str], fetched: subprocess.CompletedProcess[str]) -> RemoteError:
    lines = (
        [f"the remote lacks {len(misses)} of what DVC tracks here:"]
        if misses
        else ["dvc could not fetch from the remote."]
    )
    lines += [f"  {miss}" for miss in misses]
    if reason := _errors(fetched):
        lines.append(f"dvc says: {reason}")
    if misses:
        lines.append(
            "To repair it from a copy that still has the data: delete the folder's listing in the"
            " bucket, and `dvc push` again."
        )
    return RemoteError("\n".join(lines))


def _dvc(root: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run DVC in `root`, with a memory of its own: what it remembers of a remote is what we don't
    want to trust."""
    command = [sys.executable, "-m", "dvc", *arguments]
    with tempfile.TemporaryDirectory(prefix="wearcast-dvc-") as memory:
        environment = {**os.environ, "DVC_SITE_CACHE_DIR": memory}
        done = subprocess.run(  # noqa: S603 - our own arguments
            command,
            cwd=root,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    if check and done.returncode:
        raise RemoteError(
            f"`dvc {' '.join(arguments)}` failed: {_errors(done) or done.stderr.strip()}"
        )
    return done


def _errors(done: subprocess.CompletedProcess[str]) -> str:
    """What DVC gives as the reason, without its progress bars and hints."""
    return "\n".join(
        line.split("ERROR: ", 1)[1] for line in done.stderr.splitlines() if "ERROR: " in line
    )


def _not_a_bucket(url: str) -> str:
    shown = _public(url)
    joined = "-".join(shown.split())
    if joined != shown and BUCKET.fullmatch(joined):
        return f"{shown!r} has blanks in it, which no address has. Write {joined}."
    return (
        f"{shown!r} is not s3://bucket/prefix; a prefix may have letters, digits and !_.'()=+-."
        f" {_WHERE_SECRETS_GO}"
    )


def _public(address: str) -> str:
    """The address as an error may show it: without what stands before an @ or after a question
    mark."""
    return re.sub(r"//[^/@]*@", "//…@", address).split("?", 1)[0]
