"""GitHub's API as deploy/github-variables uses it, over HTTP on this machine, and a `gh` that asks
it.

It answers as GitHub documents: an environment's rules are replaced as a whole, a policy that is
there already isn't made twice, and a ruleset's name is unique.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

GH = """#!{python}
# `gh api` and `gh variable set` as deploy/github-variables calls them.
import argparse, json, subprocess, sys, urllib.error, urllib.request
parser = argparse.ArgumentParser()
parser.add_argument("path")
for option in ("--method", "--input", "--jq", "--env", "--body"):
    parser.add_argument(option)
parser.add_argument("--silent", action="store_true")
command = sys.argv[1:]
if command[:2] == ["variable", "set"]:
    asked = parser.parse_args(command[2:])
    folder = "environments/" + asked.env + "/variables/" if asked.env else "actions/variables/"
    asked.path = "repos/{{owner}}/{{repo}}/" + folder + asked.path
    asked.method, asked.silent, body = "PUT", True, json.dumps({{"value": asked.body}})
else:
    asked = parser.parse_args(command[1:])
    body = sys.stdin.read() if asked.input else None
path = asked.path.replace("{{owner}}/{{repo}}", "me/wearcast").replace(" ", "%20")
url = {url!r} + path
method = asked.method or "GET"
request = urllib.request.Request(url, body and body.encode(), method=method)
try:
    with urllib.request.urlopen(request) as answer:
        said = answer.read().decode()
except urllib.error.HTTPError as error:
    sys.exit(f"gh: {{error.read().decode()}} (HTTP {{error.code}})")
if asked.jq:
    said = subprocess.run(
        ["jq", "-r", "-c", asked.jq], input=said, text=True, check=True, capture_output=True
    ).stdout
if not asked.silent:
    print(said, end="")
"""

RULES = {"creation", "update", "deletion", "non_fast_forward", "required_signatures"}
IDS = {"users/kim": 11, "users/lee": 12, "orgs/weather/teams/operators": 21}

Answer = tuple[int, Any]


class GitHub:
    """A repository, me/wearcast.

    Attributes:
        environments: their rules as they were put, by name.
        policies: each environment's branches and tags, by id.
        rulesets: by id.
        variables: by environment, or "" for the repository's, and name.
        changes: how often something was made, changed or deleted that wasn't so already.
    """

    def __init__(self) -> None:
        self.environments: dict[str, dict[str, Any]] = {}
        self.policies: dict[str, dict[int, dict[str, str]]] = {}
        self.rulesets: dict[int, dict[str, Any]] = {}
        self.variables: dict[tuple[str, str], str] = {}
        self.changes = 0
        self._last_id = 100

    def answer(self, method: str, path: str, body: Any) -> Answer:
        """The status and the body of an answer."""
        if path in IDS:
            return 200, {"id": IDS[path]}
        parts = path.removeprefix("repos/me/wearcast/").split("/")
        match method, parts:
            case "PUT", ["environments", name, "variables", variable]:
                return self._set((name, variable), body["value"])
            case "PUT", ["actions", "variables", variable]:
                return self._set(("", variable), body["value"])
            case "GET", ["environments"]:
                return 200, {"environments": [self._told(name) for name in self.environments]}
            case "GET", ["environments", name] if name in self.environments:
                return 200, self._told(name)
            case "PUT", ["environments", name]:
                return self._put_environment(name, body)
            case _, ["environments", name, "deployment-branch-policies", *rest]:
                return self._policies(method, name, rest, body)
            case _, ["rulesets", *rest]:
                return self._rulesets(method, rest, body)
        return 404, {"message": "Not Found"}

    def _set(self, key: tuple[str, str], value: str) -> Answer:
        if key[0] and key[0] not in self.environments:
            return 404, {"message": "Not Found"}
        self.variables[key] = value
        return 204, None

    def _told(self, name: str) -> dict[str, Any]:
        rules = self.environments[name]
        reviewers = [
            {"type": one["type"], "reviewer": {"id": one["id"]}}
            for one in rules.get("reviewers") or []
        ]
        protection = [{"type": "branch_policy"}]
        if reviewers:
            protection.append({"type": "required_reviewers", "reviewers": reviewers})
        return {
            "name": name,
            "can_admins_bypass": rules.get("can_admins_bypass", True),
            "protection_rules": protection,
        }

    def _put_environment(self, name: str, body: dict[str, Any]) -> Answer:
        policy = body.get("deployment_branch_policy")
        if policy and policy["protected_branches"] == policy["custom_branch_policies"]:
            return 422, {"message": "protected_branches and custom_branch_policies are the same"}
        if len(body.get("reviewers") or []) > 6:
            return 422, {"message": "more than six reviewers"}
        self.changes += self.environments.get(name) != body
        self.environments[name] = body
        self.policies.setdefault(name, {})
        return 200, self._told(name)

    def _policies(self, method: str, name: str, rest: list[str], body: Any) -> Answer:
        rules = self.environments.get(name)
        custom = rules and (rules.get("deployment_branch_policy") or {}).get(
            "custom_branch_policies"
        )
        if not custom:
            return 404, {"message": "Not Found"}
        found = self.policies[name]
        match method, rest:
            case "GET", []:
                listed = [{"id": number, **policy} for number, policy in found.items()]
                return 200, {"branch_policies": listed}
            case "POST", []:
                if body in found.values():
                    return 303, None
                return 200, {"id": self._made(found, body)}
            case "DELETE", [number]:
                self.changes += 1
                del found[int(number)]
                return 204, None
        return 404, {"message": "Not Found"}

    def _rulesets(self, method: str, rest: list[str], body: Any) -> Answer:
        if method == "GET":
            listed = [
                {"id": number, "name": ruleset["name"]} for number, ruleset in self.rulesets.items()
            ]
            return 200, listed
        if {rule["type"] for rule in body["rules"]} - RULES or body["target"] != "tag":
            return 422, {"message": "Validation Failed"}
        names = {ruleset["name"] for ruleset in self.rulesets.values()}
        match method, rest:
            case "POST", [] if body["name"] not in names:
                return 201, {"id": self._made(self.rulesets, body)}
            case "PUT", [number] if int(number) in self.rulesets:
                self.changes += self.rulesets[int(number)] != body
                self.rulesets[int(number)] = body
                return 200, {"id": int(number)}
        return 422, {"message": "Name must be unique"}

    def _made(self, among: dict[int, Any], body: Any) -> int:
        self.changes += 1
        self._last_id += 1
        among[self._last_id] = body
        return self._last_id


@contextmanager
def serving(github: GitHub) -> Iterator[str]:
    """Its address, until it isn't needed any more."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, said = github.answer(self.command, unquote(self.path[1:]), body)
            content = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_PUT = do_POST = do_DELETE = do_GET

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
