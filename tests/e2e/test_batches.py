"""Many tenants at once on the whole stack: dry run, links that scanners open first, and what is left over."""

from typing import Any

import requests

from devstack.demo.journey import AdminBrowser, Portal
from devstack.stack import Stack

BATCHES = "tenants/connect-batches"
LISTED = [
    {"tenant": "batch1.test", "customer": {"name": "Batch One"}},
    {"tenant": "nobody.test", "customer": {"name": "Nobody"}},
    {"tenant": "batch2.test", "customer": {"name": "Batch Two"}},
]


def settled(portal: Portal, **more: Any) -> dict[str, Any]:
    """The batch when every item has been tried."""
    sent = portal.call("POST", BATCHES, {"items": LISTED, **more})
    return portal.wait_for(f"{BATCHES}/{sent['batchId']}", lambda found: found["state"] == "completed")


def test_batch_connects_its_tenants_by_links_that_scanners_open_first(stack: Stack):
    portal = Portal(stack)
    assert settled(portal, dryRun=True)["counts"] == {"ready": 2, "failed": 1}
    batch = settled(portal)
    one, nobody, two = batch["items"]
    assert (one["state"], nobody["problem"]["code"], two["state"]) == (
        "awaiting_consent",
        "tenant_not_found",
        "awaiting_consent",
    )
    for _ in range(3):
        scanned = requests.get(one["invitationUrl"], allow_redirects=False, timeout=30)
        assert scanned.headers["Location"].startswith(stack.login)
    assert AdminBrowser(stack).open(one["invitationUrl"]).endswith("result=verifying")
    assert list(portal.follow(one["tenantId"]))[-1]["state"] == "completed"
    assert AdminBrowser(stack).open(one["invitationUrl"]).endswith("result=connected")
    assert AdminBrowser(stack).open(two["invitationUrl"], "cancel").endswith("result=declined")
    ended = {"completed": 1, "failed": 1, "declined": 1}
    shown = portal.wait_for(f"{BATCHES}/{batch['batchId']}", lambda found: found["counts"] == ended)
    assert shown["items"][2]["problem"]["code"] == "consent_declined"
    customers = portal.call("GET", "customers?search=batch%20o")["items"]
    assert [item["name"] for item in customers] == ["Batch One"]
    found = portal.call("GET", "customers/suggestions?tenant=batch1.test")["items"][0]["candidates"]
    assert (found[0]["name"], found[0]["reasons"][0]["reason"]) == ("Batch One", "tenant")
