"""The whole stack as processes: real host, real MSAL, real Azurite, the simulator behind TLS."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from devstack.demo.journey import AdminBrowser, Portal
from devstack.psa.local import LocalPsa, company_of
from devstack.stack import OTHER_MSP, Stack
from devstack.storage import free_port

HOOK_PORT = free_port()
ENVIRONMENT = {
    "DEVSTACK_REPLAY_TWICE": "1",
    "WEBHOOK_LOOPBACK_ORIGINS": f"http://127.0.0.1:{HOOK_PORT}",
    "OPERATOR_TENANT_ID": OTHER_MSP,
}


def tenant(number: int, domain: str, **more: Any) -> dict[str, Any]:
    """A tenant of a scenario file."""
    return {"tenantId": f"e2e00000-0000-4000-8000-{number:012x}", "domain": domain, "users": 120, **more}


def fault(kind: str, path: str = "/v1.0/users", **more: Any) -> dict[str, Any]:
    return {"path": path, "kind": kind, "retryAfterSeconds": 1, **more}


TENANTS = (
    tenant(1, "happy.test", users=1200),
    tenant(2, "nointune.test", intune=False),
    tenant(3, "concealed.test", concealedNames=True),
    tenant(4, "slow.test", propagationSeconds=4),
    tenant(40, "durable.test", propagationSeconds=60),
    tenant(5, "partial.test", grantedPermissions=["User.Read.All", "Group.Read.All", "Directory.Read.All"]),
    tenant(6, "new.test", secureScore=False),
    tenant(7, "decline.test"),
    tenant(8, "asked.test"),
    tenant(9, "answered.test"),
    tenant(10, "twice.test"),
    tenant(
        11,
        "storm.test",
        users=2200,
        faults=[
            fault("throttle", everyNth=2),
            fault("throttle_no_header", "/v1.0/groups"),
            fault("throttle_date", "/v1.0/groups/delta", everyNth=2),
            fault("unavailable", "/v1.0/deviceManagement/managedDevices"),
            fault("drop", "/v1.0/subscribedSkus"),
            fault("truncate", "/v1.0/groups/delta", everyNth=3),
            fault("error_in_200", "/v1.0/deviceManagement/managedDevices", everyNth=2),
            fault("expired_page", everyNth=5),
            fault("duplicate", "/v1.0/groups", everyNth=2),
            fault("empty_page", "/v1.0/security/secureScores"),
        ],
    ),
    tenant(12, "refused.test", faults=[fault("forbidden", "/v1.0/groups/delta", times=None)]),
    tenant(13, "owned.test"),
    tenant(14, "forged.test"),
    tenant(15, "posted.test"),
    tenant(16, "writes.test"),
    tenant(17, "unattended.test"),
    tenant(18, "keeps.test"),
    tenant(19, "cancel.test", propagationSeconds=2),
    tenant(20, "resync.test"),
    tenant(21, "transfer.test"),
    tenant(22, "leave.test"),
    tenant(23, "hooked.test"),
    tenant(25, "watched.test"),
    tenant(26, "gdap.test"),
    tenant(27, "ungranted.test"),
    tenant(28, "legacy1.test"),
    tenant(29, "legacy2.test"),
    tenant(30, "batch1.test"),
    tenant(31, "batch2.test"),
    tenant(32, "connectwise.test"),
    tenant(33, "autotask.test"),
    tenant(34, "halopsa.test"),
    tenant(35, "snake.test", users=1200),
    tenant(36, "script.test"),
    tenant(37, "traced.test"),
    tenant(38, "ending.test", propagationSeconds=3),
    tenant(39, "held.test"),
    tenant(24, "notadmin.test", adminRoles=["fe930be7-5e62-47db-91af-98c3a49a38b1"], showsRolesInTokens=True),
)

CERTIFIED = ("users", "groups", "memberships", "devices", "mailboxes")
"""Resources whose ids the simulator tells."""
LEGACY = ("legacy1.test", "legacy2.test")
"""Customers the MSP reaches by DAP."""
PSA_CUSTOMERS = ("connectwise.test", "autotask.test", "halopsa.test")
"""Tenants whose customers are companies of every PSA."""


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One stack for all journeys; every journey has a tenant of its own."""
    contracts = [item["tenantId"] for item in TENANTS if item["domain"] in LEGACY]
    directory, partner = tmp_path_factory.mktemp("stack"), {"contracts": contracts}
    known = [company_of(item) for item in TENANTS if item["domain"] in PSA_CUSTOMERS]
    psa = LocalPsa({"companies": 60, "known": known})
    with Stack(directory, TENANTS, extra_environment=ENVIRONMENT, partner=partner, psa=psa, is_traced=True) as running:
        yield running


def onboard(stack: Stack, domain: str, action: str = "accept") -> dict[str, Any]:
    """Connects, goes through Microsoft's pages, waits for the end; the final status."""
    portal = Portal(stack)
    connected = portal.connect(domain, domain)
    AdminBrowser(stack).open(connected["authUrl"], action)
    return list(portal.follow(connected["tenantId"]))[-1]


def tenant_id(domain: str) -> str:
    """The id of one of the tenants."""
    return str(next(item["tenantId"] for item in TENANTS if item["domain"] == domain))


def run_timer(stack: Stack, name: str) -> None:
    """A timer's function, now: nobody waits for its minute."""
    headers = {"x-functions-key": (stack.directory / "host/master-key").read_text()}
    stack.http.post(f"{stack.api}/admin/functions/{name}", headers=headers, timeout=60).raise_for_status()


def inventory_ids(stack: Stack, tenant_id: str, resource: str) -> list[str]:
    """Every id of a tenant's inventory, page by page."""
    headers = {"Authorization": f"Bearer {stack.portal_token('Read')}"}
    url = f"{stack.api}/api/msp-portal/tenants/{tenant_id}/inventory/{resource}"
    ids: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = stack.http.get(url, headers=headers, params={"top": "1000", "cursor": cursor}, timeout=60).json()
        ids += [item["id"] for item in page["items"]]
        cursor = page["nextCursor"]
    return ids


def true_ids(stack: Stack, tenant_id: str, resource: str) -> list[str]:
    """The ids the simulator knows, for comparison."""
    answer = stack.http.get(f"{stack.login}/_simulator/tenants/{tenant_id}/truth/{resource}", timeout=60)
    return [json.loads(line) for line in answer.text.splitlines()]
