"""The tenants of the journeys: every journey has one of its own."""

from typing import Any


def tenant(number: int, domain: str, **more: Any) -> dict[str, Any]:
    """A tenant of a scenario file."""
    return {"tenantId": f"e2e00000-0000-4000-8000-{number:012x}", "domain": domain, "users": 120, **more}


def fault(kind: str, path: str = "/v1.0/users", **more: Any) -> dict[str, Any]:
    return {"path": path, "kind": kind, "retryAfterSeconds": 1, **more}


USERS, MEMBERSHIPS = "/v1.0/users", "/v1.0/groups/delta"
"""Paths of Graph, of the two resources that weigh most."""

SPREADING_SECONDS = 600
"""Longer than anybody waits: such a consent is spread when its test says so, by `spread`."""

TENANTS = (
    tenant(1, "happy.test", users=1200),
    tenant(2, "nointune.test", intune=False),
    tenant(3, "concealed.test", concealedNames=True),
    tenant(4, "slow.test", propagationSeconds=SPREADING_SECONDS),
    tenant(40, "durable.test", propagationSeconds=SPREADING_SECONDS),
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
    tenant(19, "cancel.test", propagationSeconds=SPREADING_SECONDS),
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
    tenant(38, "ending.test", propagationSeconds=SPREADING_SECONDS),
    tenant(39, "held.test"),
    tenant(
        41, "turns.test", faults=[fault("throttle", "/v1.0/deviceManagement/managedDevices", retryAfterSeconds=3600)]
    ),
    tenant(24, "notadmin.test", adminRoles=["fe930be7-5e62-47db-91af-98c3a49a38b1"], showsRolesInTokens=True),
)

CERTIFIED = ("users", "groups", "memberships", "devices", "mailboxes")
"""Resources whose ids the simulator tells."""

LEGACY = ("legacy1.test", "legacy2.test")
"""Customers the MSP reaches by DAP."""

PSA_CUSTOMERS = ("connectwise.test", "autotask.test", "halopsa.test")
"""Tenants whose customers are companies of every PSA."""


def tenant_id(domain: str) -> str:
    """The id of one of the tenants."""
    return str(next(item["tenantId"] for item in TENANTS if item["domain"] == domain))
