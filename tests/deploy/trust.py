"""Who may take a role, read from a plan."""

import json
from typing import Any

GITHUB = "token.actions.githubusercontent.com"


def looseness(plan: dict[str, Any], role: str, repository: str, environment: str) -> list[str]:
    """In which ways the role's trust reaches beyond one environment of one repository; empty where
    it doesn't.

    A form that this function doesn't know is loose: it compares with the one form that is right.
    """
    document = trust_of(plan, role)
    if document is None:
        return ["the plan doesn't say whom the role trusts"]
    statements = (
        document["Statement"]
        if isinstance(document["Statement"], list)
        else [document["Statement"]]
    )
    found = [] if len(statements) == 1 else [f"{len(statements)} statements"]
    for statement in statements:
        unknown = set(statement) - {"Sid", "Effect", "Action", "Principal", "Condition"}
        found += [f"{part}: {statement[part]}" for part in sorted(unknown)]
        if statement.get("Action") != "sts:AssumeRoleWithWebIdentity":
            found.append(f"action {statement.get('Action')}")
        principal = statement.get("Principal", {})
        provider = (
            principal.get("Federated", "")
            if isinstance(principal, dict) and set(principal) == {"Federated"}
            else ""
        )
        if not (isinstance(provider, str) and provider.endswith(f":oidc-provider/{GITHUB}")):
            found.append(f"principal {principal}")
        wanted = {
            "StringEquals": {
                f"{GITHUB}:aud": "sts.amazonaws.com",
                f"{GITHUB}:sub": f"repo:{repository}:environment:{environment}",
            }
        }
        if statement.get("Condition") != wanted:
            found.append(f"condition {statement.get('Condition')}")
    return found


def trust_of(plan: dict[str, Any], role: str) -> dict[str, Any] | None:
    """The trust of a role, by its address, as planned; nothing where the plan leaves it open."""
    for change in plan["resource_changes"]:
        if change["address"] == role and (
            said := (change["change"]["after"] or {}).get("assume_role_policy")
        ):
            document: dict[str, Any] = json.loads(said)
            return document
    return None
