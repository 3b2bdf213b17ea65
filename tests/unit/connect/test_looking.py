"""The look at a tenant before it is connected: nothing is stored, and nobody learns of other MSPs."""

from collections.abc import Sequence
from typing import Any

import pytest

from tenantsync.matching.tenants import TenantMatcher
from tenantsync.services import Services
from tenantsync.wire import CONNECT_RATE_TABLE
from tests.app import Answer, App
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import MSP, OTHER_MSP, TENANT, FakeMicrosoft, portal_token
from tests.fakes.microsoft import Answer as Reply
from tests.fakes.partner import ROOT, FakePartner
from tests.unit.journey import connect, connected

NOW = "2026-03-02T09:00:00.000Z"
TOKEN = f"/{MSP}/oauth2/v2.0/token"


def look(tenant: str = "contoso.com", msp: str = MSP) -> Answer:
    token = portal_token("Onboarding.Connect", msp=msp)
    return App().call("GET", f"/api/msp-portal/tenants/preflight?tenant={tenant}", token)


def access(**more: str) -> dict[str, Any]:
    found: dict[str, Any] = look(**more).body["access"]
    return found


def approve(partner: FakePartner) -> None:
    """The customer approves, and somebody looks."""
    partner.approve()
    path = f"/api/msp-portal/relationships/{partner.only.relationship_id}"
    App().call("GET", path, portal_token("Onboarding.Read"))


def rows(tables: MemoryTables) -> dict[str, int]:
    return {table: len(tables.rows(table)) for table in list(tables.tables) if table != CONNECT_RATE_TABLE}


def test_look_answers_the_contract_and_stores_nothing(services: Services, tables: MemoryTables):
    look()
    before = rows(tables)
    answer = look()
    assert answer.status == 200
    assert set(answer.body) == {"tenantId", "tenantDomain", "cloud", "checks", "permissions", "customers", "access"}
    assert (answer.body["tenantId"], answer.body["tenantDomain"]) == (TENANT, "contoso.com")
    assert rows(tables) == before
    assert not any(before.values())


def test_tenant_may_be_named_by_its_guid(services: Services):
    answer = look(TENANT.upper())
    assert (answer.status, answer.body["tenantId"], answer.body["tenantDomain"]) == (200, TENANT, None)


def test_typing_has_a_budget_of_its_own(services: Services, clock: FakeClock):
    most = services.settings.connect_rate_per_minute
    for _ in range(most):
        services.preflight_rate.take(MSP, clock.now())
    refused = look()
    assert (refused.status, refused.body["code"]) == (429, "rate_limited")
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert look(msp=OTHER_MSP).status == 200
    connect(services)
    for _ in range(most - 1):
        services.connect_rate.take(MSP, clock.now())
    clock.advance(60)
    assert look().status == 200


def test_connecting_does_not_use_up_the_budget_of_typing(services: Services, clock: FakeClock):
    for _ in range(services.settings.connect_rate_per_minute):
        services.connect_rate.take(MSP, clock.now())
    assert look().status == 200


def test_own_tenant_that_is_connected_names_its_customer(services: Services, microsoft: FakeMicrosoft):
    run = connected(services, microsoft)
    refused = look()
    assert (refused.status, refused.body["code"]) == (409, "tenant_already_connected")
    assert (refused.body["customerId"], refused.body["customerName"]) == (run.customer_id, "Contoso")
    assert refused.body["tenantId"] == TENANT


def test_tenant_that_waits_for_its_administrator_can_still_be_looked_at(services: Services):
    connect(services)
    assert look().status == 200


def test_customers_it_may_belong_to_are_named_the_likeliest_first(services: Services):
    likely = services.customers.find_or_create(MSP, "Contoso AG", NOW)
    for name in ("Contoso Berlin", "Contoso Hamburg", "Contoso Bremen", "Fabrikam"):
        services.customers.find_or_create(MSP, name, NOW)
    services.customers.find_or_create(OTHER_MSP, "Contoso", NOW)
    found = look().body["customers"]
    assert len(found) <= 3
    assert found[0] == {"customerId": likely.customer_id, "name": "Contoso AG"}
    assert "Fabrikam" not in [item["name"] for item in found]
    assert [item["name"] for item in look(msp=OTHER_MSP).body["customers"]] == ["Contoso"]


def test_thousands_of_rows_are_read_by_named_columns(
    services: Services, tables: MemoryTables, monkeypatch: pytest.MonkeyPatch
):
    """Whoever is typing waits for it, and whole rows take many times the CPU."""
    scanned: dict[str, list[str]] = {}

    def scan(table: str, *partition: str, columns: Sequence[str] = (), **more: Any) -> Any:
        scanned.setdefault(table, []).extend(columns or ["everything"])
        return MemoryTables.scan(tables, table, *partition, columns=columns, **more)

    monkeypatch.setattr(tables, "scan", scan)
    TenantMatcher(MSP, services)
    assert {"Tenants", "Customers", "Placements"} <= scanned.keys()
    assert not any("everything" in columns for columns in scanned.values())


def test_without_the_partners_permission_direct_is_the_way(services: Services):
    assert access() == {"recommended": "direct", "gdapReady": False, "legacy": False, "relationship": None}


def test_with_the_partners_permission_gdap_is_recommended(
    services: Services, microsoft: FakeMicrosoft, clock: FakeClock
):
    FakePartner(microsoft, clock)
    assert access() == {"recommended": "gdap", "gdapReady": True, "legacy": False, "relationship": None}
    assert not [asked for asked in microsoft.asked if asked.path.startswith(ROOT)]


def test_permission_that_was_granted_just_now_is_seen(services: Services, microsoft: FakeMicrosoft, clock: FakeClock):
    microsoft.consented[MSP] = ("Group.Read.All",)
    assert access()["gdapReady"] is False
    FakePartner(microsoft, clock)
    assert access()["gdapReady"] is True


def test_silence_of_microsoft_is_no_answer_and_stops_nothing(services: Services, microsoft: FakeMicrosoft):
    microsoft.overrides[TOKEN] = lambda asked: Reply(b"", 503)
    assert access() == {"recommended": "direct", "gdapReady": None, "legacy": False, "relationship": None}


def test_nobody_is_a_partner_of_his_own_tenant(services: Services, microsoft: FakeMicrosoft, clock: FakeClock):
    FakePartner(microsoft, clock)
    shown = access(tenant=MSP)
    assert (shown["recommended"], shown["gdapReady"]) == ("direct", False)


@pytest.mark.parametrize("is_approved", [False, True])
def test_relationship_on_its_way_or_active_is_shown(
    services: Services, microsoft: FakeMicrosoft, clock: FakeClock, is_approved: bool
):
    partner = FakePartner(microsoft, clock)
    asked = {"tenant": "contoso.com"}
    App().call("POST", "/api/msp-portal/relationships", portal_token("Onboarding.Connect"), asked)
    if is_approved:
        approve(partner)
    shown = access()["relationship"]
    assert shown["status"] == ("active" if is_approved else "approval_pending")
    assert shown["expiresAt"]
    assert access(msp=OTHER_MSP)["relationship"] is None


def test_dap_that_was_seen_is_legacy_until_gdap_is_active(
    services: Services, microsoft: FakeMicrosoft, clock: FakeClock
):
    partner = FakePartner(microsoft, clock)
    connect(services, access={"model": "gdap"})
    services.tenants.change(MSP, TENANT, has_dap=True)
    assert access()["legacy"] is True
    approve(partner)
    assert access()["legacy"] is False
