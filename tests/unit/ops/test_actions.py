"""What ops do to a run: end it, let Durable forget it, sync one of its resources again."""

from typing import Any

import pytest

from tenantsync.runs.watchdog import watch_runs
from tenantsync.services import Services
from tenantsync.store.progress import ResourceState
from tenantsync.store.runs import Run, RunState
from tests.app import Answer
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables, snapshot
from tests.fakes.microsoft import OTHER_MSP, TENANT, portal_token
from tests.fakes.orchestrations import Started
from tests.unit.ops.conftest import Ops, keeps


@pytest.fixture
def durable(ops: Ops, run: Run) -> list[str]:
    """Durable has the run and one of its lanes under way; their ids."""
    ids = [run.run_id, f"{run.run_id}-users"]
    for name, instance_id in zip(("onboard_tenant", "sync_resource"), ids, strict=True):
        ops.app.client.instances[instance_id] = (name, {"runId": run.run_id})
    return ids


def status(ops: Ops) -> Any:
    token = portal_token("Onboarding.Read")
    return ops.app.call("GET", f"/api/msp-portal/tenants/{TENANT}/sync-status", token).body


def audited(ops: Ops) -> list[tuple[str, str]]:
    answer = ops.app.call("GET", "/api/msp-portal/audit", portal_token("Onboarding.Ops"))
    return [(entry["action"], entry["actor"]) for entry in answer.body["items"]]


def terminate(ops: Ops, run: Run) -> Answer:
    answer = ops.post(f"runs/{run.run_id}/terminate")
    assert answer.status != 202 or keeps("OpsTerminated", answer.body)
    return answer


def purge(ops: Ops, run: Run) -> Answer:
    answer = ops.post(f"runs/{run.run_id}/purge")
    assert answer.status != 200 or keeps("OpsPurged", answer.body)
    return answer


def test_terminated_run_is_cancelled_and_says_who_did_it(
    ops: Ops, run: Run, durable: list[str], services: Services, clock: FakeClock
):
    answer = terminate(ops, run)
    assert (answer.status, answer.body["terminated"], answer.body["state"]) == (202, True, "cancelled")
    assert ops.app.client.ended == durable
    shown = status(ops)
    assert (shown["state"], shown["problem"]["code"], shown["problem"]["owner"]) == (
        "cancelled",
        "ended_by_ops",
        "technician",
    )
    assert shown["resources"]["users"]["state"] == ResourceState.FAILED
    listed = ops.app.call("GET", "/api/msp-portal/tenants", portal_token("Onboarding.Read")).body["items"]
    assert listed[0]["state"] == "cancelled"
    clock.advance(3600)
    assert watch_runs(services, Started()) == 0  # the watchdog does not bring it back


def test_terminating_again_changes_nothing_and_is_audited_once(ops: Ops, run: Run, durable: list[str]):
    first = terminate(ops, run).body
    assert terminate(ops, run).body == first
    assert audited(ops).count(("sync_terminated", "technician")) == 1


@pytest.mark.parametrize("state", [RunState.COMPLETED, RunState.FAILED])
def test_run_that_has_ended_stays_but_its_orchestrations_end(
    ops: Ops, run: Run, durable: list[str], services: Services, state: RunState
):
    services.runs.change(run.run_id, state=state)
    answer = terminate(ops, run)
    assert (answer.status, answer.body["terminated"], answer.body["state"]) == (202, False, state)
    assert ops.app.client.ended == durable
    assert "sync_terminated" not in dict(audited(ops))


def test_run_that_a_technician_cancelled_is_not_said_to_be_ended_by_ops(ops: Ops, run: Run, durable: list[str]):
    token = portal_token("Onboarding.Connect")
    assert ops.app.call("POST", f"/api/msp-portal/tenants/{TENANT}/cancel", token).status == 202
    assert terminate(ops, run).body["terminated"] is False
    assert status(ops)["problem"] is None


def test_purge_forgets_ended_orchestrations_and_keeps_the_run(
    ops: Ops, run: Run, durable: list[str], services: Services
):
    terminate(ops, run)
    assert (purge(ops, run).body["purged"], ops.app.client.instances) == (2, {})
    assert purge(ops, run).body == {"runId": run.run_id, "purged": 0}
    assert ops.get(f"runs/{run.run_id}").body["state"] == "cancelled"
    assert audited(ops).count(("history_purged", "technician")) == 1


@pytest.mark.parametrize("under_way", [0, 1])
def test_purge_is_refused_while_anything_goes_on(
    ops: Ops, run: Run, durable: list[str], services: Services, under_way: int
):
    assert purge(ops, run).body["code"] == "sync_running"
    services.runs.change(run.run_id, state=RunState.COMPLETED)
    ops.app.client.ended = [durable[1 - under_way]]
    answer = purge(ops, run)
    assert (answer.status, answer.body["code"]) == (409, "sync_running")
    assert set(ops.app.client.instances) == set(durable)


def test_runs_whose_ids_begin_alike_are_not_purged_along(ops: Ops, run: Run, durable: list[str], services: Services):
    services.runs.change(run.run_id, state=RunState.COMPLETED)
    other = f"{run.run_id}0-users"
    ops.app.client.instances[other] = ("sync_resource", {})
    ops.app.client.ended = [*durable, other]
    assert purge(ops, run).body["purged"] == 2
    assert set(ops.app.client.instances) == {other}


def test_resource_is_retried_in_a_run_of_its_own(ops: Ops, run: Run, services: Services):
    refused = ops.post(f"runs/{run.run_id}/resources/users/retry")
    assert (refused.status, refused.body["code"]) == (409, "sync_running")
    terminate(ops, run)
    answer = ops.post(f"runs/{run.run_id}/resources/users/retry")
    assert (answer.status, keeps("RunStarted", answer.body)) == (202, True)
    begun = services.runs.read(answer.body["runId"])
    assert begun
    assert (begun.only, begun.previous_run_id) == ("users", run.run_id)
    assert begun.run_id in ops.app.client.starts
    assert ops.post(f"runs/{run.run_id}/resources/mail/retry").body["code"] == "resource_unknown"


@pytest.mark.parametrize("act", ["terminate", "purge", "resources/users/retry"])
def test_another_msps_run_cannot_be_touched(ops: Ops, run: Run, durable: list[str], tables: MemoryTables, act: str):
    before = snapshot(tables)
    answer = Ops(ops.app, OTHER_MSP).post(f"runs/{run.run_id}/{act}")
    assert (answer.status, answer.body["code"]) == (404, "run_unknown")
    assert snapshot(tables) == before
    assert (ops.app.client.ended, set(ops.app.client.instances)) == ([], set(durable))


def test_operator_acts_for_any_msp_and_is_named_in_its_audit_trail(operator: Ops, ops: Ops, run: Run):
    assert terminate(operator, run).body["terminated"] is True
    entries = ops.app.call("GET", "/api/msp-portal/audit", portal_token("Onboarding.Ops")).body["items"]
    (entry,) = [entry for entry in entries if entry["action"] == "sync_terminated"]
    assert (entry["actorMspTenantId"], entry["detail"]) == (operator.msp, {"runId": run.run_id})
    assert operator.post(f"runs/{run.run_id}/resources/users/retry").status == 202


def test_terminate_interrupted_anywhere_is_finished_by_the_next_one(
    ops: Ops, run: Run, durable: list[str], services: Services, monkeypatch: pytest.MonkeyPatch
):
    class DiedError(Exception):
        pass

    def died(*_: object) -> None:
        raise DiedError

    with monkeypatch.context() as patch:
        patch.setattr("tenantsync.runs.cancelling.terminate_run", died)
        assert terminate(ops, run).status == 500
    assert ops.app.client.ended == []
    assert terminate(ops, run).body["terminated"] is True
    assert ops.app.client.ended == durable
    assert ("sync_terminated", "technician") in audited(ops)
