"""What watches the site: what its containers may do, what Prometheus asks, and that the rollout
starts it where the settings say so. No engine is needed."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.engine import REPOSITORY
from deploy.program import BLUE, Program, watching
from rollout import proxy, recovery
from rollout.errors import Failed
from rollout.journal import now
from rollout.monitoring import SERVICES
from rollout.settings import check_numbers
from rollout.state import State

COMPOSE = REPOSITORY / "deploy/compose.yaml"
PROMETHEUS = REPOSITORY / "deploy/prometheus"
JOBS = {"api", "dashboard", "proxy", "host", "probe", "prometheus", "alertmanager"}
NOT_LOCAL = {"proxy", "host", "probe"}
LIVE = {**BLUE, "schema": 1}
HAS_THEM = f"""  *"config --services") echo "{" ".join(["proxy", *SERVICES])}" ;;"""
"""What Compose says of a release that can be watched."""


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load(COMPOSE.read_text()))


@pytest.fixture(scope="module")
def monitors(compose) -> dict[str, Any]:
    """The services of the profile."""
    return {
        name: service
        for name, service in compose["services"].items()
        if service.get("profiles") == ["monitoring"]
    }


def jobs(file: str) -> dict[str, Any]:
    """A file's jobs by their names."""
    configuration = yaml.safe_load((PROMETHEUS / file).read_text())
    return {job.pop("job_name"): job for job in configuration["scrape_configs"]}


def targets(job: Mapping[str, Any]) -> list[str]:
    return [target for group in job.get("static_configs", []) for target in group["targets"]]


def test_the_rollout_starts_all_of_the_profile(monitors):
    assert set(SERVICES) | {"alerts"} == set(monitors)


def test_containers_that_watch_may_do_nothing_else(monitors):
    for name, service in monitors.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert re.fullmatch(r"\d+m", service["mem_limit"]), name
        assert "privileged" not in service, name


def test_what_visitors_reach_gets_none_of_the_secrets_of_alerts(compose):
    """The settings file has them, and a container gets all of the file that isn't said anew."""
    listed = re.findall(r"^#? ?(ALERT_\w+)=", (REPOSITORY / ".env.example").read_text(), re.M)
    known = re.findall(r"\bALERT_\w+", (REPOSITORY / "deploy/alertmanager/render").read_text())
    emptied = dict.fromkeys(listed, "")
    assert set(known) - set(listed) <= {"ALERT_"}
    for name, service in compose["services"].items():
        alerts = {
            variable: value
            for variable, value in service.get("environment", {}).items()
            if variable.startswith("ALERT_")
        }
        if "env_file" in service and name != "alerts":
            assert alerts == emptied, name
        elif name not in ("alerts", "retraining"):
            assert alerts == {}, name
    assert "env_file" in compose["services"]["service-blue"]
    assert "env_file" not in compose["services"]["dashboard-blue"]


def test_keys_of_weather_reach_refresh_alone(compose):
    text = (REPOSITORY / ".env.example").read_text()
    keys = set(re.findall(r"^# ((?:OPEN_METEO|KMA)_\w+)=", text, re.M))
    assert len(keys) == 3
    for name, service in compose["services"].items():
        if "env_file" in service:
            environment = service.get("environment", {})
            emptied = {key for key in keys if environment.get(key) == ""}
            assert emptied == (set() if name == "refresh" else keys), name


def test_their_images_are_pinned_to_a_version_and_a_digest(monitors):
    pinned = re.compile(r"\$\{SITE_\w+:-[\w/-]+:v?\d+\.\d+\.\d+@sha256:[0-9a-f]{64}\}")
    for name, service in monitors.items():
        image = service["image"]
        is_ours = image.startswith("${NOTICES:-wearcast-service")
        assert is_ours or pinned.fullmatch(image), name


def test_nobody_outside_reaches_them(monitors):
    for name, service in monitors.items():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name
        assert "network_mode" not in service, name


def test_dashboards_are_on_no_network_with_a_way_out_besides(compose, monitors):
    """What watches is on their networks, and lends them none of its own."""
    assert compose["services"]["dashboard-blue"]["networks"] == ["blue"]
    on_colours = {name for name, one in monitors.items() if "blue" in one["networks"]}
    assert on_colours == {"prometheus"}


def test_no_route_of_the_proxy_s_leads_to_a_port_of_metrics():
    routes = (REPOSITORY / "deploy/traefik/routes.yaml").read_text()
    servers = set(re.findall(r"url: \"http://([^\"]+)\"", routes))
    asked = {target for job in jobs("prometheus.yaml").values() for target in targets(job)}
    assert servers & asked == set()
    assert {server.partition(":")[2] for server in servers} == {"8000", "8501", "8080"}


def test_every_process_is_asked_and_both_colours_are():
    found = jobs("prometheus.yaml")
    assert set(found) == JOBS
    for job, port in (("api", 8000), ("dashboard", 8502)):
        part = "service" if job == "api" else job
        groups = {group["labels"]["colour"]: group for group in found[job]["static_configs"]}
        assert {colour: group["targets"] for colour, group in groups.items()} == {
            colour: [f"{part}-{colour}:{port}"] for colour in ("blue", "green")
        }


def test_on_one_s_own_machine_the_same_is_asked_of_what_is_there():
    on_host, local = jobs("prometheus.yaml"), jobs("local.yaml")
    assert set(local) == JOBS - NOT_LOCAL
    for name, job in local.items():
        expected = dict(on_host[name])
        expected["static_configs"] = [
            group
            for group in expected["static_configs"]
            if group.get("labels", {}).get("colour") != "green"
        ]
        assert job == expected


def test_what_is_asked_is_what_compose_runs(compose):
    named = {
        target.partition(":")[0]
        for job in jobs("prometheus.yaml").values()
        for target in targets(job)
    }
    assert named - {"localhost"} <= set(compose["services"])


@pytest.mark.real
@pytest.mark.parametrize("file", ["prometheus.yaml", "local.yaml"])
def test_prometheus_reads_it(real_part, tmp_path: Path, file: str):
    promtool = shutil.which("promtool")
    real_part("promtool", promtool)
    rules = tmp_path / "rules"
    rules.mkdir()
    for name in ("service", "refresh", "forecast", "monitoring"):
        (rules / f"{name}.yaml").write_text("groups: []\n")
    text = (PROMETHEUS / file).read_text()
    (tmp_path / file).write_text(text.replace("/etc/prometheus/", f"{tmp_path}/"))
    done = subprocess.run(
        [promtool, "check", "config", tmp_path / file], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.real
def test_blackbox_exporter_reads_its_modules(real_part):
    exporter = shutil.which("prometheus-blackbox-exporter")
    real_part("the blackbox exporter (Debian: prometheus-blackbox-exporter)", exporter)
    command = [exporter, "--config.check", f"--config.file={PROMETHEUS}/blackbox.yaml"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.real
@pytest.mark.parametrize(
    ("service", "program"),
    [
        ("prometheus", "prometheus"),
        ("alertmanager", "prometheus-alertmanager"),
        ("node-exporter", "prometheus-node-exporter"),
        ("blackbox-exporter", "prometheus-blackbox-exporter"),
    ],
)
def test_each_program_knows_its_flags(real_part, monitors, service: str, program: str):
    found = shutil.which(program)
    real_part(f"{program} (Debian's package of that name)", found)
    command = [found, *monitors[service]["command"], "--version"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.deploy
def test_compose_reads_the_profile(real_part):
    is_there = (
        shutil.which("docker")
        and not subprocess.run(["docker", "compose", "version"], capture_output=True).returncode
    )
    real_part("Docker's Compose", is_there)
    for files in (["compose.yaml"], ["compose.yaml", "compose.local.yaml"]):
        named = [f"--file={REPOSITORY / 'deploy' / file}" for file in files]
        done = subprocess.run(
            ["docker", "compose", *named, "--profile", "monitoring", "config", "--services"],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert set(SERVICES) <= set(done.stdout.split())


def finished(program: Program) -> None:
    """A release proves itself."""
    proxy.prepare_routes()
    running = {**watching("blue", LIVE).to_json(), "since": now(), "proved": True}
    recovery.finish(State.from_json({"live": LIVE, "previous": None, "running": running}))
    assert program.noted()["running"] is None


@pytest.mark.parametrize(
    ("domain", "site"),
    [("wearcast.example.org", "https://wearcast.example.org"), ("", "http://proxy")],
)
def test_where_the_settings_ask_for_it_a_release_starts_it(
    program: Program, domain: str, site: str
):
    program.settings(f"SITE_MONITORING=1\nSITE_DOMAIN={domain}\n")
    program.docker(HAS_THEM)
    finished(program)
    assert program.asked(f"pull --quiet --policy missing {' '.join(SERVICES)}")
    assert program.asked(f"up --detach {' '.join(SERVICES)}")
    written = json.loads((program.folder / "state/prometheus/site.json").read_text())
    assert {group["labels"]["probe"]: group["targets"] for group in written} == {
        "page": [f"{site}/"],
        "api": [f"{site}/api/health/ready"],
    }


def test_probes_are_asked_for_by_modules_that_there_are(program: Program):
    program.settings("SITE_MONITORING=1\n")
    program.docker(HAS_THEM)
    finished(program)
    written = json.loads((program.folder / "state/prometheus/site.json").read_text())
    modules = yaml.safe_load((PROMETHEUS / "blackbox.yaml").read_text())["modules"]
    assert {group["labels"]["__param_module"] for group in written} == set(modules)


def test_a_fault_of_what_watches_is_none_of_the_release_s(program: Program):
    program.settings("SITE_MONITORING=1\n")
    program.docker(f"""{HAS_THEM}\n  *"pull --quiet"*) echo "no such host" >&2; exit 1 ;;""")
    finished(program)
    assert "monitoring: " in (program.folder / "state/rollout.log").read_text()


def test_where_the_settings_ask_for_it_no_more_it_ends(program: Program):
    program.docker("""  "inspect wearcast-grafana-1") echo '[{"Id": "x"}]' ;;""")
    finished(program)
    assert program.asked("rm --force wearcast-grafana-1")
    assert not program.asked("rm --force wearcast-prometheus-1")


@pytest.mark.parametrize(
    ("services", "gone"),
    [("proxy refresh", ["prometheus", "grafana"]), ("proxy refresh prometheus", ["grafana"])],
)
def test_what_a_release_of_before_does_not_have_ends(
    program: Program, services: str, gone: list[str]
):
    program.settings("SITE_MONITORING=1\n")
    program.docker(
        f"""  *"config --services") echo {services} ;;
  "inspect wearcast-prometheus-1"|"inspect wearcast-grafana-1") echo '[{{"Id": "x"}}]' ;;"""
    )
    finished(program)
    for service in ("prometheus", "grafana"):
        assert bool(program.asked(f"rm --force wearcast-{service}-1")) == (service in gone)
        assert bool(program.asked(f"up --detach {service}")) == (
            service == "prometheus" and service not in gone
        )


def test_a_setting_that_is_neither_is_refused(program: Program):
    program.settings("SITE_MONITORING=yes\n")
    with pytest.raises(Failed, match="SITE_MONITORING must be 1 or 0"):
        check_numbers()


def test_the_bundle_has_every_file_that_compose_mounts(compose, tmp_path: Path):
    subprocess.run([REPOSITORY / "deploy/bundle", tmp_path], check=True)
    mounted = {
        volume.partition(":")[0]
        for service in compose["services"].values()
        for volume in service.get("volumes", [])
        if volume.startswith("./")
    }
    assert [path for path in mounted if not (tmp_path / path).exists()] == []
