"""Stories of delegated administration: a tenant connected with GDAP from the link to its end, and the move from DAP."""

from collections.abc import Mapping
from typing import Any, Final

from devstack.demo.journey import AdminBrowser, JourneyError, Portal, ProblemError
from devstack.demo.screen import Screen
from devstack.stack import MSP, Stack

Told = tuple[dict[str, Any] | None, list[Mapping[str, Any]]]
"""The last sync-status, if there is one, and the problems that were told."""
_GROUP: Final = 1
"""The number of a security group of the simulated MSP."""


def play_gdap(stack: Stack, screen: Screen, domain: str) -> Told:
    """Consent and approval by the customer, roles to a group, what is missing, extension, the end."""
    portal, browser = Portal(stack), AdminBrowser(stack)
    group = _security_group(stack)
    access = {"model": "gdap", "roleTemplate": "read_only", "securityGroups": [{"groupId": group}]}
    connected = portal.connect(domain, "Contoso", access=access)
    asked = connected["access"]
    screen.say(f"Relationship {asked['relationshipId']}: {asked['status']}, lapses {asked['expiresAt'][:10]}")
    screen.say(f"  roles: {', '.join(role['name'] for role in asked['roles'])}")
    browser.approve(asked["approvalUrl"])
    screen.say("The administrator approved the roles, and now consents.")
    browser.open(connected["authUrl"])
    status: dict[str, Any] = {}
    for status in portal.follow(connected["tenantId"]):
        screen.show(status)
    path = f"relationships/{asked['relationshipId']}"
    shown = portal.wait_for(path, lambda found: bool(found["assignedAt"]))
    screen.say(f"Active until {shown['expiresAt'][:10]}; {len(shown['assignments'])} group has its roles, as verified.")
    lacking = [item for item in shown["features"] if item["problem"]]
    screen.say(f"Does not work with these roles: {', '.join(item['feature'] for item in lacking)}")
    extended = portal.call("POST", f"{path}/extend", {"autoExtend": True})
    screen.say(f"Extended by itself from now on: {extended['autoExtend']}")
    portal.call("DELETE", path)
    ended = portal.wait_for(path, lambda found: found["status"] == "terminated")
    screen.say(f"Ended: {ended['status']}")
    return status, [item["problem"] for item in lacking][:1]


def play_dap(stack: Stack, screen: Screen, domain: str) -> Told:
    """What is left of DAP, why there is no new one, a dry run, the move, and one customer who approves."""
    portal = Portal(stack)
    _show_legacy(portal, screen)
    refusal = _refused_dap(portal, domain)
    screen.say("A new DAP is refused.")
    plan = portal.call("POST", "dap/moves", {"all": True, "dryRun": True})
    screen.say(f"Dry run: {plan['asked']} customers would be asked, {plan['skipped']} left alone.")
    begun = portal.call("POST", "dap/moves", {"all": True})
    path = f"dap/moves/{begun['moveId']}"
    asked = portal.wait_for(path, lambda move: move["counts"].get("asked") == plan["asked"])
    first = asked["items"][0]
    AdminBrowser(stack).approve(first["access"]["approvalUrl"])
    moved = portal.wait_for(path, lambda move: bool(move["counts"].get("active")))
    screen.say(f"{first['customerName']} approved: {dict(moved['counts'])}")
    screen.say(moved["afterwards"])
    left = _show_legacy(portal, screen)
    return None, [refusal, *left]


def _show_legacy(portal: Portal, screen: Screen) -> list[Mapping[str, Any]]:
    found = portal.call("GET", "dap")
    names = [item["displayName"] for item in found["items"] if item["problem"]]
    screen.say(f"Reached by DAP only: {', '.join(names) or 'nobody'}")
    return [item["problem"] for item in found["items"] if item["problem"]][:1]


def _refused_dap(portal: Portal, domain: str) -> Mapping[str, Any]:
    try:
        portal.connect(domain, "Contoso", access={"model": "dap"})
    except ProblemError as error:
        return error.problem
    raise JourneyError("DAP was not refused.")


def _security_group(stack: Stack) -> str:
    answer = stack.http.get(f"{stack.login}/_simulator/tenants/{MSP}/truth/groups", timeout=30)
    return str(answer.text.splitlines()[_GROUP]).strip('"')
