"""Each PSA from end to end in process: connected, rehearsed, synced to customers, and told about an onboarding."""

from collections.abc import Iterator

import pytest

from tenantsync.matching.companies import place_companies
from tenantsync.outbound import Outbound
from tenantsync.psa.registry import psa_kinds
from tenantsync.services import Services, build_services, using
from tenantsync.settings import Settings
from tenantsync.tickets import deliver_ticket_notes
from tests.app import App
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import GRAPH, LOGIN, TENANT, FakeMicrosoft, portal_token
from tests.fakes.psa import SETTINGS, FakePsa
from tests.fakes.psa.autotask import FakeAutotask
from tests.fakes.psa.connectwise import FakeConnectWise
from tests.fakes.psa.halopsa import FakeHalo
from tests.services import SECRETS_KEY
from tests.unit.companies.play import latest, play
from tests.unit.journey import connect

TOKEN = portal_token("Onboarding.Connect", "Onboarding.Read")


@pytest.fixture(params=(FakeConnectWise, FakeAutotask, FakeHalo), ids=lambda kind: kind.provider)
def psa(request: pytest.FixtureRequest) -> Iterator[FakePsa]:
    made: FakePsa = request.param()
    yield made
    assert made.violations == []


@pytest.fixture
def services(psa: FakePsa, tables: MemoryTables, microsoft: FakeMicrosoft) -> Iterator[Services]:
    settings = Settings.from_env({**SETTINGS, "SECRETS_KEY": SECRETS_KEY})
    outbound, kinds = Outbound((LOGIN, GRAPH), adapter=microsoft), psa_kinds(settings, psa.clock, psa)
    built = build_services(settings, tables=tables, clock=psa.clock, outbound=outbound, psa_kinds=kinds)
    with using(built):
        yield built


def test_psa_is_connected_synced_and_told(psa: FakePsa, services: Services, tables: MemoryTables):
    app, url = App(), f"/api/msp-portal/psa/{psa.provider}"
    psa.add(120)
    connected = app.call("PUT", url, TOKEN, psa.values)
    assert connected.status == 200, connected.body
    assert not set(psa.secrets) & set(connected.body["values"].values())
    tested = app.call("POST", f"{url}/test", TOKEN)
    assert (tested.status, tested.body["counts"]["created"]) == (200, 120)
    assert app.call("POST", f"{url}/sync", TOKEN).status == 202
    done = play(latest(services, psa.provider), services, psa.clock, place_companies)
    assert (done.state, done.created) == ("completed", 120)
    for kind in ("incremental", "full"):
        psa.clock.advance(3600)
        app.call("POST", f"{url}/sync?kind={kind}", TOKEN)
        again = play(latest(services, psa.provider), services, psa.clock, place_companies)
        assert (again.state, again.created, again.changed, again.deactivated) == ("completed", 0, 0, 0)
    gone = psa.rows.pop()
    app.call("POST", f"{url}/sync?kind=full", TOKEN)
    assert play(latest(services, psa.provider), services, psa.clock, place_companies).deactivated == 1
    psa.rows.append(gone)
    connect(services, ticketRef={"ref": f"{psa.provider}:{psa.ticket_reference}", "closeWhenReady": True})
    deliver_ticket_notes(services)
    assert len(psa.notes) == 1
    status = app.call("GET", f"/api/msp-portal/tenants/{TENANT}/sync-status", TOKEN).body
    assert status["ticket"]["state"] == "posted"
    stored = [row.values for table in tables.tables for row in tables.rows(table)]
    for secret in psa.secrets:
        assert secret not in str(stored) + str(status)


def test_blind_user_changes_nothing(psa: FakePsa, services: Services):
    app, url = App(), f"/api/msp-portal/psa/{psa.provider}"
    psa.add(30)
    app.call("PUT", url, TOKEN, psa.values)
    app.call("POST", f"{url}/sync", TOKEN)
    play(latest(services, psa.provider), services, psa.clock, place_companies)
    psa.is_blind = True
    app.call("POST", f"{url}/sync?kind=full", TOKEN)
    done = play(latest(services, psa.provider), services, psa.clock, place_companies)
    assert (done.state, done.deactivated) in (("held", 0), ("failed", 0))


def test_company_that_cannot_be_read_any_more_stays_a_customer(psa: FakePsa, services: Services):
    app, url = App(), f"/api/msp-portal/psa/{psa.provider}"
    psa.add(30)
    app.call("PUT", url, TOKEN, psa.values)
    app.call("POST", f"{url}/sync", TOKEN)
    play(latest(services, psa.provider), services, psa.clock, place_companies)
    for row, name in zip(psa.rows, (None, "", 7, "x" * 10_000_000), strict=False):
        row[psa.name_key] = name
    assert app.call("POST", f"{url}/test", TOKEN).body["counts"]["deactivated"] == 0
    app.call("POST", f"{url}/sync?kind=full", TOKEN)
    done = play(latest(services, psa.provider), services, psa.clock, place_companies)
    assert (done.state, done.unusable, done.deactivated) == ("completed", 4, 0)
