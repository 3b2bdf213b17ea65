"""What the pictures tell of: an MSP whose customers are each in a state of their own."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from devstack.demo.journey import AdminBrowser, Portal, ProblemError
from devstack.demo.psa_stories import bring_companies, psa_of
from devstack.psa.local import LocalPsa, company_of
from devstack.stack import Stack

_NEVER: Final = {"state": "awaiting_consent"}
_ENDED: Final = ("completed", "completed_with_issues", "failed")


def _tenant(number: int, domain: str, name: str, users: int, **more: Any) -> dict[str, Any]:
    known = {"domain": domain, "displayName": name, "users": users}
    return {"tenantId": f"5c4ee000-0000-4000-8000-{number:012x}", **known, **more}


def _throttle(path: str) -> dict[str, Any]:
    return {"path": path, "kind": "throttle", "everyNth": 3, "times": 3, "retryAfterSeconds": 12}


CONTOSO: Final = _tenant(1, "contoso.com", "Contoso", 2480, latencyMs=100)
FABRIKAM: Final = _tenant(2, "fabrikam.com", "Fabrikam", 640, intune=False)
ADATUM: Final = _tenant(3, "adatum.com", "Adatum", 310, concealedNames=True)
LITWARE: Final = _tenant(4, "litware.com", "Litware", 180)
TREY: Final = _tenant(
    5,
    "treyresearch.com",
    "Trey Research",
    95,
    showsRolesInTokens=True,
    adminRoles=["fe930be7-5e62-47db-91af-98c3a49a38b1"],
)
PROSEWARE: Final = _tenant(
    6, "proseware.com", "Proseware", 3200, intune=False, latencyMs=150, faults=[_throttle("/v1.0/users")]
)
WINGTIP: Final = _tenant(
    7,
    "wingtiptoys.com",
    "Wingtip Toys",
    1150,
    grantedPermissions=["User.Read.All", "Group.Read.All", "Directory.Read.All", "Reports.Read.All"],
)
TENANTS: Final = (CONTOSO, FABRIKAM, ADATUM, LITWARE, TREY, PROSEWARE, WINGTIP)


def psa() -> LocalPsa:
    """Where the customers come from."""
    return LocalPsa({"companies": 12, "known": [company_of(tenant) for tenant in TENANTS]})


def bring_customers(stack: Stack) -> None:
    """The PSA's companies become customers, unless they are already."""
    if not _customers(stack, CONTOSO):
        bring_companies(Portal(stack), psa_of(stack), "connectwise")


def ask_consent(stack: Stack, tenant: Mapping[str, Any]) -> str:
    """The link of a connection that waits for its administrator."""
    body = {"tenant": tenant["domain"], "customerId": _customers(stack, tenant)[0]["customerId"]}
    return str(Portal(stack).call("POST", "tenants/connect", body)["authUrl"])


def begin(stack: Stack, tenant: Mapping[str, Any]) -> None:
    """A sync that is under way, unless there was one already."""
    if (_status(stack, tenant) or _NEVER)["state"] == "awaiting_consent":
        AdminBrowser(stack).open(ask_consent(stack, tenant))


def finish(stack: Stack, tenant: Mapping[str, Any]) -> None:
    """A sync that has ended, however."""
    begin(stack, tenant)
    _wait(stack, tenant, lambda status: status["state"] in _ENDED)


def wait_for_shares(stack: Stack, tenant: Mapping[str, Any], percent: int) -> None:
    """A sync so far on its way, and held up by Microsoft."""
    _wait(stack, tenant, lambda status: status["percent"] >= percent and _is_throttled(status))


def run_of(stack: Stack, tenant: Mapping[str, Any]) -> str:
    """The id of its latest run."""
    return str((_status(stack, tenant) or {})["runId"])


def set_tags(stack: Stack, tenant: Mapping[str, Any], *tags: str) -> None:
    """As somebody has noted in the portal."""
    Portal(stack).call("PATCH", f"tenants/{tenant['tenantId']}", {"tags": list(tags)})


def _customers(stack: Stack, tenant: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Portal(stack).call("GET", f"customers?search={tenant['domain']}")["items"]
    return found


def _wait(stack: Stack, tenant: Mapping[str, Any], is_reached: Callable[[dict[str, Any]], bool]) -> None:
    Portal(stack).wait_for(f"tenants/{tenant['tenantId']}/sync-status", is_reached)


def _status(stack: Stack, tenant: Mapping[str, Any]) -> dict[str, Any] | None:
    try:
        return Portal(stack).call("GET", f"tenants/{tenant['tenantId']}/sync-status")
    except ProblemError:
        return None


def _is_throttled(status: Mapping[str, Any]) -> bool:
    states = [resource["waiting"] for resource in status["resources"].values() if resource["waiting"]]
    return any(waiting["reason"] == "throttled" for waiting in states)
