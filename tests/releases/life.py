"""What a release is made to do, so that the next one meets it: every kind of row, every orchestration.

Only by calls that every release answers alike.
"""

from typing import Any, Final

from devstack.demo.journey import AdminBrowser, Portal
from devstack.demo.psa_stories import bring_companies, find_customer, open_ticket, psa_of
from devstack.psa.local import LocalPsa, company_of
from devstack.stack import MSP, OTHER_MSP, Stack
from devstack.storage import lasting_port
from tests.e2e.steps import run_timer, until
from tests.e2e.tenants import tenant

SYNCED: Final = tenant(2, "synced.test")
"""Has had its first sync."""
ASKED: Final = tenant(3, "asked.test")
"""Its administrator has the link and has not opened it; customer and ticket are a PSA's, its access is GDAP."""
LEGACY: Final = tenant(4, "legacy.test")
LEAVING: Final = tenant(5, "leaving.test")
BATCHED: Final = tenant(6, "batched.test")
TICKETED: Final = tenant(7, "ticketed.test")
DECLINED: Final = tenant(8, "declined.test")
PARTIAL: Final = tenant(9, "partial.test", grantedPermissions=["User.Read.All", "Group.Read.All", "Directory.Read.All"])
CONNECTED: Final = (SYNCED, ASKED, LEAVING, BATCHED, TICKETED, DECLINED, PARTIAL)
"""All that were asked for consent; the other one is moved from DAP only."""
PSA: Final = "halopsa"
_DEAF: Final = f"http://127.0.0.1:{lasting_port()}"
"""Nobody takes notifications there, so they stay in the outbox."""
Found = dict[str, Any]


def settings_of_stack(*more: Found) -> Found:
    """What the stack is made with."""
    return {
        "tenants": [*CONNECTED, LEGACY, *more],
        "extra_environment": {
            "DEVSTACK_REPLAY_TWICE": "1",
            "WEBHOOK_LOOPBACK_ORIGINS": _DEAF,
            "OPERATOR_TENANT_ID": OTHER_MSP,
        },
        "partner": {"contracts": [LEGACY["tenantId"]]},
        "psa": LocalPsa({"companies": 40, "known": [company_of(item) for item in (ASKED, TICKETED)]}),
    }


def begin(stack: Stack) -> Found:
    """What the next release goes on with; what was answered, for comparison."""
    portal = Portal(stack)
    portal.call("PUT", "webhook", {"url": f"{_DEAF}/hook"})
    bring_companies(portal, psa_of(stack), PSA)
    synced = onboard(stack, SYNCED)
    customer = find_customer(portal, ASKED["domain"], PSA)
    ticket = open_ticket(stack, PSA, customer)
    access = {"model": "gdap", **_wanted_access(stack)}
    asked = portal.call("POST", "tenants/connect", {**_for_customer(ASKED, customer, ticket), "access": access})
    return {"synced": synced, "asked": asked, "customer": customer}


def onboard(stack: Stack, one: Found) -> Found:
    """Connects the tenant and waits for the end of its first sync; the final status."""
    portal = Portal(stack)
    connected = portal.connect(one["domain"], one["domain"])
    AdminBrowser(stack).open(connected["authUrl"])
    return list(portal.follow(connected["tenantId"]))[-1]


def lead_on(stack: Stack) -> None:
    """The rest of a release's life: what the next one only has to read, or to replay."""
    portal, browser = Portal(stack), AdminBrowser(stack)
    _change_rights(portal, browser)
    _use_gdap(stack, portal, browser)
    browser.open(portal.connect(DECLINED["domain"], "Declined")["authUrl"], "cancel")
    onboard(stack, PARTIAL)
    _sync_again(portal)
    _let_go(stack, portal)
    _send_batch(portal)
    portal.call("POST", f"tenants/{SYNCED['tenantId']}/transfer", {"toMspTenantId": OTHER_MSP})
    durable(stack, "POST", "orchestrators/watch_consents", {"cursor": ""})
    for provider in ("connectwise", "autotask"):
        bring_companies(portal, psa_of(stack), provider)
    until(lambda: durable(stack, "GET", "instances?instanceIdPrefix=relationship-&runtimeStatus=Completed"))
    run_timer(stack, "write_ticket_notes")
    _leave_notes_for_a_ticket(stack, portal, browser)
    _order_a_drain(stack)


def durable(stack: Stack, method: str, path: str, body: Any = None) -> Any:
    """A call of the host's management API; its JSON."""
    key = {"x-functions-key": (stack.directory / "host/system-key").read_text()}
    url = f"{stack.api}/runtime/webhooks/durabletask/{path}"
    answer = stack.http.request(method, url, json=body, headers=key, timeout=30)
    answer.raise_for_status()
    return answer.json()


def _for_customer(one: Found, customer: Found, ticket: Found) -> Found:
    told = {"ref": f"{PSA}:{ticket['reference']}"}
    return {"tenant": one["domain"], "customerId": customer["customerId"], "ticketRef": told}


def _wanted_access(stack: Stack) -> Found:
    groups = stack.http.get(f"{stack.login}/_simulator/tenants/{MSP}/truth/groups", timeout=30).text
    return {"duration": "P30D", "securityGroups": [{"groupId": groups.splitlines()[1].strip('"')}]}


def _change_rights(portal: Portal, browser: AdminBrowser) -> None:
    path = f"tenants/{SYNCED['tenantId']}/permissions"
    browser.open(portal.call("POST", path, {"operation": "reset_passwords"})["authUrl"])
    portal.wait_for(path, lambda found: found["ledger"][0]["state"] == "granted")


def _use_gdap(stack: Stack, portal: Portal, browser: AdminBrowser) -> None:
    offered = portal.call("POST", "relationships", {"tenant": SYNCED["domain"], **_wanted_access(stack)})
    browser.approve(offered["approvalUrl"])
    path = f"relationships/{offered['relationshipId']}"
    portal.wait_for(path, lambda found: found["status"] == "active")
    portal.call("DELETE", path)
    portal.wait_for(path, lambda found: found["status"] == "terminated")
    moved = portal.call("POST", "dap/moves", {"tenantIds": [LEGACY["tenantId"]]})
    portal.wait_for(f"dap/moves/{moved['moveId']}", lambda move: move["counts"].get("asked") == 1)


def _sync_again(portal: Portal) -> None:
    portal.call("POST", f"tenants/{SYNCED['tenantId']}/resync")
    list(portal.follow(SYNCED["tenantId"]))


def _let_go(stack: Stack, portal: Portal) -> None:
    path = f"tenants/{onboard(stack, LEAVING)['tenantId']}"
    portal.call("DELETE", path)
    until(lambda: portal.call("DELETE", path)["inventory"] == "removed")


def _send_batch(portal: Portal) -> None:
    listed = [{"tenant": BATCHED["domain"], "customer": {"name": "Batched"}}]
    sent = portal.call("POST", "tenants/connect-batches", {"items": listed})
    portal.wait_for(f"tenants/connect-batches/{sent['batchId']}", lambda found: found["state"] == "completed")


def _leave_notes_for_a_ticket(stack: Stack, portal: Portal, browser: AdminBrowser) -> None:
    """Notes leave by the minute, so these still wait."""
    customer = find_customer(portal, TICKETED["domain"], PSA)
    body = _for_customer(TICKETED, customer, open_ticket(stack, PSA, customer))
    browser.open(portal.call("POST", "tenants/connect", body)["authUrl"])
    list(portal.follow(TICKETED["tenantId"]))


def _order_a_drain(stack: Stack) -> None:
    """0.1.0 had no such order, and answers 404."""
    headers = {"Authorization": f"Bearer {stack.portal_token('Ops', msp=OTHER_MSP)}"}
    for method in ("PUT", "DELETE"):
        stack.http.request(method, f"{stack.api}/api/ops/drain", headers=headers, timeout=30)
