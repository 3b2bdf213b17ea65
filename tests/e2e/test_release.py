"""A release with runs in flight: begun on the package of the release before, ended on today's code.

`tests/releases` has the package, and how the next release puts its own there.
"""

from pathlib import Path
from typing import Any

from devstack.demo.journey import AdminBrowser, Portal
from devstack.demo.psa_stories import bring_companies, find_customer, psa_of
from devstack.stack import ROOT, Stack
from tests.e2e.steps import change, follow_until, held, inventory_ids, run_timer, true_ids
from tests.e2e.tenants import MEMBERSHIPS, USERS, tenant
from tests.releases import life
from tests.releases.kept import unpack

IN_FLIGHT = tenant(1, "release.test", users=1500, latencyMs=60)
NOT_COUNTED_BEFORE = frozenset({"bySku", "averages", "devicesByPlatform", "devicesByCompliance"})
"""What a resource that ended on 0.1.0 cannot tell, until its next sync."""


def test_what_the_release_before_has_begun_ends_exact_on_this_one(tmp_path: Path):
    settings = life.settings_of_stack(IN_FLIGHT)
    with Stack(tmp_path / "stack", **settings, app_directory=unpack(tmp_path / "app")) as stack:
        begun = life.begin(stack)
        begin_sync(stack, IN_FLIGHT)
        deploy(stack, ROOT)
        AdminBrowser(stack).approve(begun["asked"]["access"]["approvalUrl"])
        assert_rows_are_read(stack, begun)
        assert_lists_are_filled(stack, begun["synced"]["runId"])
        assert connect_by_earlier_link(stack, begun["asked"]) == stack.truth(begun["asked"]["tenantId"])
        assert_run_in_flight_ends_exact(stack, IN_FLIGHT["tenantId"])
        changed = bring_changes(stack, life.SYNCED["tenantId"], users=60)
        assert changed == stack.truth(life.SYNCED["tenantId"])
        assert_approval_is_noticed(stack, begun["asked"])


def test_roll_back_in_the_middle_of_work_loses_nothing_and_neither_does_the_way_forward_again(tmp_path: Path):
    before = unpack(tmp_path / "app")
    with Stack(tmp_path / "stack", **life.settings_of_stack(IN_FLIGHT)) as stack:
        begun = life.begin(stack)
        begin_sync(stack, IN_FLIGHT)
        deploy(stack, before)
        found = connect_by_earlier_link(stack, begun["asked"])
        assert found == plain(stack.truth(begun["asked"]["tenantId"]))
        assert_run_in_flight_ends_exact(stack, IN_FLIGHT["tenantId"])
        changed = bring_changes(stack, life.SYNCED["tenantId"], users=60)
        assert changed == plain(stack.truth(life.SYNCED["tenantId"]))
        AdminBrowser(stack).approve(begun["asked"]["access"]["approvalUrl"])
        deploy(stack, ROOT)
        assert_approval_is_noticed(stack, begun["asked"])
        for tenant_id in (IN_FLIGHT["tenantId"], begun["asked"]["tenantId"], life.SYNCED["tenantId"]):
            changed = bring_changes(stack, tenant_id, users=70)
            assert changed == stack.truth(tenant_id)


def begin_sync(stack: Stack, one: dict[str, Any]) -> None:
    """Comes back when it is under way."""
    portal = Portal(stack)
    connected = portal.connect(one["domain"], "Release")
    with held(stack, one["tenantId"], USERS, MEMBERSHIPS):
        AdminBrowser(stack).open(connected["authUrl"])
        assert follow_until(portal, one["tenantId"], 5) == "syncing"


def deploy(stack: Stack, app: Path) -> None:
    """The host of before may finish what it holds, the new one finds the rest."""
    stack.stop_host()
    stack.app_directory = app
    stack.start_host()


def assert_rows_are_read(stack: Stack, begun: dict[str, Any]) -> None:
    portal, before = Portal(stack), begun["synced"]
    assert portal.call("GET", "webhook")["url"].endswith("/hook")
    status = portal.call("GET", f"tenants/{life.SYNCED['tenantId']}/sync-status")
    assert plain({name: status["summary"][name] for name in before["summary"]}) == plain(before["summary"])
    assert status["summary"].keys() == stack.truth(life.SYNCED["tenantId"]).keys()
    assert status["resources"]["users"]["certificate"] == before["resources"]["users"]["certificate"]
    assert find_customer(portal, life.ASKED["domain"], life.PSA) == begun["customer"]
    again = bring_companies(portal, psa_of(stack), life.PSA)["result"]
    assert (again["created"], again["changed"], again["deactivated"]) == (0, 0, 0)


def assert_lists_are_filled(stack: Stack, run_id: str) -> None:
    """With the runs that the release before has not noted there."""
    run_timer(stack, "resume_runs")
    headers = {"Authorization": f"Bearer {stack.portal_token('Ops')}"}
    listed = stack.http.get(f"{stack.api}/api/ops/runs?state=ended", headers=headers, timeout=30).json()
    assert run_id in {run["runId"] for run in listed["items"]}


def connect_by_earlier_link(stack: Stack, asked: dict[str, Any]) -> Any:
    """The summary of the first sync."""
    AdminBrowser(stack).open(asked["authUrl"])
    final = list(Portal(stack).follow(asked["tenantId"]))[-1]
    assert final["state"] == "completed"
    return final["summary"]


def assert_approval_is_noticed(stack: Stack, asked: dict[str, Any]) -> None:
    """By the watch that the release before has begun."""
    path = f"relationships/{asked['access']['relationshipId']}"
    assert Portal(stack).wait_for(path, lambda found: found["status"] == "active")["isOwn"] is True


def assert_run_in_flight_ends_exact(stack: Stack, tenant_id: str) -> None:
    final = list(Portal(stack).follow(tenant_id))[-1]
    assert final["state"] == "completed"
    assert plain(final["summary"]) == plain(stack.truth(tenant_id))
    assert sorted(inventory_ids(stack, tenant_id, "users")) == sorted(true_ids(stack, tenant_id, "users"))


def bring_changes(stack: Stack, tenant_id: str, users: int) -> Any:
    """The summary of the sync that follows an earlier one."""
    change(stack, tenant_id, users=users)
    Portal(stack).call("POST", f"tenants/{tenant_id}/resync")
    final = list(Portal(stack).follow(tenant_id))[-1]
    assert (final["state"], final["resources"]["users"]["mode"]) == ("completed", "delta")
    assert sorted(inventory_ids(stack, tenant_id, "users")) == sorted(true_ids(stack, tenant_id, "users"))
    return final["summary"]


def plain(summary: dict[str, Any]) -> dict[str, Any]:
    """The numbers both releases know."""
    return {
        name: plain(value) if isinstance(value, dict) else value
        for name, value in summary.items()
        if name not in NOT_COUNTED_BEFORE
    }
