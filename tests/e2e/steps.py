"""What journeys are made of."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from devstack.demo.journey import AdminBrowser, Portal
from devstack.package import copy_app
from devstack.stack import Stack


def onboard(stack: Stack, domain: str, action: str = "accept") -> dict[str, Any]:
    """Connects, goes through Microsoft's pages, waits for the end, also at the tenant; the final status."""
    portal = Portal(stack)
    connected = portal.connect(domain, domain)
    AdminBrowser(stack).open(connected["authUrl"], action)
    final = list(portal.follow(connected["tenantId"]))[-1]
    portal.wait_for(f"tenants/{connected['tenantId']}", lambda tenant: tenant["state"] == final["state"])
    return final


def change(stack: Stack, tenant_id: str, **settings: Any) -> None:
    """Settings of a simulated tenant from now on, in the names of a scenario file."""
    url = f"{stack.login}/_simulator/tenants/{tenant_id}"
    stack.http.put(url, json=settings, timeout=60).raise_for_status()


def spread(stack: Stack, tenant_id: str) -> None:
    """A consent has arrived everywhere at Microsoft."""
    change(stack, tenant_id, propagationSeconds=0)


@contextmanager
def held(stack: Stack, tenant_id: str, *paths: str) -> Iterator[None]:
    """For the time of the block Graph does not answer for these paths, so that no sync which needs them is over."""
    change(stack, tenant_id, heldPaths=paths)
    try:
        yield
    finally:
        change(stack, tenant_id, heldPaths=())


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


def follow_until(portal: Portal, tenant_id: str, percent: int) -> str:
    """Watches until a share of the work is done, or the end; the state seen last."""
    state = ""
    for status in portal.follow(tenant_id):
        state = str(status["state"])
        if status["state"] == "syncing" and status["percent"] >= percent:
            break
    return state


def until(what: Callable[[], Any], seconds: float = 60) -> Any:
    """Waits until something is so; its last value."""
    deadline = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def hurried(app: Path) -> Path:
    """The app, in a folder of its own, with a watchdog that looks every two seconds."""
    copy_app(app)
    for name, minutes, seconds in (
        (
            "tenantsync/runs/stalls.py",
            "STALLED_AFTER: Final = timedelta(minutes=5)",
            "STALLED_AFTER: Final = timedelta(seconds=4)",
        ),
        (
            "tenantsync/runs/watchdog.py",
            'timedelta(minutes=4)\n"""The timer\'s',
            'timedelta(seconds=1)\n"""The timer\'s',
        ),
        ("timers/triggers.py", 'schedule="0 */5 * * * *"', 'schedule="*/2 * * * * *"'),
    ):
        text = (app / name).read_text()
        assert minutes in text
        (app / name).write_text(text.replace(minutes, seconds))
    return app
