"""Why a tenant in a list is in its state: noted with the state, gone with it, and the same as sync-status says."""

from dataclasses import replace
from typing import Any

import pytest

from activities.check_consent import check_consent
from activities.finish_run import finish_run
from activities.verify_consent import verify_consent
from tenantsync.runs.syncing import begin_sync
from tenantsync.services import Services
from tenantsync.store.progress import ResourceProgress, ResourceState
from tenantsync.store.runs import Run, RunState
from tenantsync.wire import CONNECTIONS_TABLE, RUNS_TABLE, TENANTS_TABLE
from tests.app import App
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import ALL_ROLES, MSP, TENANT, FakeMicrosoft, portal_token
from tests.fakes.orchestrations import Started
from tests.unit.journey import connect, connected, onboard, redirect, state_of

RESOURCES = ("users", "devices", "mailboxes")


def show(path: str) -> Any:
    return App().call("GET", f"/api/msp-portal/tenants{path}", portal_token("Onboarding.Read")).body


def listed() -> tuple[str, Any]:
    """State and problem of the one tenant in the list, which its details say, too."""
    (item,) = show("")["items"]
    details = show(f"/{TENANT}")
    assert (details["state"], details["problem"]) == (item["state"], item["problem"])
    return item["state"], item["problem"]


def code() -> tuple[str, str | None]:
    state, problem = listed()
    return state, problem and problem["code"]


def decline(services: Services) -> None:
    said = {"error": "access_denied", "error_description": "AADSTS65004: declined"}
    redirect(services, Started(), state=state_of(connect(services)["authUrl"]), **said)


def end(run: Run, services: Services, *problems: tuple[ResourceState, str]) -> None:
    """Ends a verified run whose resources came to this."""
    plan = [
        ResourceProgress(run_id=run.run_id, resource=key, position=at, weight=1, state=state, problem_code=problem)
        for at, (key, (state, problem)) in enumerate(zip(RESOURCES, problems, strict=True))
    ]
    services.runs.plan(plan)
    finish_run(run.run_id, services)


@pytest.fixture
def run(services: Services, microsoft: FakeMicrosoft) -> Run:
    """A run whose consent is verified."""
    run = onboard(services, microsoft)
    verify_consent(run.run_id, 5, services)
    return run


FINE = (ResourceState.COMPLETED, "")
MISSING = (ResourceState.SKIPPED, "permission_missing")


def test_tenant_that_is_well_has_no_problem(services: Services, run: Run):
    assert listed() == ("syncing", None)
    end(run, services, FINE, (ResourceState.SKIPPED, "not_licensed"), FINE)
    assert listed() == ("completed", None)


def test_declined_link_says_so_as_sync_status_does(services: Services):
    decline(services)
    state, problem = listed()
    assert (state, problem["code"], problem["owner"]) == ("declined", "consent_declined", "customer_admin")
    assert problem["microsoftCode"] == "AADSTS65004"
    assert problem == show(f"/{TENANT}/sync-status")["problem"]


def test_new_link_makes_the_problem_of_the_old_one_forgotten(services: Services):
    decline(services)
    connect(services)
    assert listed() == ("awaiting_consent", None)


def test_link_nobody_opened_has_expired(services: Services, clock: FakeClock):
    connect(services)
    clock.advance(8 * 24 * 3600)
    assert code() == ("expired", "link_expired")


def test_failed_run_says_why_as_sync_status_does(services: Services, run: Run):
    finish_run(run.run_id, services, problem={"code": "microsoft_unavailable", "message": "503"})
    state, problem = listed()
    assert (state, problem["code"]) == ("failed", "microsoft_unavailable")
    assert problem == show(f"/{TENANT}/sync-status")["problem"]


def test_sync_with_issues_names_the_first_one_and_whom_it_concerns(services: Services, run: Run):
    end(run, services, FINE, MISSING, MISSING)
    state, problem = listed()
    assert (state, problem["code"]) == ("completed_with_issues", "permission_missing")
    assert problem["message"].endswith(": Intune devices, Exchange mailboxes")


def test_next_sync_makes_the_problem_of_the_last_one_forgotten(services: Services, run: Run):
    end(run, services, FINE, MISSING, MISSING)
    connection = services.connections.read(MSP, run.connection_id)
    assert connection
    begin_sync(connection, "full", services)
    assert listed() == ("verifying", None)


def test_lost_consent_is_the_problem_until_it_is_back(services: Services, microsoft: FakeMicrosoft, run: Run):
    end(run, services, FINE, MISSING, FINE)
    microsoft.consented[TENANT] = ()
    check_consent(MSP, TENANT, services)
    assert code() == ("revoked", "consent_lost")
    microsoft.consented[TENANT] = ALL_ROLES
    check_consent(MSP, TENANT, services)
    assert code() == ("completed_with_issues", "permission_missing")


def test_permission_taken_back_is_named(services: Services, microsoft: FakeMicrosoft, run: Run):
    end(run, services, FINE, FINE, FINE)
    microsoft.consented[TENANT] = ALL_ROLES[:-1]
    check_consent(MSP, TENANT, services)
    state, problem = listed()
    assert (state, problem["code"]) == ("needs_reconsent", "needs_reconsent")
    assert "Reports.Read.All" in problem["message"]


def test_rows_of_an_older_release_have_no_problem(services: Services, microsoft: FakeMicrosoft, tables: MemoryTables):
    connected(services, microsoft, RunState.FAILED)
    rows = tables.tables[TENANTS_TABLE][MSP]
    old = {name: value for name, value in rows[TENANT].values.items() if not name.startswith("problem_")}
    rows[TENANT] = replace(rows[TENANT], values=old)
    assert listed() == ("failed", None)


def test_list_asks_neither_runs_nor_connections(
    services: Services, run: Run, tables: MemoryTables, monkeypatch: pytest.MonkeyPatch
):
    end(run, services, FINE, MISSING, MISSING)
    asked: list[str] = []
    for name in ("read", "read_many", "scan"):
        real = getattr(tables, name)
        monkeypatch.setattr(
            tables, name, lambda table, *a, _real=real, **k: (asked.append(table), _real(table, *a, **k))[1]
        )
    assert show("")["items"][0]["problem"]["code"] == "permission_missing"
    assert TENANTS_TABLE in asked
    assert not {RUNS_TABLE, CONNECTIONS_TABLE} & set(asked)
