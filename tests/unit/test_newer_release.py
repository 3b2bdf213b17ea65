"""After a roll-back, what only the newer release understands stops no pass over the others, and is taken up later."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from activities.admit_run import admit_run
from activities.check_consent import list_tenants
from tenantsync.company_syncing import start_due_company_syncs
from tenantsync.handover import finish_handovers
from tenantsync.partner.watches import mend_watches
from tenantsync.psa.port import Ticket
from tenantsync.runs.syncing import start_due
from tenantsync.runs.watchdog import watch_runs
from tenantsync.services import Services
from tenantsync.store.outbox import Notification, Outbox, Webhook, Webhooks
from tenantsync.store.relationships import OwnRelationship
from tenantsync.store.runs import Run, RunState
from tenantsync.store.ticket_notes import TicketNote
from tenantsync.store.transfers import Transfer, TransferState
from tenantsync.tickets import deliver_ticket_notes
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import MSP, OTHER_MSP, TENANT, FakeMicrosoft
from tests.fakes.orchestrations import Started
from tests.fakes.scripted_psa import FakePsa
from tests.unit.companies.play import connect as connect_psa
from tests.unit.journey import connect, connected, put_resource

FIRST = "00000000-0000-4000-8000-000000000001"
"""In every list before what the tests connect."""
NOW = "2026-01-01T00:00:00.000Z"


class Newer:
    """The release that has been rolled back."""

    def __init__(self, tables: MemoryTables) -> None:
        self._tables = tables
        self._rows: list[tuple[str, dict[str, Any]]] = []

    def write(self, table: str, partition: str, key: str) -> None:
        row = self._tables.read(table, partition, key)
        assert row
        self._rows.append((table, dict(row.values)))
        self._tables.upsert(table, {**row.values, "schema": 99})

    def come_back(self) -> None:
        for table, row in self._rows:
            self._tables.upsert(table, row)


@pytest.fixture
def newer(tables: MemoryTables) -> Newer:
    return Newer(tables)


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Whatever is left is told in the log."""
    with caplog.at_level("INFO", logger="tenantsync"):
        yield caplog
    assert any("left_to_newer_release" in record.getMessage() for record in caplog.get_records("call"))


def another_tenant(services: Services, run: Run) -> None:
    """A second tenant of the same MSP, before the first one, with a connection and a run of its own."""
    tenant, owner = services.tenants.read(MSP, TENANT), services.owners.read(TENANT)
    connection = services.connections.read(MSP, run.connection_id)
    assert tenant
    assert owner
    assert connection
    services.runs.create(replace(run, run_id=FIRST, tenant_id=FIRST, connection_id=FIRST))
    services.connections.create(replace(connection, connection_id=FIRST, tenant_id=FIRST, run_id=FIRST))
    services.owners.claim(replace(owner, tenant_id=FIRST, connection_id=FIRST))
    services.tenants.open(replace(tenant, tenant_id=FIRST, connection_id=FIRST))
    services.tenants.change(MSP, FIRST, consent=tenant.consent, synced_at=tenant.synced_at)


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(("table", "partition", "key"), [("Tenants", MSP, FIRST), ("Connections", MSP, FIRST)])
def test_syncs_of_the_others_are_started_when_they_are_due(
    services: Services, microsoft: FakeMicrosoft, clock: FakeClock, newer: Newer, table: str, partition: str, key: str
):
    run = connected(services, microsoft)
    services.tenants.change(MSP, TENANT, synced_at=run.started_at)
    another_tenant(services, run)
    newer.write(table, partition, key)
    clock.advance(24 * 3600)
    assert start_due(services, Started()) == 1
    newer.come_back()
    assert start_due(services, Started()) == 1


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("key", ["run", "resource_users"])
def test_other_runs_are_watched(services: Services, microsoft: FakeMicrosoft, clock: FakeClock, newer: Newer, key: str):
    run = connected(services, microsoft, RunState.SYNCING)
    another_tenant(services, run)
    put_resource(services, FIRST)
    newer.write("Runs", FIRST, key)
    clock.advance(600)
    started = Started()
    assert watch_runs(services, started) == 1
    newer.come_back()
    clock.advance(300)
    watch_runs(services, started)
    assert started.runs[:2] == [run.run_id, FIRST]


@pytest.mark.usefixtures("told")
def test_others_get_their_place(services: Services, microsoft: FakeMicrosoft, newer: Newer):
    """One that has ended without giving its place back, one that stands first in the line, one that has a place."""
    small, run = replace(services, settings=replace(services.settings, runs_at_once=2)), connected(services, microsoft)
    for name in ("held", "ended", "first", "mine"):
        services.runs.create(replace(run, run_id=name, tenant_id=name, state=RunState.SYNCING, started_at=NOW))
        admit_run(name, small)
    newer.write("Runs", "held", "run")
    newer.write("Runs", "first", "run")
    services.runs.change("ended", state=RunState.COMPLETED)
    assert [admit_run("mine", small)["state"] for _ in range(3)] == ["waiting", "waiting", "admitted"]


@pytest.mark.usefixtures("told")
def test_other_transfers_are_finished(services: Services, newer: Newer):
    for transfer_id in (FIRST, TENANT):
        services.transfers.expect_accepting(transfer_id)
        services.transfers.create(
            Transfer(
                transfer_id=transfer_id,
                tenant_id=transfer_id,
                from_msp_id=MSP,
                to_msp_id=OTHER_MSP,
                state=TransferState.CANCELLED,
                created_at=NOW,
                created_by="",
                expires_at=NOW,
                updated_at=NOW,
            )
        )
    newer.write("Transfers", FIRST, "transfer")
    finish_handovers(services)
    assert services.transfers.list_accepting() == [FIRST]
    newer.come_back()
    finish_handovers(services)
    assert services.transfers.list_accepting() == []


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("table", ["PsaConnections", "PsaSyncs"])
def test_companies_of_other_psas_are_synced(services: Services, clock: FakeClock, newer: Newer, table: str):
    for provider in ("autotask", "connectwise"):
        connect_psa(services, provider)
    assert start_due_company_syncs(services, Started()) == 2
    newer.write(table, MSP, "autotask")
    clock.advance(3600)
    assert start_due_company_syncs(services, Started()) == 1
    newer.come_back()
    assert start_due_company_syncs(services, Started()) == 1


@pytest.mark.usefixtures("told")
def test_other_relationships_are_watched(services: Services, newer: Newer):
    for key in ("a", "b"):
        words = dict.fromkeys(("display_name", "customer_name", "duration", "roles"), "")
        services.relationships.create(
            OwnRelationship(msp_id=MSP, tenant_id=TENANT, key=key, created_at=NOW, updated_at=NOW, **words)
        )
    newer.write("Relationships", MSP, f"{TENANT}_a")
    started = Started()
    mend_watches(services, started)
    assert [job["key"] for _, job in started.started.values()] == ["b"]


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("table", ["Tenants", "TenantOwners"])
def test_consent_of_other_tenants_is_looked_at(
    services: Services, microsoft: FakeMicrosoft, newer: Newer, monkeypatch: pytest.MonkeyPatch, table: str
):
    """Also where all of a page are left out."""
    another_tenant(services, connected(services, microsoft))
    newer.write(table, *((MSP, FIRST) if table == "Tenants" else (FIRST, "owner")))
    monkeypatch.setattr("activities.check_consent._AT_ONCE", 1)
    seen, cursor = [], f"{MSP} "
    while cursor:
        page = list_tenants(cursor, services)
        seen += [item["tenantId"] for item in page["tenants"]]
        cursor = page["cursor"]
    assert seen[-1] == TENANT
    assert (FIRST in seen) == (table == "TenantOwners")


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(("table", "partition", "key"), [("Outbox", "pending", FIRST), ("Webhooks", MSP, "webhook")])
def test_other_msps_are_notified(
    services: Services,
    tables: MemoryTables,
    newer: Newer,
    monkeypatch: pytest.MonkeyPatch,
    table: str,
    partition: str,
    key: str,
):
    for event_id, msp_id in ((FIRST, MSP), (TENANT, OTHER_MSP)):
        Outbox(tables).add(Notification(event_id=event_id, msp_id=msp_id, body="{}", created_at=NOW, due_at=NOW))
        Webhooks(tables).put(Webhook(msp_id=msp_id, url="https://a.test", version="1", updated_at=NOW, updated_by=""))
    monkeypatch.setattr(type(services.notifier), "is_set_up", True)
    monkeypatch.setattr(type(services.notifier), "_send", lambda *_: "")
    newer.write(table, partition, key)
    assert services.notifier.deliver_due() == 1
    newer.come_back()
    assert services.notifier.deliver_due() == 1


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(("partition", "key"), [("pending", "a_2-consent"), ("a", "log")])
def test_other_tickets_are_told_and_each_in_its_order(
    services: Services, newer: Newer, monkeypatch: pytest.MonkeyPatch, partition: str, key: str
):
    notes = [
        TicketNote(
            connection_id=connection_id,
            step=step,
            msp_id=MSP,
            provider="connectwise",
            reference="1",
            text=f"{connection_id}{step[0]}",
            created_at=NOW,
            due_at=NOW,
        )
        for connection_id in ("a", "b")
        for step in ("1-link", "2-consent", "3-sync")
    ]
    for note in notes:
        services.ticket_notes.add(note)
    services.ticket_notes.note_problem(notes[0], "", "")
    told: list[str] = []
    monkeypatch.setattr("tenantsync.tickets._Pass._write", lambda _, note: told.append(note.text))
    newer.write("Tickets", partition, key)
    deliver_ticket_notes(services)
    assert sorted(told) == (["a1", "b1", "b2", "b3"] if partition == "pending" else ["b1", "b2", "b3"])
    newer.come_back()
    deliver_ticket_notes(services)
    assert [text for text in told if text.startswith("a")] == ["a1", "a2", "a3"]


@pytest.mark.usefixtures("told")
def test_ticket_waits_for_its_psa_however_long_that_takes(
    services: Services, psa: FakePsa, clock: FakeClock, newer: Newer
):
    """Its notes are given up after a day of failures; this is none."""
    psa.tickets = {"1": Ticket(ticket_id="t1", reference="1")}
    connect_psa(services)
    for _ in range(2):
        connect(services, ticketRef="1")
    before = list(services.ticket_notes.pending())
    newer.write("PsaConnections", MSP, "connectwise")
    for _ in range(60):
        assert deliver_ticket_notes(services) == 0
        clock.advance(3600)
    assert list(services.ticket_notes.pending()) == before
    newer.come_back()
    assert deliver_ticket_notes(services) == len(psa.notes["t1"]) == 2
