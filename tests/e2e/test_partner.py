"""GDAP and DAP on the whole stack: the MSP's own tenant, the customer's approval page, the watch, the move."""

from typing import Any

import pytest

from devstack.demo.journey import AdminBrowser, Portal, ProblemError
from devstack.stack import MSP, OTHER_MSP, Stack
from tests.e2e.tenants import LEGACY, tenant_id


def group_of_the_msp(stack: Stack, number: int) -> str:
    groups = stack.http.get(f"{stack.login}/_simulator/tenants/{MSP}/truth/groups", timeout=30).text
    return groups.splitlines()[number].strip('"')


def test_gdap_from_the_approval_link_to_the_end(stack: Stack):
    portal, browser = Portal(stack), AdminBrowser(stack)
    access = {"model": "gdap", "duration": "P30D", "securityGroups": [{"groupId": group_of_the_msp(stack, 1)}]}
    connected = portal.connect("gdap.test", "Gdap", access=access)
    asked = connected["access"]
    assert (asked["status"], asked["duration"]) == ("approval_pending", "P30D")
    browser.open(connected["authUrl"])
    assert list(portal.follow(connected["tenantId"]))[-1]["state"] == "completed"
    browser.approve(asked["approvalUrl"])
    path = f"relationships/{asked['relationshipId']}"
    shown = portal.wait_for(path, lambda found: bool(found["assignedAt"]))
    assert (shown["status"], [item["status"] for item in shown["assignments"]]) == ("active", ["active"])
    works = {item["feature"] for item in shown["features"] if item["works"] and item["assigned"]}
    assert works >= {"users", "devices", "mailboxes", "secure_score"}
    problems = {item["feature"]: item["problem"] for item in shown["features"]}
    assert problems["reset_passwords"]["code"] == "gdap_roles_missing"
    assert problems["users"] is None
    status = portal.call("GET", f"tenants/{connected['tenantId']}/sync-status")
    assert (status["access"]["model"], status["access"]["status"]) == ("gdap", "active")
    assert portal.call("POST", f"{path}/extend", {})["autoExtend"] is True
    portal.call("DELETE", path)
    assert portal.wait_for(path, lambda found: found["status"] == "terminated")["isOwn"] is True
    again = portal.call("POST", "relationships", {"tenant": "gdap.test", "duration": "P30D"})
    assert again["relationshipId"] != asked["relationshipId"]


def test_gdap_is_clear_about_what_the_msp_must_grant_and_leaves_nothing(stack: Stack):
    portal = Portal(stack, msp=OTHER_MSP)
    with pytest.raises(ProblemError) as refusal:
        portal.connect("ungranted.test", "Ungranted", access={"model": "gdap"})
    problem = refusal.value.problem
    assert (problem["code"], problem["owner"]) == ("partner_access_missing", "msp_ops")
    assert "DelegatedAdminRelationship.ReadWrite.All" in problem["nextAction"]
    with pytest.raises(ProblemError) as unknown:
        portal.call("GET", f"tenants/{tenant_id('ungranted.test')}")
    assert unknown.value.problem["code"] == "tenant_unknown"


def test_dap_is_shown_refused_and_moved_to_gdap(stack: Stack):
    portal = Portal(stack)
    with pytest.raises(ProblemError) as refusal:
        portal.connect(LEGACY[0], "Legacy", access={"model": "dap"})
    assert (refusal.value.problem["code"], refusal.value.problem["status"]) == ("access_model_unsupported", 400)
    listed = portal.call("GET", "dap")
    assert {item["domain"] for item in listed["items"]} == set(LEGACY)
    assert {item["problem"]["code"] for item in listed["items"]} == {"dap_legacy"}
    ids: list[Any] = [tenant_id(domain) for domain in LEGACY]
    dry = portal.call("POST", "dap/moves", {"tenantIds": ids, "dryRun": True})
    assert (dry["asked"], dry["moveId"]) == (2, None)
    path = f"dap/moves/{portal.call('POST', 'dap/moves', {'tenantIds': ids})['moveId']}"
    asked = portal.wait_for(path, lambda move: move["counts"].get("asked") == 2)
    AdminBrowser(stack).approve(asked["items"][0]["access"]["approvalUrl"])
    moved = portal.wait_for(path, lambda move: move["counts"].get("active") == 1)
    assert (moved["counts"], moved["isDone"]) == ({"active": 1, "asked": 1}, False)
    assert portal.call("GET", "dap")["legacy"] == 1
