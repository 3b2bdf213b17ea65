"""Whom Microsoft throttles, as ops see it."""

from dataclasses import replace
from typing import Any

import pytest

from tenantsync.clock import to_rfc3339
from tenantsync.services import Services
from tenantsync.store.runs import Run, RunState
from tests.fakes.clock import FakeClock
from tests.fakes.microsoft import OTHER_MSP, OTHER_TENANT, TENANT
from tests.unit.journey import checkpoint, resource
from tests.unit.ops.conftest import Ops, keeps


@pytest.fixture
def throttled(services: Services, run: Run) -> Run:
    """The run was throttled twice in one workload, and not in another."""
    scope = {"throttle_scope": "Tenant_Application/ReadWrite"}
    checkpoint(services, run, throttled_seconds=30, share_of_limit=0.9, **scope)
    services.runs.plan(
        [
            resource(run, resource="groups", position=1, throttled_seconds=12, share_of_limit=0.8),
            resource(run, resource="devices", position=2),
            resource(run, resource="mailboxes", position=3, throttled_seconds=99, carried_from="earlier"),
        ]
    )
    return run


def items(ops: Ops, query: str = "") -> list[dict[str, Any]]:
    body = ops.get(f"throttling{query}").body
    assert keeps("OpsThrottling", body)
    found: list[dict[str, Any]] = body["items"]
    return found


def test_nobody_is_throttled(ops: Ops, run: Run):
    assert ops.get("throttling").body == {"items": [], "runs": 1}


def test_workload_shows_what_it_has_cost_and_until_when_it_is_closed(
    ops: Ops, throttled: Run, services: Services, clock: FakeClock
):
    services.gate.close(TENANT, "directory", 60)
    until = to_rfc3339(clock.now()).replace("09:00:00", "09:01:00")
    (item,) = items(ops)
    assert (item["workload"], item["resources"], item["until"]) == ("directory", ["users", "groups"], until)
    assert (item["throttledSeconds"], item["shareOfLimit"]) == (30, 0.9)
    assert (item["scope"], item["tenantDomain"], item["runId"]) == (
        "Tenant_Application/ReadWrite",
        "contoso.com",
        throttled.run_id,
    )
    clock.advance(61)
    assert items(ops)[0]["until"] is None


def test_resource_counts_where_it_was_refused(ops: Ops, run: Run, services: Services):
    """The mailboxes' listing reads names from the directory."""
    checkpoint(services, run, throttled_seconds=30, throttled_by='{"directory": 30}')
    met = {"throttled_seconds": 14, "throttled_by": '{"directory": 9, "reports": 5}'}
    services.runs.plan([resource(run, resource="mailboxes", position=1, **met)])
    assert [(item["workload"], item["resources"], item["throttledSeconds"]) for item in items(ops)] == [
        ("directory", ["users", "mailboxes"], 30),
        ("reports", ["mailboxes"], 5),
    ]


def test_newest_run_of_a_tenant_counts(ops: Ops, throttled: Run, services: Services, clock: FakeClock):
    services.runs.change(throttled.run_id, state=RunState.COMPLETED)
    clock.advance(60)
    services.runs.create(replace(throttled, run_id="resync-1", started_at=to_rfc3339(clock.now())))
    assert items(ops) == []


def test_waiting_tenants_come_first_and_each_msp_sees_its_own(
    operator: Ops, ops: Ops, throttled: Run, services: Services, clock: FakeClock
):
    clock.advance(-60)
    theirs = replace(
        throttled, run_id="theirs", msp_id=OTHER_MSP, tenant_id=OTHER_TENANT, started_at=to_rfc3339(clock.now())
    )
    services.runs.create(theirs)
    services.runs.plan([resource(theirs, updated_at=theirs.started_at, throttled_seconds=1)])
    services.gate.close(OTHER_TENANT, "directory", 600)
    assert [item["tenantId"] for item in items(operator)] == [OTHER_TENANT, TENANT]
    assert [item["tenantId"] for item in items(operator, "?top=1")] == [OTHER_TENANT]
    assert [item["tenantId"] for item in items(ops)] == [TENANT]
    assert [item["tenantId"] for item in items(Ops(ops.app, OTHER_MSP))] == [OTHER_TENANT]
