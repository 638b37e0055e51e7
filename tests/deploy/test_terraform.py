"""deploy/terraform: what a plan says, what an apply makes, and who may do what in it."""

import base64
import gzip
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from deploy.loosened import LOOSENED, loosened, role
from deploy.terraform import MODULE, REPOSITORY, Aws, Terraform, copied, mirror
from deploy.tools import tool
from deploy.trust import looseness, trust_of

pytestmark = pytest.mark.deploy

DEPLOY, RETRAIN = 'aws_iam_role.github["deploy"]', 'aws_iam_role.github["retrain"]'
ROLES = [(DEPLOY, "production"), (RETRAIN, "retraining")]


@pytest.fixture(scope="module")
def terraform(
    real_part, repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Terraform]:
    """Copies of the module, ready for use; the first one downloads the provider where no mirror is
    at hand."""
    real_part("terraform", shutil.which("terraform"))

    def make(settings: str = "", override: str = "") -> Terraform:
        copy = copied(repository, tmp_path_factory.mktemp("terraform"), settings)
        if override:
            (copy.folder / "test_override.tf").write_text(override)
        begun = copy.run("init", "-no-color", "-input=false")
        real_part(
            "terraform's AWS provider (WEARCAST_TERRAFORM_MIRROR names a folder that has it)",
            mirror() or begun.returncode == 0,
        )
        assert begun.returncode == 0, begun.stdout + begun.stderr
        return copy

    return make


@pytest.fixture(scope="module")
def aws(real_part, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """AWS's APIs on this machine."""
    server = Aws(tool("moto_server", real_part), tmp_path_factory.mktemp("moto") / "log")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def planned(terraform: Callable[..., Terraform], aws: Aws) -> tuple[Terraform, dict[str, Any]]:
    """The module with an account's answers, three hosts that share the refresh, and its plan."""
    mail = 'alarm_email = "ops@example.org"\ndomain = "wearcast.example.org"'
    hosts = f'ami = "{aws.image()}"\nrefresh_hosts = 2'
    copy = terraform(f'repository = "{REPOSITORY}"\n{hosts}\n{mail}\n', aws.provider())
    return copy, copy.plan()


@pytest.fixture(scope="module")
def applied(
    planned: tuple[Terraform, dict[str, Any]], aws: Aws
) -> tuple[Terraform, dict[str, Any]]:
    """The module applied, and its state."""
    copy, _ = planned
    copy.do("apply", "-no-color", "-input=false", "plan.tfplan")
    state = json.loads(copy.do("show", "-json"))
    aws.protect(resource(state, "aws_instance.host")["id"])
    group = resource(state, "aws_security_group.refresh[0]")["id"]
    for number in (2, 3):
        host = resource(state, f'aws_instance.refresh["{number}"]')
        aws.put_into_group(host["id"], group)
    return copy, state


def test_is_formatted_and_valid(terraform: Callable[..., Terraform]) -> None:
    copy = terraform()
    copy.do("fmt", "-check", "-recursive")
    copy.do("validate", "-no-color")


def test_lock_names_the_provider_for_every_platform(
    terraform: Callable[..., Terraform], repository: Path
) -> None:
    """A machine of another kind than ours must not be told that the provider's checksum is
    unknown."""
    before = (repository / MODULE / ".terraform.lock.hcl").read_text()
    assert (terraform().folder / ".terraform.lock.hcl").read_text() == before
    assert before.count('"zh:') > 10


def test_its_own_tests_pass(terraform: Callable[..., Terraform]) -> None:
    said = terraform().do("test", "-no-color")
    assert "0 failed" in said
    assert said.count("... pass") > 10


def test_checkov_finds_nothing(repository: Path, real_part) -> None:
    command = [
        *tool("checkov", real_part),
        "-d",
        str(repository / MODULE),
        "--var-file",
        str(repository / MODULE / "example.tfvars"),
    ]
    done = subprocess.run(
        [*command, "--framework", "terraform", "--compact", "--quiet", "-o", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    summary = json.loads(done.stdout)
    assert summary["summary"]["failed"] == 0, summary["results"]["failed_checks"]
    assert summary["summary"]["passed"] > 100
    unexcused = [
        check["check_id"]
        for check in summary["results"].get("skipped_checks", [])
        if not check["check_result"]["suppress_comment"]
    ]
    assert not unexcused


@pytest.mark.parametrize(("address", "environment"), ROLES)
def test_plan_trusts_one_environment_of_one_repository(
    planned, address: str, environment: str
) -> None:
    _, plan = planned
    assert looseness(plan, address, REPOSITORY, environment) == []


@pytest.fixture(scope="module")
def plan_of_loosened(
    terraform: Callable[..., Terraform], aws: Aws, repository: Path
) -> dict[str, Any]:
    """What Terraform would make of each way to loosen the trust."""
    copy = terraform(f'repository = "{REPOSITORY}"\n', aws.provider())
    (copy.folder / "loosened.tf").write_text(
        loosened((repository / MODULE / "github.tf").read_text())
    )
    return copy.plan(*(f"-target={role(how).partition('[')[0]}" for how in LOOSENED))


@pytest.mark.parametrize("how", LOOSENED)
def test_loosened_trust_is_seen(plan_of_loosened: dict[str, Any], how: str) -> None:
    assert trust_of(plan_of_loosened, role(how)), (
        "the plan must say it, or the next line proves nothing"
    )
    assert looseness(plan_of_loosened, role(how), REPOSITORY, "production")


def test_plan_opens_the_web_and_nothing_else(planned) -> None:
    _, plan = planned
    opened = {
        (after["ip_protocol"], after["from_port"], after["to_port"])
        for after in planned_resources(plan, "aws_vpc_security_group_ingress_rule")
        if after["cidr_ipv4"] == "0.0.0.0/0"
    }
    assert opened == {("tcp", 80, 80), ("tcp", 443, 443)}
    assert not planned_resources(plan, "aws_security_group_rule")
    assert all(not group.get("ingress") for group in planned_resources(plan, "aws_security_group"))


def test_second_plan_is_empty(applied) -> None:
    copy, _ = applied
    done = copy.run("plan", "-no-color", "-input=false", "-detailed-exitcode")
    assert done.returncode == 0, done.stdout


ALLOWED_EVERYWHERE = {
    "ecr:GetAuthorizationToken",
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
    "cloudwatch:PutMetricData",
}
"""What AWS can't hold to a resource."""


@pytest.mark.parametrize("who", ["deploy", "retrain", "host", "refresh[0]"])
def test_rights_name_their_resources(applied, who: str) -> None:
    for statement in rights(applied[1], who):
        assert statement["Effect"] == "Allow"
        assert "*" not in "".join(statement["Action"]), statement
        everywhere = [resource for resource in statement["Resource"] if resource == "*"]
        assert not everywhere or set(statement["Action"]) <= ALLOWED_EVERYWHERE, statement


def test_each_role_has_its_own_part_of_the_bucket(applied) -> None:
    def may(who: str) -> set[tuple[str, str]]:
        pairs = {
            pair
            for statement in rights(applied[1], who)
            for pair in product(statement["Action"], statement["Resource"])
        }
        return {
            (action, resource.partition("/")[2])
            for action, resource in pairs
            if action.startswith("s3:") and "Abort" not in action
        }

    assert may("deploy") == {("s3:ListBucket", ""), ("s3:GetObject", "dvc/*")}
    assert may("retrain") == {
        ("s3:ListBucket", ""),
        ("s3:GetObject", "dvc/*"),
        ("s3:PutObject", "dvc/*"),
    }
    for who in ("host", "refresh[0]"):
        assert may(who) == {
            ("s3:ListBucket", ""),
            ("s3:GetObject", "snapshots/*"),
            ("s3:PutObject", "snapshots/*"),
            ("s3:DeleteObject", "snapshots/*"),
        }


def test_deployer_reaches_one_host_as_one_user_by_ssh(applied) -> None:
    _, state = applied
    instance = resource(state, "aws_instance.host")["arn"]
    by_sid = {statement["Sid"]: statement for statement in rights(state, "deploy")}
    assert by_sid["OpenASessionForSsh"]["Resource"] == sorted(
        [instance, "arn:aws:ssm:ap-northeast-2::document/AWS-StartSSHSession"]
    )
    assert by_sid["OpenASessionForSsh"]["Condition"] == {
        "BoolIfExists": {"ssm:SessionDocumentAccessCheck": "true"}
    }
    assert by_sid["LetOnesKeyIn"]["Resource"] == [instance]
    assert by_sid["LetOnesKeyIn"]["Condition"] == {"StringEquals": {"ec2:osuser": "deploy"}}


def test_host_writes_logs_that_it_can_neither_read_nor_delete(applied) -> None:
    logs = [
        (action, resource)
        for statement in rights(applied[1], "host")
        for action, resource in product(statement["Action"], statement["Resource"])
        if action.startswith("logs:")
    ]
    groups = [
        f"arn:aws:logs:ap-northeast-2:123456789012:log-group:/wearcast-production/{name}:*"
        for name in ("access", "containers")
    ]
    writing = ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
    assert sorted(logs) == sorted(product(writing, groups))


def test_host_publishes_to_the_topic_of_alarms_alone(applied) -> None:
    _, state = applied
    told = [
        statement["Resource"]
        for statement in rights(state, "host")
        if "sns:Publish" in statement["Action"]
    ]
    assert told == [[resource(state, "aws_sns_topic.alarms")["arn"]]]


def test_what_a_host_reports_and_its_credits_are_alarmed(applied) -> None:
    _, state = applied
    by_metric = {
        alarm["metric_name"]: alarm for alarm in resources(state, "aws_cloudwatch_metric_alarm")
    }
    program = (MODULE.parent / "report-usage").read_text()
    reported = set(re.findall(r'^        "(\w+)": ', program, re.MULTILINE))
    assert len(reported) == 5
    assert reported | {"CPUCreditBalance"} <= set(by_metric)
    for metric in reported:
        assert by_metric[metric]["namespace"] == "wearcast-production"
        assert by_metric[metric]["treat_missing_data"] == "breaching"
        assert by_metric[metric]["alarm_actions"] == [
            resource(state, "aws_sns_topic.alarms")["arn"]
        ]
    assert by_metric["certificate_days_left"]["comparison_operator"] == "LessThanThreshold"


def test_nobody_ends_the_host_by_mistake(planned) -> None:
    protected = [
        one["tags"]["Name"]
        for one in planned_resources(planned[1], "aws_instance")
        if one.get("disable_api_termination")
    ]
    assert protected == ["wearcast-production"]


def test_outside_check_tells_a_topic_where_its_metrics_are(applied) -> None:
    _, state = applied
    alarm = resource(state, 'aws_cloudwatch_metric_alarm.outside["site"]')
    check = resource(state, 'aws_route53_health_check.outside["site"]')
    topic = resource(state, 'aws_sns_topic.outside["site"]')
    assert alarm["dimensions"] == {"HealthCheckId": check["id"]}
    assert alarm["alarm_actions"] == [topic["arn"]]
    assert alarm["arn"].split(":")[3] == topic["arn"].split(":")[3] == "us-east-1"
    mail = resource(state, 'aws_sns_topic_subscription.outside["site"]')
    assert mail["endpoint"] == "ops@example.org"


def first_start(
    applied: tuple[Terraform, dict[str, Any]], expression: str, address: str, real_part, to: Path
) -> str:
    """What a host runs when it first starts; a sound program, which EC2 takes."""
    # The state holds no more than its hash.
    said = applied[0].run("console", said=f"base64encode({expression})\n")
    text = base64.b64decode(json.loads(said.stdout)).decode()
    to.write_text(text)
    packed = base64.b64decode(resource(applied[1], address)["user_data_base64"])
    assert gzip.decompress(packed).decode() == text
    assert len(packed) < 16 * 1024, "EC2 takes no more"
    done = subprocess.run(
        [*tool("shellcheck", real_part), "--severity=warning", str(to)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return text


def test_first_start_is_a_sound_program(applied, real_part, tmp_path: Path) -> None:
    text = first_start(
        applied, "local.first_start", "aws_instance.host", real_part, tmp_path / "user-data"
    )
    own = text
    for program in ("prepare-host", "copy-logs", "report-usage"):
        own = own.replace((MODULE.parent / program).read_text(), "")
    assert "${" not in own.replace("${1:-", "").replace("${2:-", ""), "a value is missing"
    assert "SITE_DOMAIN=wearcast.example.org" in text
    assert "WEARCAST_DASHBOARD_KERNELS=8" in text
    assert f"SITE_REPOSITORY=https://github.com/{REPOSITORY}" in text
    assert "ALERT_SNS=arn:aws:sns:ap-northeast-2:123456789012:wearcast-production-alarms" in text
    assert "WEARCAST_SHARD=1/3\n" in text


@pytest.mark.parametrize("number", [2, 3])
def test_who_shares_the_refresh_starts_with_a_share_of_its_own(
    applied, real_part, tmp_path: Path, number: int
) -> None:
    text = first_start(
        applied,
        f'local.refresh_first_start["{number}"]',
        f'aws_instance.refresh["{number}"]',
        real_part,
        tmp_path / "user-data",
    )
    assert "${" not in text, "a value is missing"
    assert f"WEARCAST_SHARD={number}/3\n" in text
    state = applied[1]
    folder = resource(state, "aws_efs_file_system.history[0]")["dns_name"]
    assert f"addr={folder}," in text
    image = resource(state, "aws_ssm_parameter.refresh_image[0]")
    assert f"--name '{image['name']}'" in text
    assert {f"/{image['name'].strip('/')}"} == {
        arn.partition(":parameter")[2]
        for statement in rights(state, "refresh[0]")
        for arn in statement["Resource"]
        if "ssm:GetParameter" in statement["Action"]
    }
    [told] = [one for one in rights(state, "host") if one["Sid"] == "SayWhichImageRefreshes"]
    assert told["Resource"] == [image["arn"]]


def rights(state: dict[str, Any], who: str) -> list[dict[str, Any]]:
    """A role's statements, with lists where one alone stands bare."""
    statements = json.loads(resource(state, f"aws_iam_role_policy.{who}")["policy"])["Statement"]
    return [
        {
            **each,
            **{
                part: sorted(each[part]) if isinstance(each[part], list) else [each[part]]
                for part in ("Action", "Resource")
            },
        }
        for each in statements
    ]


def resource(state: dict[str, Any], address: str) -> dict[str, Any]:
    """A resource's values in the state."""
    return next(
        found["values"]
        for found in state["values"]["root_module"]["resources"]
        if found["address"] == address
    )


def resources(state: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """The values of all resources of a kind in the state."""
    found = state["values"]["root_module"]["resources"]
    return [one["values"] for one in found if one["type"] == kind]


def planned_resources(plan: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """What the plan makes of a kind."""
    return [
        change["change"]["after"] for change in plan["resource_changes"] if change["type"] == kind
    ]
