"""A store that comes back older than what Durable remembers: no run is closed over a part of its resources."""

from dataclasses import replace

import pytest

from activities.finish_run import finish_run
from activities.plan_sync import plan_sync
from activities.verify_consent import verify_consent
from tenantsync.errors import TransientError
from tenantsync.resources.registry import RESOURCES
from tenantsync.services import Services
from tenantsync.store.runs import Run, RunState
from tenantsync.wire import RUNS_TABLE
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import FakeMicrosoft
from tests.unit.journey import onboard


@pytest.fixture
def run(services: Services, microsoft: FakeMicrosoft) -> Run:
    return onboard(services, microsoft)


def state_of(services: Services, run: Run) -> str:
    found = services.runs.read(run.run_id)
    assert found
    return found.state


def forget_after(tables: MemoryTables, run: Run, stored: int) -> None:
    """As if the store had saved only so many resources of the plan."""
    kept = [f"resource_{spec.key}" for spec in reversed(RESOURCES)][:stored]
    forgotten = [f"resource_{spec.key}" for spec in RESOURCES if f"resource_{spec.key}" not in kept]
    tables.delete(RUNS_TABLE, run.run_id, forgotten)


def end_resources(services: Services, run: Run) -> None:
    for item in services.runs.read_resources(run.run_id):
        stored = services.runs.read_resource(run.run_id, item.resource)
        assert stored
        services.runs.checkpoint(replace(item, state="completed"), stored.etag)


@pytest.mark.parametrize("stored", range(len(RESOURCES)))
def test_run_of_which_resources_are_forgotten_is_planned_again(
    services: Services, tables: MemoryTables, run: Run, stored: int
):
    verify_consent(run.run_id, 5, services)
    plan_sync(run.run_id, services)
    end_resources(services, run)
    forget_after(tables, run, stored)
    assert finish_run(run.run_id, services, force=True) == {"unfinished": []}
    assert state_of(services, run) == RunState.SYNCING
    plan_sync(run.run_id, services)
    assert len(services.runs.read_resources(run.run_id)) == len(RESOURCES)
    end_resources(services, run)
    assert finish_run(run.run_id, services)["state"] == RunState.COMPLETED


def test_run_whose_proof_of_consent_is_forgotten_is_not_closed_without_it(services: Services, run: Run):
    plan_sync(run.run_id, services)
    end_resources(services, run)
    assert finish_run(run.run_id, services) == {"unfinished": []}
    assert (state_of(services, run), services.owners.read(run.tenant_id)) == (RunState.VERIFYING, None)


def test_run_that_failed_to_verify_is_closed_with_its_problem(services: Services, run: Run):
    finish_run(run.run_id, services, problem={"code": "consent_not_found"})
    assert state_of(services, run) == RunState.FAILED


def test_plan_that_was_interrupted_has_not_its_first_resource(services: Services, tables: MemoryTables, run: Run):
    verify_consent(run.run_id, 5, services)
    insert, left = tables.insert, [3]

    def fail_in_the_middle(table: str, row: dict[str, object]) -> None:
        left[0] -= table == RUNS_TABLE
        if left[0] < 0:
            raise TransientError("storage_unavailable")
        insert(table, row)

    tables.insert = fail_in_the_middle  # type: ignore[assignment,method-assign]
    with pytest.raises(TransientError):
        plan_sync(run.run_id, services)
    found = services.runs.read_resources(run.run_id)
    assert [item.resource for item in found] == [spec.key for spec in RESOURCES][-3:]
