"""Data and models on a real S3 server: pushed, cloned, pulled, interrupted, damaged."""

import hashlib
import subprocess
import sys
import time

import pytest

from pipeline.copies import Copy

pytestmark = pytest.mark.real

FILES = 40
MAKE = f"""
import random
from pathlib import Path
random.seed(1)
for number in range({FILES}):
    path = Path("data/raw/EWR", f"{{number:02}}.bin")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(random.randbytes(100_000))
Path("model.onnx").write_bytes(random.randbytes(1_000_000))
Path("metrics.json").write_text("{{}}")
"""
PIPELINE = """
stages:
  make:
    cmd: python make.py
    deps: [make.py]
    outs: [data/raw, model.onnx, {metrics.json: {cache: false}}]
"""


@pytest.fixture
def prefix(request):
    """This test's own corner of the bucket."""
    return request.node.name


@pytest.fixture
def made(tmp_path, repository, s3, prefix):
    """A small pipeline that has run and is committed, with an empty place on the server as its
    remote."""
    copy = Copy(tmp_path / "made")
    (copy.root / ".dvc").mkdir(parents=True)
    for name in (".dvc/config", ".dvc/.gitignore", "params.yaml"):
        (copy.root / name).write_bytes((repository / name).read_bytes())
    (copy.root / "make.py").write_text(MAKE)
    (copy.root / "dvc.yaml").write_text(PIPELINE)
    copy.run("git", "init", "--quiet", "--initial-branch", "main")
    copy.dvc("repro")
    copy.run("wearcast", "set-remote", f"s3://wearcast/{prefix}", "--endpoint", s3.endpoint)
    copy.commit("Made")
    return copy


def content(copy):
    """The hash of every file that DVC keeps."""
    paths = [copy.root / "model.onnx", *(copy.root / "data").rglob("*.bin")]
    return {
        path.relative_to(copy.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
    }


def cloned(copy, name):
    """A fresh clone, as a colleague would have it."""
    clone = Copy(copy.root.parent / name)
    copy.run("git", "clone", "--quiet", str(copy.root), str(clone.root))
    return clone


def test_push_then_a_fresh_clone_pulls_the_same_bytes(made):
    made.dvc("push")
    clone = cloned(made, "colleague")
    clone.dvc("pull")
    assert content(clone) == content(made)
    assert len(content(clone)) == FILES + 1
    assert f"all {FILES + 1} files that DVC tracks" in made.run("wearcast", "verify-remote").stdout


def test_no_secret_is_in_git_and_a_wrong_key_is_refused(made, monkeypatch):
    tracked = made.run(
        "git", "grep", "--ignore-case", "-e", "a secret of", "-e", "access_key", check=False
    )
    assert tracked.stdout == ""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another one")
    refused = made.run(sys.executable, "-m", "dvc", "push", check=False)
    assert refused.returncode != 0
    unreachable = made.run("wearcast", "verify-remote", check=False)
    assert unreachable.returncode == 1
    assert "Traceback" not in unreachable.stderr


def test_a_server_killed_during_a_push_loses_nothing(made, s3, prefix, monkeypatch):
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")  # it gives up soon
    push = subprocess.Popen(
        [sys.executable, "-m", "dvc", "push", "--jobs", "1"],
        cwd=made.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    until = time.monotonic() + 60
    while len(s3.keys(prefix)) < 3 and push.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    s3.kill()
    said, _ = push.communicate(timeout=120)
    assert push.returncode != 0, said
    s3.start()
    assert 0 < len(s3.keys(prefix)) < FILES + 2
    made.dvc("push")
    clone = cloned(made, "after")
    clone.dvc("pull")
    assert content(clone) == content(made)


def test_an_object_missing_from_the_bucket_is_reported_though_dvc_misses_it(made, s3, prefix):
    made.dvc("push")
    gone = made.root / "data/raw/EWR/07.bin"
    md5 = hashlib.md5(gone.read_bytes(), usedforsecurity=False).hexdigest()
    s3.client.delete_object(Bucket="wearcast", Key=f"{prefix}/files/md5/{md5[:2]}/{md5[2:]}")
    assert "in sync" in made.dvc("status", "--cloud")
    failed = made.run("wearcast", "verify-remote", check=False)
    assert failed.returncode == 1
    assert f"data/raw/EWR/07.bin: is missing in the remote (md5 {md5})" in failed.stderr
    assert failed.stderr.count("is missing") == 1


def test_the_advice_for_a_missing_object_repairs_the_remote(made, s3, prefix):
    made.dvc("push")
    gone = next(key for key in s3.keys(prefix) if not key.endswith(".dir"))
    s3.client.delete_object(Bucket="wearcast", Key=gone)
    failed = made.run("wearcast", "verify-remote", check=False)
    assert failed.returncode == 1
    (listing,) = [key for key in s3.keys(prefix) if key.endswith(".dir")]
    s3.client.delete_object(Bucket="wearcast", Key=listing)
    made.dvc("push")
    assert "all 41 files" in made.run("wearcast", "verify-remote").stdout


def test_an_object_with_other_content_is_reported(made, s3, prefix):
    made.dvc("push")
    md5 = hashlib.md5((made.root / "model.onnx").read_bytes(), usedforsecurity=False).hexdigest()
    s3.client.put_object(
        Bucket="wearcast", Key=f"{prefix}/files/md5/{md5[:2]}/{md5[2:]}", Body=b"tampered"
    )
    failed = made.run("wearcast", "verify-remote", check=False)
    assert failed.returncode == 1
    assert "model.onnx: has other content in the remote" in failed.stderr


def test_a_folder_whose_listing_is_missing_is_reported(made, s3, prefix):
    made.dvc("push")
    (listing,) = [key for key in s3.keys(prefix) if key.endswith(".dir")]
    s3.client.delete_object(Bucket="wearcast", Key=listing)
    failed = made.run("wearcast", "verify-remote", check=False)
    assert failed.returncode == 1
    assert "data/raw: its listing can't be read" in failed.stderr
    assert "model.onnx" not in failed.stderr
