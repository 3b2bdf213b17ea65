"""The daily look at every tenant's consent."""

import logging
from dataclasses import dataclass, field, replace

import pytest

from activities.check_consent import check_consent, list_tenants
from activities.finish_run import finish_run
from tenantsync.identity.caller import Caller, Role
from tenantsync.runs.syncing import begin_sync
from tenantsync.services import Services
from tenantsync.store.runs import Run, RunState
from tenantsync.store.tenants import ManagedTenant
from tests.app import App
from tests.fakes.clock import FakeClock
from tests.fakes.microsoft import ALL_ROLES, MSP, OTHER_MSP, TENANT, Answer, FakeMicrosoft, portal_token
from tests.telemetry import Telemetry
from tests.unit.journey import connect, connected

TOKEN = f"/{TENANT}/oauth2/v2.0/token"


@dataclass
class Announced:
    events: list[str] = field(default_factory=list)

    def __call__(self, event: str, tenant: ManagedTenant, key: str, at: str) -> None:
        self.events.append(event)


@pytest.fixture
def run(services: Services, microsoft: FakeMicrosoft) -> Run:
    return connected(services, microsoft)


@pytest.fixture
def announced(services: Services, monkeypatch: pytest.MonkeyPatch) -> Announced:
    told = Announced()
    monkeypatch.setattr(services.notifier, "announce", told)
    return told


def state(path: str = "/sync-status") -> str:
    answer = App().call("GET", f"/api/msp-portal/tenants/{TENANT}{path}", portal_token("Onboarding.Read"))
    return str(answer.body["state"])


@pytest.mark.parametrize(("error", "code"), [("unauthorized_client", 700016), ("invalid_client", 7000112)])
def test_revoked_consent_is_found_shown_and_told_once(
    services: Services,
    microsoft: FakeMicrosoft,
    run: Run,
    announced: Announced,
    caplog: pytest.LogCaptureFixture,
    error: str,
    code: int,
):
    microsoft.overrides[TOKEN] = lambda asked: Answer({"error": error, "error_codes": [code]}, 400)
    with caplog.at_level(logging.INFO, logger="tenantsync"):
        for _ in range(2):
            assert check_consent(MSP, TENANT, services) == {"consent": "revoked"}
    assert caplog.messages.count(f"consent_lost tenant_id={TENANT}") == 1
    assert announced.events == ["consent_lost"]
    assert state() == "revoked"
    del microsoft.overrides[TOKEN]
    assert check_consent(MSP, TENANT, services) == {"consent": "granted"}
    assert state() == "completed"


def test_token_without_roles_is_a_revoked_consent(services: Services, microsoft: FakeMicrosoft, run: Run):
    microsoft.consented[TENANT] = ()
    assert check_consent(MSP, TENANT, services) == {"consent": "revoked"}


def test_what_cannot_be_checked_changes_nothing(
    services: Services, microsoft: FakeMicrosoft, run: Run, announced: Announced
):
    slowed = [Answer({"error": "invalid_request", "error_codes": [code]}, 400) for code in (90055, 50196, 90033)]
    for answer in (*slowed, Answer(b"", 503), Answer({"error": "invalid_client", "error_codes": [7000222]}, 401)):
        microsoft.overrides[TOKEN] = lambda asked, answer=answer: answer
        assert check_consent(MSP, TENANT, services) == {"consent": "unknown"}
    assert (state(), announced.events) == ("completed", [])


def test_changed_permissions_are_noted(services: Services, microsoft: FakeMicrosoft, run: Run):
    microsoft.consented[TENANT] = ALL_ROLES[:-1]
    check_consent(MSP, TENANT, services)
    tenant = services.tenants.read(MSP, TENANT)
    assert tenant
    assert "Reports.Read.All" not in tenant.app_permissions
    entries = App().call("GET", "/api/msp-portal/audit", portal_token("Onboarding.Ops")).body["items"]
    changed = next(entry for entry in entries if entry["action"] == "consent_changed")
    assert changed["detail"] == {"added": [], "removed": ["Reports.Read.All"]}


def test_tenant_of_somebody_else_is_left_alone(services: Services, microsoft: FakeMicrosoft, run: Run):
    owner = services.owners.read(TENANT)
    assert owner
    services.owners.release(owner)
    microsoft.consented = {}
    assert check_consent(MSP, TENANT, services) == {"consent": "unknown"}


def test_list_goes_through_all_msps_and_leaves_out_who_waits(services: Services, run: Run):
    connect(services, tenant="fabrikam.com", caller=Caller(OTHER_MSP, "t", frozenset({Role.CONNECT})))
    for number in range(45):
        row = services.tenants.read(MSP, TENANT)
        assert row
        services.tenants.open(replace(row, tenant_id=f"00000000-0000-4000-8000-{number:012x}"))
    seen: list[str] = []
    cursor, pages = "", 0
    while True:
        page = list_tenants(cursor, services)
        seen += [item["tenantId"] for item in page["tenants"]]
        cursor, pages = page["cursor"], pages + 1
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 46
    assert pages < 10


def test_loss_a_sync_has_noticed_rings_the_alert_once(
    services: Services, run: Run, telemetry: Telemetry, caplog: pytest.LogCaptureFixture
):
    connection = services.connections.read(MSP, run.connection_id)
    assert connection
    later = begin_sync(connection, "delta", services)
    assert later
    with caplog.at_level(logging.INFO, logger="tenantsync"):
        for _ in range(2):
            finish_run(later.run_id, services, problem={"code": "consent_lost", "microsoftCode": "AADSTS7000112"})
    assert caplog.messages.count(f"consent_lost tenant_id={TENANT}") == 1
    assert (state(), telemetry.sum("connect.consents", outcome="consent_lost")) == ("revoked", 1)


def test_permission_taken_back_is_shown_and_told_before_the_next_sync(
    services: Services, microsoft: FakeMicrosoft, run: Run, announced: Announced
):
    microsoft.consented[TENANT] = ALL_ROLES[:-1]
    for _ in range(2):
        check_consent(MSP, TENANT, services)
    assert (state(), announced.events) == ("needs_reconsent", ["consent_lost"])
    problem = (
        App()
        .call("GET", f"/api/msp-portal/tenants/{TENANT}/sync-status", portal_token("Onboarding.Read"))
        .body["problem"]
    )
    assert (problem["code"], "Reports.Read.All" in problem["message"]) == ("needs_reconsent", True)
    microsoft.consented[TENANT] = ALL_ROLES
    check_consent(MSP, TENANT, services)
    assert state() == "completed"


def test_link_that_expired_does_not_hide_a_revoked_consent(
    services: Services, microsoft: FakeMicrosoft, run: Run, clock: FakeClock
):
    services.runs.change(run.run_id, even_ended=True, state=RunState.FAILED)
    connect(services)
    clock.advance(8 * 24 * 3600)
    microsoft.consented = {}
    assert check_consent(MSP, TENANT, services) == {"consent": "revoked"}
    assert state("") == "revoked"


def test_removal_that_was_never_started_is_found(services: Services, run: Run, clock: FakeClock):
    services.owners.change(TENANT, when=lambda _: True, leaving_since="2026-03-02T09:00:00Z")
    services.note_state(MSP, TENANT, "disconnecting")
    page = list_tenants(f"{MSP} ", services)
    assert page["leaving"] == []  # it may be under way
    clock.advance(24 * 3600)
    expected = {"mspId": MSP, "tenantId": TENANT, "connectionId": run.connection_id}
    assert list_tenants(f"{MSP} ", services)["leaving"] == [expected]


def test_removal_is_found_although_the_disconnect_died_right_at_its_beginning(
    services: Services, run: Run, clock: FakeClock
):
    services.owners.change(TENANT, when=lambda _: True, leaving_since="2026-03-02T09:00:00Z")
    clock.advance(24 * 3600)
    assert [job["tenantId"] for job in list_tenants(f"{MSP} ", services)["leaving"]] == [TENANT]


def test_removal_is_never_of_another_owners_inventory(services: Services, run: Run, clock: FakeClock):
    services.note_state(MSP, TENANT, "disconnecting")
    owner = services.owners.read(TENANT)
    assert owner
    services.owners.change(TENANT, when=lambda _: True, msp_id=OTHER_MSP, leaving_since="2026-03-02T09:00:00Z")
    clock.advance(24 * 3600)
    assert list_tenants(f"{MSP} ", services)["leaving"] == []
