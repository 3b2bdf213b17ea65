"""kill -9 of the Functions host in the middle of a sync: nothing is lost, nothing is doubled."""

from pathlib import Path

import pytest

from devstack.demo.journey import AdminBrowser, JourneyError, Portal
from devstack.stack import Stack
from tests.e2e.steps import change, follow_until, inventory_ids, true_ids
from tests.e2e.tenants import MEMBERSHIPS, USERS, tenant

KILLED_AT: dict[int, tuple[str, ...]] = {1: (MEMBERSHIPS,), 35: (), 75: ()}
"""Percent, and what Graph still holds back then: however fast all goes, the sync is not over before the second kill."""


@pytest.mark.parametrize("users", [1200])
def test_run_killed_three_times_ends_exact(tmp_path: Path, users: int):
    killed_tenant = tenant(1, "killed.test", users=users, latencyMs=120, heldPaths=(USERS, MEMBERSHIPS))
    with Stack(tmp_path, [killed_tenant]) as stack:
        portal = Portal(stack)
        connected = portal.connect("killed.test", "Killed")
        AdminBrowser(stack).open(connected["authUrl"])
        killed = 0
        for percent, still_held in KILLED_AT.items():
            if follow_until(portal, connected["tenantId"], percent) == "syncing":
                stack.kill_host()
                change(stack, connected["tenantId"], heldPaths=still_held)
                stack.start_host()
                killed += 1
        final = list(portal.follow(connected["tenantId"]))[-1]
        assert killed >= 2
        assert (final["state"], final["summary"]) == ("completed", stack.truth(connected["tenantId"]))
        for resource in ("users", "memberships", "mailboxes"):
            stored = inventory_ids(stack, connected["tenantId"], resource)
            assert sorted(stored) == sorted(true_ids(stack, connected["tenantId"], resource))


def test_host_that_is_asked_to_stop_leaves_a_run_that_goes_on(tmp_path: Path):
    with Stack(tmp_path, [tenant(1, "stopped.test", users=1500, latencyMs=60)]) as stack:
        portal = Portal(stack)
        connected = portal.connect("stopped.test", "Stopped")
        AdminBrowser(stack).open(connected["authUrl"])
        follow_until(portal, connected["tenantId"], 5)
        stack.stop_host()
        with pytest.raises((JourneyError, OSError)):
            next(portal.follow(connected["tenantId"]))
        stack.start_host()
        final = list(portal.follow(connected["tenantId"]))[-1]
        assert (final["state"], final["summary"]) == ("completed", stack.truth(connected["tenantId"]))
