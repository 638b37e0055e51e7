"""Terraform on copies of deploy/terraform, with the provider that this machine has, against a local
AWS API."""

import json
import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ports import free_port

MODULE = Path("deploy/terraform")
REPOSITORY = "acme/wearcast"
SERVICES = (
    "cloudwatch",
    "ec2",
    "ecr",
    "efs",
    "iam",
    "logs",
    "route53",
    "s3",
    "sns",
    "ssm",
    "sts",
)
"""Those that the module calls."""
PLACES = (
    "~/.terraform.d/plugins",
    "~/.terraform.d/plugin-cache",
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
)


def mirror() -> Path | None:
    """A folder that holds the AWS provider: WEARCAST_TERRAFORM_MIRROR, or where people keep such
    folders."""
    named = os.environ.get("WEARCAST_TERRAFORM_MIRROR")
    places = (
        [Path(named)]
        if named
        else [*(Path(place).expanduser() for place in PLACES), *Path("/opt").glob("*")]
    )
    return next(
        (
            place
            for place in places
            if any(place.glob("registry.terraform.io/hashicorp/aws/*/*/terraform-provider-aws*"))
        ),
        None,
    )


@dataclass(frozen=True)
class Terraform:
    """The program, in one copy of the module."""

    folder: Path
    environment: dict[str, str]

    def run(
        self, *command: str, said: str = "", timeout_s: float = 400
    ) -> "subprocess.CompletedProcess[str]":
        """Run it to its end."""
        running = {"cwd": self.folder, "env": self.environment, "input": said, "timeout": timeout_s}
        return subprocess.run(
            ["terraform", *command], capture_output=True, text=True, check=False, **running
        )

    def do(self, *command: str) -> str:
        """Run what has to work."""
        done = self.run(*command)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def plan(self, *options: str) -> dict[str, Any]:
        """What it would do, as JSON."""
        self.do("plan", "-no-color", "-input=false", "-out=plan.tfplan", *options)
        planned: dict[str, Any] = json.loads(self.do("show", "-json", "plan.tfplan"))
        return planned


def copied(root: Path, to: Path, settings: str = "") -> Terraform:
    """A copy of the module and of the programs that it puts on the host, ready to use."""
    shutil.copytree(
        root / "deploy",
        to / "deploy",
        ignore=shutil.ignore_patterns(".terraform", "*.tfstate*", "terraform.tfvars", "backend.tf"),
    )
    found = mirror()
    config = to / "terraformrc"
    config.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{found}"\n  }}\n}}\n'
        if found
        else ""
    )
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))
    }
    terraform = Terraform(
        to / MODULE,
        {
            **clean,
            "TF_CLI_CONFIG_FILE": str(config),
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
        },
    )
    if settings:
        (terraform.folder / "test.auto.tfvars").write_text(settings)
    return terraform


class Aws:
    """moto: AWS's APIs on this machine. It keeps what it is told and enforces nothing."""

    def __init__(self, command: list[str], log: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                [*command, "-p", str(port)],
                stdout=file,
                stderr=file,
                env={**os.environ, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"},
                start_new_session=True,
            )
        until = time.monotonic() + 60
        while not self._answers():
            assert self._process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.2)

    def provider(self) -> str:
        """What makes the module's provider talk to it; a file that Terraform merges over
        versions.tf."""
        endpoints = "\n".join(f'    {service} = "{self.url}"' for service in SERVICES)
        bare = (
            'access_key = "test"\n  secret_key = "test"\n  skip_credentials_validation = true\n '
            " s3_use_path_style = true"
        )
        body = f"  {bare}\n  endpoints {{\n{endpoints}\n  }}\n"
        everywhere = f'provider "aws" {{\n  alias = "global"\n{body}}}\n'
        return f'provider "aws" {{\n{body}}}\n{everywhere}'

    def image(self) -> str:
        """Some machine image that it knows."""
        found = re.search(r"ami-[0-9a-f]{8,17}", self._ask_ec2(Action="DescribeImages"))
        assert found
        return found[0]

    def protect(self, instance: str) -> None:
        """Protect an instance from being ended, which it forgets where that was wanted at its
        start."""
        wanted = {"InstanceId": instance, "DisableApiTermination.Value": "true"}
        self._ask_ec2(Action="ModifyInstanceAttribute", **wanted)

    def put_into_group(self, instance: str, group: str) -> None:
        """Put an instance into a security group, which it forgets where an address was wanted
        too."""
        self._ask_ec2(Action="ModifyInstanceAttribute", InstanceId=instance, **{"GroupId.1": group})

    def _ask_ec2(self, **wanted: str) -> str:
        body = urllib.parse.urlencode({**wanted, "Version": "2016-11-15"}).encode()
        request = urllib.request.Request(self.url, body)  # noqa: S310
        request.add_header(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=test/20200101/ap-northeast-2/ec2/aws4_request",
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return str(answer.read().decode())

    def stop(self) -> None:
        """End it."""
        os.killpg(self._process.pid, 15)
        self._process.wait(20)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/moto-api/data.json", timeout=5):  # noqa: S310
                return True
        except (urllib.error.URLError, OSError):
            return False
