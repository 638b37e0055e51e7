"""What the images hold, and what they don't."""

import json
import re
import tarfile
import time
from pathlib import Path

import httpx
import pytest

from deploy.engine import BASE, PARTS, REPOSITORY, docker, size_mb
from wearcast.forecasting.snapshot import SCHEMA

pytestmark = [pytest.mark.deploy, pytest.mark.usefixtures("images")]
MOST_MB = {"service": 275, "dashboard": 350, "refresh": 500}
HARDENED = (
    "--rm",
    "--read-only",
    "--tmpfs",
    "/tmp:mode=1777",  # noqa: S108
    "--cap-drop",
    "ALL",
    "--security-opt",
    "no-new-privileges",
)


@pytest.mark.parametrize("part", PARTS)
def test_is_small(part: str) -> None:
    over_mb = size_mb(f"wearcast-{part}:test") - size_mb(BASE)
    print(f"{part}: {over_mb:.0f} MB over its base, at most {MOST_MB[part]}")
    assert over_mb <= MOST_MB[part]


@pytest.mark.parametrize("part", PARTS)
def test_runs_as_nobody_on_a_read_only_root(part: str) -> None:
    said = docker(
        "run",
        *HARDENED,
        f"wearcast-{part}:test",
        "sh",
        "-c",
        "id -u; touch /srv/wearcast/x /opt/x 2>&1; wearcast --help",
    )
    assert said.startswith("10001\n")
    assert said.count("Read-only file system") == 2
    assert "Usage: wearcast" in said


@pytest.mark.parametrize("part", PARTS)
def test_holds_neither_torch_nor_dvc_nor_a_compiler(part: str) -> None:
    find = (
        "import importlib.util as u, shutil; print([n for n in ('torch', 'dvc', 'uv') if"
        " u.find_spec(n)], "
    )
    find += "*map(shutil.which, ('cc', 'gcc', 'uv')))"
    assert docker("run", *HARDENED, f"wearcast-{part}:test", "python", "-c", find).split() == [
        "[]",
        "None",
        "None",
        "None",
    ]


@pytest.mark.parametrize("part", PARTS)
def test_says_what_it_is_made_of(part: str) -> None:
    manifest = json.loads((REPOSITORY / "models/forecaster/manifest.json").read_text())
    config = json.loads(docker("image", "inspect", f"wearcast-{part}:test"))[0]["Config"]
    assert config["Labels"]["io.wearcast.model"] == manifest["version"]
    assert config["Labels"]["io.wearcast.data"] == manifest["origin"]["data"]
    assert re.fullmatch(
        r"[0-9a-f]{40}(-dirty)?", config["Labels"]["org.opencontainers.image.revision"]
    )
    assert config["Labels"]["io.wearcast.snapshot-schema"] == str(SCHEMA)
    assert config["User"] == "10001:10001"
    assert config["Healthcheck"]["Test"][0] == "CMD"


@pytest.mark.parametrize("part", ["service", "refresh"])
def test_holds_the_tracked_model_and_its_scores(part: str) -> None:
    for path in (
        "models/forecaster/manifest.json",
        "models/forecaster/model.onnx",
        "reports/metrics.json",
    ):
        held = docker("run", *HARDENED, f"wearcast-{part}:test", "sha256sum", path).split()[0]
        ours = docker(
            "run",
            *HARDENED,
            "-v",
            f"{REPOSITORY / path}:/ours:ro",
            f"wearcast-{part}:test",
            "sha256sum",
            "/ours",
        ).split()[0]
        assert held == ours


def test_no_secret_is_in_any_layer(tmp_path: Path) -> None:
    """Neither a file of secrets, nor anything that looks like a key of AWS's, in any layer of ours
    or in how it was made."""
    secret = re.compile(
        rb"(?:AKIA|ASIA)[0-9A-Z]{16}|aws_secret_access_key\W{1,5}[A-Za-z0-9/+]{40}\b"
        rb"|-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE KEY-----\n[A-Za-z0-9+/]"
    )
    # Examples that AWS's own documents give.
    known = re.compile(rb"(?:AKIA|ASIA)[A-Z0-9]{9}EXAMPLE|wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    base = len(json.loads(docker("image", "inspect", "--format", "{{json .RootFS.Layers}}", BASE)))
    found = []
    for part in PARTS:
        archive = tmp_path / f"{part}.tar"
        docker("save", "--output", str(archive), f"wearcast-{part}:test")
        with tarfile.open(archive) as image:
            manifest = json.load(image.extractfile("manifest.json"))[0]
            history = image.extractfile(manifest["Config"]).read()
            found += [f"{part}: in its history"] if secret.search(history) else []
            for layer in manifest["Layers"][base:]:
                with tarfile.open(fileobj=image.extractfile(layer)) as files:
                    for file in filter(tarfile.TarInfo.isfile, files):
                        if (
                            Path(file.name).name
                            in {".env", "credentials", ".netrc", "config.local"}
                            or "/.git/" in file.name
                        ):
                            found.append(f"{part}: {file.name}")
                        if secret.search(known.sub(b"", files.extractfile(file).read())):
                            found.append(f"{part}: {file.name} holds a key")
        archive.unlink()
    assert found == []


@pytest.mark.full
def test_two_builds_have_the_same_layers() -> None:
    """Built anew without any cache, each of the service's layers is the same byte for byte,
    bytecode too."""
    docker(
        "build",
        "--no-cache",
        "--quiet",
        "--target",
        "service",
        "--tag",
        "wearcast-service:again",
        "--build-arg",
        f"BASE={BASE}",
        str(REPOSITORY),
    )
    layers = [
        docker("image", "inspect", "--format", "{{json .RootFS.Layers}}", f"wearcast-service:{tag}")
        for tag in ("test", "again")
    ]
    assert json.loads(layers[0]) == json.loads(layers[1])


def test_service_is_ready_in_five_seconds() -> None:
    """From `docker run` to an answer of /health/ready with a forecast, three times; the slowest
    counts."""
    volume = "wearcast-ready"
    docker("volume", "create", volume)
    try:
        docker(
            "run",
            *HARDENED,
            "-v",
            f"{volume}:/var/lib/wearcast",
            "wearcast-refresh:test",
            "wearcast",
            "refresh",
        )
        took_s = [_ready_s(volume) for _ in range(3)]
    finally:
        docker("volume", "rm", volume)
    print("service ready after", *(f"{s:.1f} s" for s in took_s))
    assert max(took_s) < 5


def _ready_s(volume: str) -> float:
    began_s = time.monotonic()
    where = ("-v", f"{volume}:/var/lib/wearcast:ro", "-p", "127.0.0.1::8000")
    # Not removed by the engine, which does that some time after the container's end.
    options = [option for option in HARDENED if option != "--rm"]
    name = docker("run", "--detach", *options, *where, "wearcast-service:test").strip()
    try:
        address = docker("port", name, "8000").split()[0]
        while time.monotonic() - began_s < 30:
            try:
                if (
                    httpx.get(
                        f"http://{address}/health/ready", timeout=1, trust_env=False
                    ).status_code
                    == 200
                ):
                    break
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        return time.monotonic() - began_s
    finally:
        docker("rm", "--force", name)
