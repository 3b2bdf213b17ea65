"""A tenant's life after the first sync, on the whole stack: permissions, cancelled, revoked, handed over, let go."""

import hashlib
import hmac
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from devstack.demo.journey import AdminBrowser, Portal
from devstack.demo.scenarios import SCENARIOS
from devstack.stack import MSP, OTHER_MSP, ROOT, Stack
from tests.e2e.conftest import HOOK_PORT
from tests.e2e.steps import change, held, inventory_ids, onboard, run_timer, spread, until
from tests.e2e.tenants import MEMBERSHIPS

ROLES = ("Connect", "Read")


def api(stack: Stack, method: str, path: str, body: Any = None, msp: str = MSP) -> Any:
    """A call of the portal's; the status and the JSON."""
    headers = {"Authorization": f"Bearer {stack.portal_token(*ROLES, msp=msp)}"}
    url = f"{stack.api}/api/msp-portal/{path}"
    answer = stack.http.request(method, url, json=body, headers=headers, timeout=60)
    return answer.status_code, answer.json() if answer.content else None


def test_write_permissions_are_asked_for_granted_and_verified(stack: Stack):
    tenant_id = onboard(stack, "writes.test")["tenantId"]
    status, asked = api(stack, "POST", f"tenants/{tenant_id}/permissions", {"operation": "reset_passwords"})
    assert (status, [item["name"] for item in asked["missing"]]) == (201, ["User-PasswordProfile.ReadWrite.All"])
    landed = AdminBrowser(stack).open(asked["authUrl"])
    assert landed.endswith("result=verifying")

    def granted() -> Any:
        shown = api(stack, "GET", f"tenants/{tenant_id}/permissions")[1]
        return shown if shown["ledger"][0]["state"] == "granted" else None

    shown = until(granted)
    assert shown["ledger"][0]["consentedBy"]
    operation = next(item for item in shown["operations"] if item["operation"] == "reset_passwords")
    assert [item["granted"] for item in operation["permissions"]] == [True]
    assert all(resource["works"] for resource in shown["resources"])
    assert api(stack, "POST", f"tenants/{tenant_id}/permissions", {"operation": "reset_passwords"})[0] == 200
    left = api(stack, "DELETE", f"tenants/{tenant_id}/permissions")[1]
    assert (left["state"], left["remaining"]) == ("revocation_needed", ["User-PasswordProfile.ReadWrite.All"])


def test_unattended_writes_have_a_registration_of_their_own(stack: Stack):
    tenant_id = onboard(stack, "unattended.test")["tenantId"]
    asked = api(stack, "POST", f"tenants/{tenant_id}/permissions", {"operation": "automate_users"})[1]
    assert "c12f" in asked["authUrl"]
    AdminBrowser(stack).open(asked["authUrl"])
    ledger = until(
        lambda: [
            entry
            for entry in api(stack, "GET", f"tenants/{tenant_id}/permissions")[1]["ledger"]
            if entry["state"] == "granted"
        ]
    )
    assert ledger[0]["permissions"] == ["GroupMember.ReadWrite.All", "User.ReadWrite.All"]


def test_declined_write_permission_leaves_the_tenant_as_it_was(stack: Stack):
    tenant_id = onboard(stack, "keeps.test")["tenantId"]
    asked = api(stack, "POST", f"tenants/{tenant_id}/permissions", {"operation": "manage_users"})[1]
    assert AdminBrowser(stack).open(asked["authUrl"], "decline").endswith("result=declined")
    assert api(stack, "GET", f"tenants/{tenant_id}/permissions")[1]["ledger"][0]["state"] == "declined"
    assert api(stack, "GET", f"tenants/{tenant_id}/sync-status")[1]["state"] == "completed"


def test_running_sync_is_cancelled_for_good_and_can_be_started_again(stack: Stack):
    portal = Portal(stack)
    connected = portal.connect("cancel.test", "Cancel")
    AdminBrowser(stack).open(connected["authUrl"])
    tenant_id = connected["tenantId"]
    for _ in range(2):
        assert api(stack, "POST", f"tenants/{tenant_id}/cancel")[1]["cancelled"] is True
    spread(stack, tenant_id)
    time.sleep(3)  # a worker that had not heard of it would have written by now
    status = api(stack, "GET", f"tenants/{tenant_id}/sync-status")[1]
    assert status["state"] == "cancelled"
    again = portal.connect("cancel.test", "Cancel")
    AdminBrowser(stack).open(again["authUrl"])
    assert list(portal.follow(tenant_id))[-1]["state"] == "completed"


def test_second_sync_replaces_what_changed_and_lost_consent_is_told(stack: Stack):
    portal = Portal(stack)
    tenant_id = onboard(stack, "resync.test")["tenantId"]
    change(stack, tenant_id, users=60)
    with held(stack, tenant_id, MEMBERSHIPS):
        started, same = (api(stack, "POST", f"tenants/{tenant_id}/resync") for _ in range(2))
    assert (started[0], same[1]["runId"]) == (202, started[1]["runId"])
    status = list(portal.follow(tenant_id))[-1]
    assert (status["state"], status["kind"], status["summary"]["users"]) == ("completed", "delta", 60)
    assert {name: item["mode"] for name, item in status["resources"].items() if item["mode"] == "delta"} == {
        "users": "delta",
        "groups": "delta",
        "memberships": "delta",
    }
    assert status["summary"] | stack.truth(tenant_id) == status["summary"]
    assert len(inventory_ids(stack, tenant_id, "users")) == 60
    assert set(status["resources"]["users"]["certificate"]["goneReasons"]) == {"changed", "deleted"}
    prove_one_resource_is_synced_alone(stack, portal, tenant_id)
    stack.http.delete(f"{stack.login}/_simulator/tenants/{tenant_id}/consent", timeout=10)
    api(stack, "POST", f"tenants/{tenant_id}/resync")
    revoked = list(portal.follow(tenant_id))[-1]
    assert (revoked["state"], revoked["problem"]["owner"]) == ("revoked", "customer_admin")
    assert len(inventory_ids(stack, tenant_id, "users")) == 60


def prove_one_resource_is_synced_alone(stack: Stack, portal: Portal, tenant_id: str) -> None:
    """Nothing has changed since, so no row is written; the other certificates are carried along."""
    earlier = api(stack, "GET", f"tenants/{tenant_id}/sync-status")[1]
    run_id = api(stack, "POST", f"tenants/{tenant_id}/resources/mailboxes/retry")[1]["runId"]
    status = list(portal.follow(tenant_id))[-1]
    assert (status["runId"], status["state"], status["only"]) == (run_id, "completed", ["mailboxes"])
    mailboxes = status["resources"]["mailboxes"]
    assert mailboxes["certificate"]["unchanged"] == mailboxes["certificate"]["stored"] > 0
    assert status["resources"]["users"]["carriedFrom"] == earlier["runId"]
    assert status["summary"] == earlier["summary"]
    runs = api(stack, "GET", f"tenants/{tenant_id}/runs")[1]["items"]
    assert [run["kind"] for run in runs] == ["delta", "delta", "initial"]


def test_tenant_changes_hands_without_a_sync(stack: Stack):
    status = onboard(stack, "transfer.test")
    tenant_id = status["tenantId"]
    users = sorted(inventory_ids(stack, tenant_id, "users"))
    offered = api(stack, "POST", f"tenants/{tenant_id}/transfer", {"toMspTenantId": OTHER_MSP})[1]
    path = f"transfers/{offered['transferId']}/accept"
    assert api(stack, "POST", path, {"customer": {"name": "Mine"}})[0] == 404
    assert api(stack, "POST", path, {"customer": {"name": "Taken over"}}, msp=OTHER_MSP)[1]["state"] == "accepted"
    for gone in (f"tenants/{tenant_id}", f"tenants/{tenant_id}/sync-status", f"tenants/{tenant_id}/inventory/users"):
        assert api(stack, "GET", gone)[0] == 404
    page = api(stack, "GET", f"tenants/{tenant_id}/inventory/users?top=1000", msp=OTHER_MSP)[1]
    assert sorted(item["id"] for item in page["items"]) == users
    taken = api(stack, "GET", f"tenants/{tenant_id}/sync-status", msp=OTHER_MSP)[1]
    assert (taken["state"], taken["summary"]["users"]) == ("completed", status["summary"]["users"])


def test_disconnected_tenant_leaves_nothing_behind_and_can_be_anyones(stack: Stack):
    tenant_id = onboard(stack, "leave.test")["tenantId"]
    status, gone = api(stack, "DELETE", f"tenants/{tenant_id}")
    assert (status, gone["state"], gone["removal"]["owner"]) == (202, "disconnected", "customer_admin")
    assert api(stack, "GET", f"tenants/{tenant_id}/inventory/users")[0] == 404
    assert until(lambda: api(stack, "DELETE", f"tenants/{tenant_id}")[1]["inventory"] == "removed")
    assert api(stack, "GET", f"tenants/{tenant_id}/sync-status")[1]["state"] == "disconnected"
    body = {"tenant": "leave.test", "customer": {"name": "Next"}}
    assert api(stack, "POST", "tenants/connect", body, msp=OTHER_MSP)[0] == 201
    path = f"audit?tenantId={tenant_id}"
    wanted = {"connection_started", "consent_verified", "sync_finished", "disconnected", "inventory_removed"}
    assert until(lambda: wanted <= {item["action"] for item in api(stack, "GET", path)[1]["items"]})


@pytest.fixture
def hook() -> Iterator[list[tuple[dict[str, str], bytes]]]:
    """A receiver of notifications that is out of order the first time."""
    received: list[tuple[dict[str, str], bytes]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((dict(self.headers), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", HOOK_PORT), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield received
    server.shutdown()
    server.server_close()


def test_webhook_is_told_signed_when_a_tenant_is_ready(stack: Stack, hook: list[tuple[dict[str, str], bytes]]):
    url = f"http://127.0.0.1:{HOOK_PORT}/hook"
    assert api(stack, "PUT", "webhook", {"url": "https://10.0.0.1/hook"})[1]["code"] == "webhook_invalid"
    secret = api(stack, "PUT", "webhook", {"url": url})[1]["secret"]
    assert "secret" not in api(stack, "GET", "webhook")[1]
    tenant_id = onboard(stack, "hooked.test")["tenantId"]

    def told_of() -> list[tuple[dict[str, str], bytes]]:
        run_timer(stack, "deliver_notifications")
        return hook[:1]

    headers, body = until(told_of)[0]
    moment, signature = (part.partition("=")[2] for part in headers["X-OpsPilot365-Signature"].split(","))
    expected = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(signature, expected)
    told = json.loads(body)
    assert (told["type"], told["tenantId"], told["state"]) == ("tenant.ready", tenant_id, "completed")
    api(stack, "DELETE", "webhook")


def test_consent_that_is_taken_away_is_found_by_the_daily_look(stack: Stack):
    tenant_id = onboard(stack, "watched.test")["tenantId"]
    watch = f"{stack.api}/runtime/webhooks/durabletask/orchestrators/watch_consents"
    stack.http.delete(f"{stack.login}/_simulator/tenants/{tenant_id}/consent", timeout=10)
    key = (stack.directory / "host/system-key").read_text()
    started = stack.http.post(watch, json={"cursor": ""}, headers={"x-functions-key": key}, timeout=30)
    assert started.status_code == 202
    shown = until(lambda: api(stack, "GET", f"tenants/{tenant_id}")[1]["state"] == "revoked")
    assert shown
    status = api(stack, "GET", f"tenants/{tenant_id}/sync-status")[1]
    assert (status["state"], status["problem"]["code"]) == ("revoked", "consent_lost")
    portal = Portal(stack)
    AdminBrowser(stack).open(portal.connect("watched.test", "Watched")["authUrl"])
    assert list(portal.follow(tenant_id))[-1]["state"] == "completed"


def test_account_without_an_administrators_role_connects_nothing(stack: Stack):
    status = onboard(stack, "notadmin.test")
    assert (status["state"], status["problem"]["code"]) == ("failed", "admin_role_missing")
    assert api(stack, "GET", f"tenants/{status['tenantId']}/inventory/users")[0] == 404


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_ends_with_its_documented_code(name: str, tmp_path: Path):
    command = [sys.executable, "-m", "devstack.demo", "--scenario", name, "--json", "--data", str(tmp_path)]
    played = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=180)
    assert played.returncode == SCENARIOS[name].exit_code, played.stderr
    told = json.loads(played.stdout)
    assert (told["scenario"], bool(told["problems"])) == (name, True)
    if SCENARIOS[name].exit_code:
        assert "Whose move:" in played.stderr
        assert "Next:" in played.stderr
