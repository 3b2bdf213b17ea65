"""A drain by order: nothing of anybody begins any more, what is in flight is counted, and only the operator does it."""

from dataclasses import replace

import pytest

from ops.draining import change_drain, show_drain
from tenantsync import wire
from tenantsync.errors import RequestError
from tenantsync.identity.caller import Caller, Role
from tenantsync.orchestrations import Instance, InstanceHistory
from tenantsync.runs.resyncing import resync
from tenantsync.runs.syncing import start_due
from tenantsync.runs.watchdog import watch_runs
from tenantsync.services import Services
from tenantsync.store.runs import Run
from tests.fakes.clock import FakeClock
from tests.fakes.microsoft import MSP
from tests.fakes.orchestrations import Started
from tests.unit.ops.conftest import Ops, keeps

OPERATOR = Caller(MSP, "operator", frozenset({Role.OPS, Role.CONNECT}), is_operator=True)
IDS = (
    wire.onboarding_instance_id("c"),
    wire.resync_id("c", 1),
    wire.resource_instance_id(wire.resync_id("c", 1), "users"),
    wire.disconnect_instance_id("c"),
    wire.grant_instance_id("g"),
    wire.connect_batch_instance_id("b"),
    wire.move_instance_id("m"),
    wire.consent_watch_instance_id("2026-03-02"),
    wire.company_sync_instance_id("m", "p", 1),
    wire.relationship_instance_id("k"),
)


def work(**states: str) -> Started:
    """Durable with instances of these ids, all of them if none is named."""
    known = {id_.replace("_", "-"): state for id_, state in states.items()} or dict.fromkeys(IDS, "Running")
    made = {
        id_: Instance(instance_id=id_, name="", state=state, created_at="", updated_at="")
        for id_, state in known.items()
    }
    return Started(histories={id_: InstanceHistory(instance, []) for id_, instance in made.items()})


def drain(services: Services, orchestrations: Started | None = None, *, is_paused: bool = True) -> dict[str, object]:
    body = change_drain(OPERATOR, services, orchestrations or Started(), is_paused=is_paused)
    assert keeps("OpsDrain", body)
    return body


def test_everything_but_watches_of_relationships_is_in_flight(services: Services):
    body = drain(services, work())
    counts = {item["work"]: item["count"] for item in body["inFlight"]}  # type: ignore[attr-defined]
    assert counts == {**dict.fromkeys((prefix.rstrip("-") for prefix in wire.ENDING_PREFIXES), 1), "resync": 2}
    assert body["isDrained"] is False


@pytest.mark.parametrize("state", ["Pending", "Running", "Suspended", "ContinuedAsNew"])
def test_what_has_not_ended_is_in_flight(services: Services, state: str):
    assert drain(services, work(onboard_c=state))["isDrained"] is False


@pytest.mark.parametrize("state", ["Completed", "Failed", "Terminated"])
def test_what_has_ended_is_not(services: Services, state: str):
    body = drain(services, work(onboard_c=state, relationship_k="Running"))
    assert (body["isDrained"], body["inFlight"]) == (True, [])


def test_nothing_is_drained_that_goes_on_beginning(services: Services):
    assert show_drain(OPERATOR, services, Started())["isDrained"] is False


def test_order_holds_back_until_it_ends(ops: Ops, run: Run, services: Services, clock: FakeClock):
    services.runs.change(run.run_id, state="completed")
    drain(services)
    orchestrations = Started()
    held = resync(run.tenant_id, "", OPERATOR, services, orchestrations)["runId"]
    waiting = services.runs.read(held)
    assert waiting
    assert (waiting.waiting_reason, orchestrations.runs) == ("paused", [])
    clock.advance(24 * 3600)
    assert (start_due(services, orchestrations), watch_runs(services, orchestrations), orchestrations.runs) == (
        0,
        0,
        [],
    )
    assert drain(services, is_paused=False)["paused"] is False
    watch_runs(services, orchestrations)
    assert orchestrations.runs == [held]


def test_order_is_audited_once_and_says_since_when(services: Services):
    before = drain(services)["orderedAt"]
    assert before
    assert drain(services)["orderedAt"] == before
    entries = services.audit.read_page(MSP, "", 10, "")[0]
    assert [(entry.action, entry.actor) for entry in entries] == [("syncs_paused", "operator")]


def test_setting_stays_whatever_is_ordered(services: Services):
    paused = replace(services, settings=replace(services.settings, is_sync_paused=True))
    body = drain(paused, is_paused=False)
    assert (body["paused"], body["bySetting"], body["isDrained"]) == (True, True, True)


def test_operator_orders_it_over_the_api(operator: Ops, services: Services):
    assert [operator.call(method, "drain").body["paused"] for method in ("GET", "PUT", "GET", "DELETE")] == [
        *(False, True, True, False)
    ]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_ops_of_an_msp_cannot_stop_the_others(ops: Ops, run: Run, services: Services, method: str):
    answer = ops.call(method, "drain")
    assert (answer.status, answer.body["code"]) == (403, "operator_only")
    assert not services.are_syncs_paused()
    with pytest.raises(RequestError):
        change_drain(replace(OPERATOR, is_operator=False), services, Started(), is_paused=True)
