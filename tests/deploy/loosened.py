"""Ways to loosen the trust in deploy/terraform/github.tf: what stands there, and what would stand
there instead."""

Change = tuple[str, str]

SUB = "repo:${var.repository}:environment:${each.value}"
ACTION = '["sts:AssumeRoleWithWebIdentity"]'
PRINCIPALS = """
    principals {
      type        = "Federated"
      identifiers = [local.provider_arn]
    }
"""
AUDIENCE = """
    condition {
      test     = "StringEquals"
      variable = "${local.github}:aud"
      values   = ["sts.amazonaws.com"]
    }
"""
BEGIN = 'data "aws_iam_policy_document" "trust" {\n  for_each = local.trusted\n'


def compared_by(operator: str) -> Change:
    """Another way to compare the subject."""
    condition = 'test     = "{}"\n      variable = "${{local.github}}:sub"'
    return condition.format("StringEquals"), condition.format(operator)


LOOSENED: dict[str, list[Change]] = {
    "any environment, branch or pull request": [
        (SUB, "repo:${var.repository}:*"),
        compared_by("StringLike"),
    ],
    "any environment": [(SUB, "repo:${var.repository}:environment:*"), compared_by("StringLike")],
    "any repository of the owner": [
        ("repo:${var.repository}:", "repo:acme/*:"),
        compared_by("StringLike"),
    ],
    "a pattern that is taken literally": [(SUB, "repo:${var.repository}:environment:*")],
    "compared as a pattern": [compared_by("StringLike")],
    "only where there is a subject": [compared_by("StringEqualsIfExists")],
    "whatever the case": [compared_by("StringEqualsIgnoreCase")],
    "of several values, also of none": [compared_by("ForAllValues:StringEquals")],
    "a branch besides": [(SUB, f'{SUB}", "repo:${{var.repository}}:ref:refs/heads/main')],
    "pull requests": [(SUB, "repo:${var.repository}:pull_request")],
    "another repository": [("repo:${var.repository}:", "repo:acme/other:")],
    "another claim": [("${local.github}:sub", "${local.github}:repository_owner")],
    "another audience besides": [
        (AUDIENCE, AUDIENCE.replace('"]', '", "https://github.com/acme"]'))
    ],
    "any audience": [(AUDIENCE, "")],
    "the account's own users": [
        (
            PRINCIPALS,
            PRINCIPALS + PRINCIPALS.replace("Federated", "AWS").replace("provider_arn", "account"),
        )
    ],
    "another action besides": [(ACTION, ACTION.replace("]", ', "sts:AssumeRole"]'))],
    "an open statement besides": [
        (BEGIN, f"{BEGIN}\n  statement {{\n    actions = {ACTION}\n{PRINCIPALS}  }}\n")
    ],
}


def role(how: str) -> str:
    """The address of the role whose trust is loosened in this way."""
    return f'aws_iam_role.loosened_{list(LOOSENED).index(how)}["deploy"]'


def loosened(source: str) -> str:
    """Terraform that makes, beside the roles of github.tf, one pair for each way to loosen their
    trust.

    Raises:
        AssertionError: github.tf no longer says what is to be loosened, so that loosening would
            change nothing.
    """
    part = source[source.index(BEGIN) : source.index("# Deploying: ")]
    made = []
    for number, (how, changes) in enumerate(LOOSENED.items()):
        text = part
        for old, new in changes:
            assert text.count(old) == 1, f"{how}: github.tf no longer says {old!r} once"
            text = text.replace(old, new)
        text = text.replace(
            '"aws_iam_policy_document" "trust"', f'"aws_iam_policy_document" "loosened_{number}"'
        )
        text = text.replace(
            "aws_iam_policy_document.trust[", f"aws_iam_policy_document.loosened_{number}["
        )
        made.append(text.replace('"aws_iam_role" "github"', f'"aws_iam_role" "loosened_{number}"'))
    return "\n".join(made)
