"""From a merge or a model's tag to a changed version in the API's answer: the workflows' own steps,
with real parts throughout, but for GitHub's own and the database of vulnerabilities.

A bucket that holds the models, a registry, an engine, a host behind sshd with the real rollout and
the real proxy.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import botocore.session
import pytest

from deploy.engine import BASE, PARTS, REPOSITORY, Registry, docker, stand_in_for_traefik
from deploy.host import Host
from deploy.ssh import Sshd, sshd
from deploy.test_programs import plain_host, program
from deploy.workflow import Job
from full import FULL
from real.conftest import BUCKET
from wearcast.forecasting.manifest import Manifest

pytestmark = pytest.mark.deploy

MODEL = Path("models/forecaster")
SCORES = Path("reports/verification.json")
GIT = ["git", "-c", "user.name=tests", "-c", "user.email=tests@example.org"]


@dataclass
class Site:
    """A repository whose tags are deployed, and where to."""

    checkout: Path
    scratch: Path
    host: Host
    sshd: Sshd
    registry: Registry
    bucket: dict[str, str]

    def release(self, note: str) -> str:
        """Commit and tag a model that differs by a note from the one there is; its version. Its
        bytes are in the bucket only."""
        folder = self.checkout / MODEL
        shutil.copytree(REPOSITORY / MODEL, folder, dirs_exist_ok=True)
        before = Manifest.from_text((folder / "manifest.json").read_text())
        manifest = replace(before, origin={**before.origin, "note": note})
        (folder / "manifest.json").write_text(json.dumps(manifest.to_json()))
        self._track(folder)
        shutil.rmtree(folder)
        shutil.rmtree(self.checkout / ".dvc/cache", ignore_errors=True)
        self.git("commit", "--all", "--quiet", "--message", f"Track {note}")
        self.git("tag", f"forecaster@{note}")
        return manifest.version

    def merge(self, tag: str, parts: Sequence[str] = ()) -> Job:
        """What CI does for a commit of main, but for the tests: its images, scanned and pushed.

        By the workflow's own steps for these parts, with FULL=1 for all; else by the two of its
        programs that a deployment can't do without.
        """
        job = self._job(tag)
        commit, registry = job.context["github.sha"], job.environment["CODE_REGISTRY"]
        for part in PARTS:
            if FULL or part in parts:
                job.context["matrix.part"] = part
                for name in ("images", "publish"):
                    assert job.run("ci.yml", name), job.said
                continue
            for command in (("build", commit), ("push", registry, commit)):
                subprocess.run(
                    [self.checkout / "deploy" / command[0], *command[1:], f"{part}-code"],
                    env=job.environment,
                    check=True,
                    capture_output=True,
                )
        return job

    def deploy(self, tag: str) -> Job:
        """What GitHub does when the tag comes."""
        job = self._job(tag)
        assert job.run("deploy.yml", "ready"), job.said
        assert job.context["steps.passed.outputs.passed"] == "true"
        job.run("deploy.yml", "deploy")
        return job

    def _job(self, tag: str) -> Job:
        self.git("checkout", "--quiet", tag)
        site = {
            "REGISTRY": f"{self.registry.address}/wearcast",
            "DVC_REMOTE": f"s3://{BUCKET}/dvc",
            "DEPLOY_WATCH_S": "20",
        }
        settings = site | plain_host(self.sshd) | {"DEPLOY_USER": self.sshd.user}
        secret = {"DEPLOY_KEY"}
        context = {
            f"{'secrets' if name in secret else 'vars'}.{name}": value
            for name, value in settings.items()
        }
        context |= {
            "github.sha": self.git("rev-parse", "HEAD").strip(),
            "github.ref_name": tag,
            "github.token": "none",
        }
        path = os.pathsep.join(
            [str(self.scratch / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
        )
        ours = {
            "PATH": path,
            "BASE": BASE,
            "CODE_REGISTRY": f"{self.registry.address}/code",
            "DEPLOY_FOLDER": str(self.sshd.home),
            "DRAIN_S": "5",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }
        keys = {name: value for name, value in self.bucket.items() if name.startswith("AWS_")}
        (self.scratch / "summary").unlink(missing_ok=True)
        return Job(self.checkout, self.scratch, {**os.environ, **keys, **ours}, context)

    def answers(self) -> str:
        """The model's version, as a visitor sees it."""
        with urllib.request.urlopen(f"{self.host.url}/api/model", timeout=10) as answer:  # noqa: S310
            return str(json.load(answer)["version"])

    def programs(self) -> Path:
        """Those that `deploy` leads to; they came with the release that is live."""
        found = (self.sshd.home / "deploy").resolve()
        assert str(found) == self.host.noted()["live"]["programs"]
        return found

    def git(self, *command: str) -> str:
        """In the checkout."""
        return subprocess.run(
            [*GIT, *command], cwd=self.checkout, check=True, capture_output=True, text=True
        ).stdout

    def _track(self, folder: Path) -> None:
        """Do what `dvc repro` and `dvc push` would: the model and its scores into the bucket, their
        hashes into dvc.lock."""
        files = [path.read_bytes() for path in sorted(folder.iterdir())]
        names = [path.name for path in sorted(folder.iterdir())]
        listing = json.dumps(
            [
                {"md5": md5(content), "relpath": name}
                for name, content in zip(names, files, strict=True)
            ],
            sort_keys=True,
        ).encode()
        scores = (REPOSITORY / SCORES).read_bytes()
        objects = {md5(content): content for content in (*files, scores)}
        objects[f"{md5(listing)}.dir"] = listing
        client = botocore.session.get_session().create_client(
            "s3",
            endpoint_url=self.bucket["AWS_ENDPOINT_URL_S3"],
            region_name="us-east-1",
            aws_access_key_id=self.bucket["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.bucket["AWS_SECRET_ACCESS_KEY"],
        )
        for name, content in objects.items():
            client.put_object(
                Bucket=BUCKET, Key=f"dvc/files/md5/{name[:2]}/{name[2:]}", Body=content
            )
        self._lock(MODEL, f"{md5(listing)}.dir", sum(map(len, files)))
        self._lock(SCORES, md5(scores), len(scores))

    def _lock(self, path: Path, name: str, size: int) -> None:
        """Let dvc.lock name this content of an output."""
        lock = self.checkout / "dvc.lock"
        lines = lock.read_text().splitlines()
        for number, line in enumerate(lines):
            if line.strip() == f"- path: {path}":
                indent = lines[number + 2][: -len(lines[number + 2].lstrip())]
                lines[number + 2] = f"{indent}md5: {name}"
                lines[number + 3] = f"{indent}size: {size}"
        lock.write_text("\n".join(lines) + "\n")


def md5(content: bytes) -> str:
    """DVC's name for it."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@pytest.fixture(scope="module")
def site(
    engine: None,  # noqa: ARG001
    bucket: dict[str, str],
    real_part,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """A clone of this checkout, with nothing that git doesn't have; and a host where nothing runs
    yet."""
    real_part("a registry (Debian: docker-registry)", shutil.which("docker-registry"))
    real_part(
        "sshd (Debian: openssh-server)", shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
    )
    real_part("zstd", shutil.which("zstd"))
    folder = tmp_path_factory.mktemp("delivery")
    stand_in_for_traefik(tmp_path_factory.mktemp("traefik"))
    subprocess.run(
        ["git", "clone", "--quiet", "--no-hardlinks", REPOSITORY, folder / "checkout"], check=True
    )
    (folder / "runner").mkdir()
    program(folder / "runner/bin/gh", '#!/bin/sh\necho "7 completed success"\n')
    # The database of vulnerabilities isn't asked; what is found in an image is.
    program(folder / "runner/bin/pip-audit", "#!/bin/sh\ngrep -c == \n")
    for name in ("machine", "sshd"):
        (folder / name).mkdir()
    host = Host(folder / "machine", bucket)
    noted = {
        name: host.environment[name]
        for name in (
            "ROLLOUT_STATE",
            "WEARCAST_ENV",
            "COMPOSE_PROJECT_NAME",
            "ROLLOUT_LEAST_FREE_MB",
            "PATH",
        )
    }
    with (
        serving(folder / "registry") as registry,
        sshd(folder / "sshd", noted | {"DOCKER_HOST": os.environ.get("DOCKER_HOST", "")}) as door,
    ):
        door.let_in()
        try:
            yield Site(folder / "checkout", folder / "runner", host, door, registry, bucket)
        finally:
            host.down()


@contextmanager
def serving(folder: Path) -> Iterator[Registry]:
    """A registry, until it isn't needed any more."""
    folder.mkdir()
    registry = Registry(folder)
    try:
        yield registry
    finally:
        registry.stop()


def test_models_arrive_in_order_and_no_older_one_after(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    first = site.release("v1.0.0")
    merged = site.merge("forecaster@v1.0.0")
    cold = site.deploy("forecaster@v1.0.0")
    assert cold.succeeded, cold.said
    assert site.answers() == first
    before = site.programs()

    second = site.release("v1.1.0")
    assert second != first
    merged_warm = site.merge("forecaster@v1.1.0", ["service"])
    warm = site.deploy("forecaster@v1.1.0")
    assert warm.succeeded, warm.said
    assert site.answers() == second
    assert site.programs() != before
    with capsys.disabled():
        print_times(merged, cold, merged_warm, warm)

    assert scanned(warm) == set(site.host.noted()["live"]["images"].values())
    assert running(site) == scanned(warm)
    for part in PARTS:
        assert_only_the_model_was_added(warm, part)
    assert warm.context["steps.scanned.outputs.service"] in scanned(merged_warm)
    listed = json.loads((warm.checkout / "sbom/service-code.spdx.json").read_text())
    assert {"wearcast", "libc6"} <= {package["name"] for package in listed["packages"]}

    assert "### Deployed" in warm.summary
    assert f"model {second}" in warm.summary

    site.git("tag", "forecaster@v2.0.0", "forecaster@v1.0.0")
    old = site.deploy("forecaster@v2.0.0")
    assert not old.succeeded
    assert "Overtaken" in old.said
    assert "### Not deployed: a later release serves" in old.summary
    assert site.answers() == second

    said = cold.said + warm.said + old.said
    assert site.sshd.client_key.splitlines()[1] not in said
    assert site.bucket["AWS_SECRET_ACCESS_KEY"] not in said
    assert not (site.scratch / "host/key").exists(), "the key of the deployment stays behind"


def scanned(job: Job) -> set[str]:
    """The images by digest that a job looked for vulnerabilities in."""
    lines = [line for line in job.said.splitlines() if line.startswith("== ")]
    return {line.removeprefix("== ") for line in lines if "@sha256:" in line}


def running(site: Site) -> set[str]:
    """The images that the containers of the live release run."""
    colour = site.host.noted()["live"]["colour"]
    parts = (f"service-{colour}", f"dashboard-{colour}", "refresh")
    names = [site.host.container(part) for part in parts]
    return set(docker("inspect", "--format", "{{.Config.Image}}", *names).split())


def assert_only_the_model_was_added(deployed: Job, part: str) -> None:
    """All layers of the image that runs are those of the image that CI scanned, but for one of the
    model's."""
    code, image = (deployed.context[f"steps.{step}.outputs.{part}"] for step in ("scanned", "push"))
    below, layers = (
        json.loads(docker("image", "inspect", "--format", "{{json .RootFS.Layers}}", name))
        for name in (code, image)
    )
    base = '{{index .Config.Labels "org.opencontainers.image.base.name"}}'
    assert docker("image", "inspect", "--format", base, image).strip() == code
    added = 0 if part == "dashboard" else 1
    assert layers[: len(below)] == below
    assert len(layers) == len(below) + added


def print_times(merged: Job, cold: Job, merged_warm: Job, warm: Job) -> None:
    """How long each step took, the first time and with all that is kept."""
    print("\nstep                                                 cold    warm")
    for job, again in ((merged, merged_warm), (cold, warm)):
        for step, took_s in again.took_s.items():
            print(f"{step.strip()[:48]:<48} {job.took_s.get(step, 0):7.1f} s {took_s:5.1f} s")
    print_sum("from tag to answer", [cold], [warm])
    if FULL:  # otherwise only a part of CI's steps ran
        print_sum("from merge to answer, beside the tests", [merged, cold], [merged_warm, warm])


def print_sum(what: str, *runs: list[Job]) -> None:
    """How long all steps of jobs took, run after run."""
    took_s = [sum(sum(job.took_s.values()) for job in jobs) for jobs in runs]
    print(f"{what:<48} " + " ".join(f"{each:6.1f} s" for each in took_s))
