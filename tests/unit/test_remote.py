"""The remote's address: refused where it holds a secret, and set without one."""

import shutil
import subprocess
import sys

import pytest

from pipeline.projects import Project
from wearcast.cli.remote import configure, verify
from wearcast.config import Paths
from wearcast.errors import ConfigError, RemoteError

pytestmark = pytest.mark.real

PIPELINE = (
    'stages:\n  make:\n    cmd: python -c "{}"\n    outs: [data/raw, {{metrics.json: {{cache:'
    " false}}}}]\n"
)
MAKE = (
    "import pathlib as p; p.Path('data/raw').mkdir(parents=True); [p.Path('data/raw',"
    " n).write_text(n) for n in 'abc']; "
)
MAKE += "p.Path('metrics.json').write_text('1')"


def dvc(root, *arguments):
    subprocess.run(
        [sys.executable, "-m", "dvc", *arguments], cwd=root, check=True, capture_output=True
    )


def with_dvc(folder):
    """A project with DVC and without git in a folder."""
    root = Project(folder / "project").root
    dvc(root, "init", "--no-scm")
    dvc(root, "config", "core.analytics", "false")
    return Paths(root)


@pytest.fixture(autouse=True, scope="module")
def own_memory(tmp_path_factory):
    """DVC remembers remotes apart from the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path_factory.mktemp("dvc-site")))
        yield


@pytest.fixture
def paths(tmp_path):
    """A project with DVC."""
    return with_dvc(tmp_path)


@pytest.fixture(scope="module")
def pushed_once(tmp_path_factory):
    """The folder of such a project, with something made and pushed to a folder beside it that plays
    the remote."""
    folder = tmp_path_factory.mktemp("pushed")
    root = with_dvc(folder).root
    (root / "dvc.yaml").write_text(PIPELINE.format(MAKE))
    dvc(root, "repro")
    dvc(root, "remote", "add", "--default", "storage", str(folder / "remote"))
    dvc(root, "push")
    return folder


@pytest.fixture
def pushed(pushed_once, tmp_path):
    """A copy of it for one test to change."""
    shutil.copytree(pushed_once, tmp_path, symlinks=True, dirs_exist_ok=True)
    config = tmp_path / "project/.dvc/config"
    config.write_text(config.read_text().replace(str(pushed_once), str(tmp_path)))
    return Paths(tmp_path / "project")


@pytest.mark.parametrize(
    "url",
    [
        "s3://key:hidden@bucket/x",
        "s3://bucket/x?secret=hidden",
        "https://bucket.s3.amazonaws.com",
        "../x",
        "s3://",
        "s3://UPPER",
        "",
    ],
)
def test_an_address_that_is_no_plain_bucket_is_refused_and_not_repeated_with_its_secret(
    tmp_path, url
):
    with pytest.raises(
        ConfigError, match=r"is not s3://bucket/prefix; .* Credentials don't belong in it"
    ) as refusal:
        configure(Paths(tmp_path), url, None)
    assert "hidden" not in str(refusal.value)


def test_a_prefix_with_blanks_is_refused_with_the_right_form(tmp_path):
    with pytest.raises(ConfigError, match=r"has blanks in it.*Write s3://bucket/our-own-data\."):
        configure(Paths(tmp_path), "s3://bucket/our own data", None)


def test_a_prefix_may_have_a_plus(paths):
    configure(paths, "s3://bucket/a+b", None)
    assert "url = s3://bucket/a+b" in (paths.root / ".dvc/config").read_text()


@pytest.mark.parametrize(
    "endpoint", ["http://key:hidden@host", "ftp://host", "http://host?token=hidden"]
)
def test_an_endpoint_with_credentials_is_refused_too(tmp_path, endpoint):
    with pytest.raises(ConfigError, match=r"is not http\(s\)://host:port") as refusal:
        configure(Paths(tmp_path), "s3://bucket", endpoint)
    assert "hidden" not in str(refusal.value)


def test_the_remote_is_written_where_git_tracks_it_and_an_old_endpoint_goes(paths):
    configure(paths, "s3://bucket/weather", "http://127.0.0.1:8333")
    first = (paths.root / ".dvc/config").read_text()
    assert "url = s3://bucket/weather" in first
    assert "endpointurl = http://127.0.0.1:8333" in first
    assert "remote = storage" in first
    configure(paths, "s3://other", None)
    second = (paths.root / ".dvc/config").read_text()
    assert "url = s3://other" in second
    assert "endpointurl" not in second


def test_all_that_was_pushed_is_found_and_what_git_keeps_is_not_asked_for(pushed):
    verified = verify(pushed)
    assert (verified.files, verified.bytes) == (3, 3)
    assert verified.summary.startswith("The remote holds all 3 files that DVC tracks here (0.0 MB)")


def test_what_was_added_by_hand_is_asked_for_too(pushed):
    own = pushed.root / "data/서울/2021.csv"
    own.parent.mkdir()
    own.write_text("own")
    dvc(pushed.root, "add", "data/서울")
    with pytest.raises(RemoteError, match="data/서울: its listing can't be read"):
        verify(pushed)
    dvc(pushed.root, "push")
    assert verify(pushed).files == 4


def test_a_file_that_is_missing_or_altered_is_named(pushed):
    stored = {
        path.read_text(): path
        for path in (pushed.root.parent / "remote/files/md5").glob("*/*")
        if not path.name.endswith(".dir")
    }
    stored["a"].unlink()
    stored["b"].chmod(0o644)
    stored["b"].write_text("x")
    with pytest.raises(RemoteError) as refusal:
        verify(pushed)
    assert "the remote lacks 2 of what DVC tracks here" in str(refusal.value)
    assert "data/raw/a: is missing in the remote (md5 0cc175b9c0f1b6a831c399e269772661)" in str(
        refusal.value
    )
    assert (
        "data/raw/b: has other content in the remote: md5 9dd4e461268c8034f5c8564e155c67a6"
        in str(refusal.value)
    )


def test_a_listing_that_was_altered_is_named(pushed):
    (listing,) = (pushed.root.parent / "remote/files/md5").glob("*/*.dir")
    listing.chmod(0o644)
    listing.write_text(listing.read_text().replace('"relpath": "c"', '"relpath": "d"'))
    with pytest.raises(RemoteError, match="data/raw: its listing"):
        verify(pushed)


def test_without_a_lock_there_is_nothing_to_verify(paths):
    with pytest.raises(
        RemoteError, match=r"there is no .*dvc.lock.*Run `dvc repro` and `dvc push` first"
    ):
        verify(paths)


def test_without_a_remote_the_error_says_how_to_set_one(pushed):
    dvc(pushed.root, "remote", "remove", "storage")
    with pytest.raises(
        RemoteError,
        match=r"no default remote is set. `make remote URL=s3://bucket/prefix` sets one",
    ):
        verify(pushed)


@pytest.mark.parametrize("lock", ["", "<<<<<<< HEAD\n"])
def test_a_lock_that_names_nothing_verifies_nothing(pushed, lock):
    (pushed.root / "dvc.lock").write_text(lock)
    with pytest.raises(RemoteError):
        verify(pushed)
