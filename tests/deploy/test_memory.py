"""Both colours at once, and all that runs beside them, fit into the memory of Terraform's default
instance. No engine is needed."""

import re

from deploy.engine import REPOSITORY
from deploy.memory import limits_mb
from deploy.program import Program
from rollout.releases import OTHER
from rollout.settings import dashboard_mb

SYSTEM_MB = 450
"""The kernel, the engine, and Amazon's agents."""


def terraform(file: str, pattern: str) -> int:
    """A number that the module holds."""
    found = re.search(pattern, (REPOSITORY / "deploy/terraform" / file).read_text(), re.DOTALL)
    assert found, pattern
    return int(found[1])


def test_all_limits_fit_into_the_default_instance() -> None:
    default = r'variable "instance_memory_mb" \{.*?default\s+= (\d+)'
    assert sum(limits_mb().values()) + SYSTEM_MB <= terraform("variables.tf", default)
    both = {f"{part}-{colour}" for part in ("service", "dashboard") for colour in OTHER}
    assert both <= set(limits_mb())


def test_a_comparison_of_forecasts_has_the_room_of_a_colour_that_is_not_there_yet() -> None:
    """Its container is as refresh's; the smallest dashboard has one kernel."""
    limits = limits_mb()
    assert limits["refresh"] <= limits["service-green"] + 130 + 90


def test_a_dashboard_s_limit_goes_with_its_kernels(program: Program) -> None:
    assert dashboard_mb() == limits_mb()["dashboard-blue"] == limits_mb()["dashboard-green"]
    program.settings("WEARCAST_DASHBOARD_KERNELS=24\n")
    assert dashboard_mb() == 130 + 24 * 90
    assert program.release().returncode == 1  # nobody has such images
    program.settings("WEARCAST_DASHBOARD_KERNELS=many\n")
    program.release()
    assert "WEARCAST_DASHBOARD_KERNELS must be a whole number" in program.history()[-1]["reason"]


def test_terraform_counts_with_the_same_limits() -> None:
    without_dashboards_mb = sum(
        mb for name, mb in limits_mb().items() if not name.startswith("dashboard-")
    )
    assert terraform("host.tf", r"others_mb = (\d+)") == SYSTEM_MB + without_dashboards_mb
    watching_mb = sum(limits_mb(["monitoring"]).values())
    assert terraform("host.tf", r"others_mb = \d+ \+ \(var.monitoring \? (\d+)") == watching_mb
