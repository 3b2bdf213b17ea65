"""The ticket round trip: each step told once and in its order, whatever is lost; and no onboarding stops for it."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from activities.finish_run import finish_run
from activities.plan_sync import plan_sync
from activities.verify_consent import verify_consent
from tenantsync import logs
from tenantsync.errors import Cause, RequestError, ThrottledError, TransientError
from tenantsync.problems import find_problem
from tenantsync.psa.port import Ticket
from tenantsync.psa_access import find_psa
from tenantsync.services import Services
from tenantsync.store.runs import Run, RunState
from tenantsync.store.ticket_notes import TicketNote, TicketNotes
from tenantsync.tickets import deliver_ticket_notes
from tenantsync.wire import TICKETS_TABLE
from tests.app import App
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import TENANT, FakeMicrosoft, portal_token
from tests.fakes.orchestrations import Started
from tests.fakes.scripted_psa import FakeAdapter, FakePsa
from tests.unit import journey
from tests.unit.companies.play import connect as connect_psa
from tests.unit.journey import connect, finish_sign_in, put_resource, redirect, run_of, sign_in_link, state_of

TOKEN = portal_token("Onboarding.Connect", "Onboarding.Read")
NUMBER = "12345"


@pytest.fixture
def ticketed(services: Services, psa: FakePsa) -> Services:
    """A connected PSA with one ticket."""
    psa.tickets = {NUMBER: Ticket(ticket_id="t1", reference=NUMBER)}
    connect_psa(services)
    return services


def notes(psa: FakePsa) -> list[str]:
    """The first lines of the ticket's notes."""
    return [text.splitlines()[0] for text in psa.notes.get("t1", [])]


def onboard(services: Services, microsoft: FakeMicrosoft, ticket: Any = NUMBER) -> Run:
    started = Started()
    link = sign_in_link(services, connect(services, ticketRef=ticket), started)
    finish_sign_in(services, microsoft, link, started)
    return run_of(services, started)


def finish(run: Run, services: Services) -> None:
    verify_consent(run.run_id, 5, services)
    put_resource(services, run.run_id)
    finish_run(run.run_id, services)


def shown(services: Services) -> Any:
    answer = App().call("GET", f"/api/msp-portal/tenants/{TENANT}/sync-status", TOKEN)
    assert answer.status == 200
    return answer.body["ticket"]


def test_every_step_is_told_in_its_order_and_ready_closes(
    ticketed: Services, microsoft: FakeMicrosoft, psa: FakePsa, tables: MemoryTables
):
    run = onboard(ticketed, microsoft, {"ref": f"connectwise:{NUMBER}", "closeWhenReady": True})
    assert shown(ticketed) == {
        "ref": f"connectwise:{NUMBER}",
        "state": "waiting",
        "closeWhenReady": True,
        "lastPostedAt": None,
        "problem": None,
    }
    verify_consent(run.run_id, 5, ticketed)
    plan_sync(run.run_id, ticketed)
    for item in ticketed.runs.read_resources(run.run_id):
        ticketed.runs.checkpoint(*_completed(run.run_id, item.resource, ticketed))
    finish_run(run.run_id, ticketed)
    assert deliver_ticket_notes(ticketed) == 4
    assert [text[:32] for text in notes(psa)] == [
        "The consent link for contoso.com",
        "The customer's administrator has",
        "The inventory is being read: Org",
        "The onboarding is complete.",
    ]
    assert psa.tickets[NUMBER].is_closed
    assert shown(ticketed)["state"] == "closed"
    assert [row.key for row in tables.rows(TICKETS_TABLE)] == ["log"]


def _completed(run_id: str, resource: str, services: Services) -> tuple[Any, str]:
    stored = services.runs.read_resource(run_id, resource)
    assert stored
    return replace(stored.progress, state="completed", verdict="complete", stored=3), stored.etag


def test_outcome_with_issues_names_them_and_leaves_the_ticket_open(
    ticketed: Services, microsoft: FakeMicrosoft, psa: FakePsa
):
    run = onboard(ticketed, microsoft, {"ref": NUMBER, "closeWhenReady": True})
    verify_consent(run.run_id, 5, ticketed)
    microsoft.consented = {TENANT: ("User.Read.All",)}
    plan_sync(run.run_id, ticketed)
    finish_run(run.run_id, ticketed, force=True)
    deliver_ticket_notes(ticketed)
    last = psa.notes["t1"][-1]
    assert "something is left to do" in last or "has failed" in last
    assert "Next (" in last
    assert not psa.tickets[NUMBER].is_closed


def test_declined_consent_is_told(ticketed: Services, psa: FakePsa):
    state = state_of(connect(ticketed, ticketRef=NUMBER)["authUrl"])
    redirect(ticketed, Started(), state=state, error="access_denied", error_description="AADSTS65004: declined")
    deliver_ticket_notes(ticketed)
    assert "Connecting contoso.com has ended. The administrator declined" in notes(psa)[-1]


def test_cancelled_link_and_cancelled_run_are_told(ticketed: Services, microsoft: FakeMicrosoft, psa: FakePsa):
    connect(ticketed, ticketRef=NUMBER)
    path = f"/api/msp-portal/tenants/{TENANT}/cancel"
    assert App().call("POST", path, TOKEN).status == 202
    onboard(ticketed, microsoft)
    assert App().call("POST", path, TOKEN).status == 202
    deliver_ticket_notes(ticketed)
    assert sum("has ended. This connection was cancelled" in text for text in notes(psa)) == 1
    assert sum("The onboarding was cancelled." in text for text in notes(psa)) == 1


def test_further_syncs_and_onboardings_without_a_ticket_tell_nobody(
    ticketed: Services, microsoft: FakeMicrosoft, psa: FakePsa, tables: MemoryTables
):
    connected = journey.connected(ticketed, microsoft)
    ticketed.runs.change(connected.run_id, even_ended=True, state=RunState.SYNCING, kind="delta")
    put_resource(ticketed, connected.run_id)
    finish_run(connected.run_id, ticketed)
    assert not tables.rows(TICKETS_TABLE)
    assert shown(ticketed) is None


def test_replayed_activities_tell_once(ticketed: Services, microsoft: FakeMicrosoft, psa: FakePsa, clock: FakeClock):
    run = onboard(ticketed, microsoft)
    for _ in range(2):
        finish(run, ticketed)
    assert deliver_ticket_notes(ticketed) == 3
    for _ in range(2):
        finish(run, ticketed)
    clock.advance(3600)
    assert deliver_ticket_notes(ticketed) == 0
    assert len(psa.notes["t1"]) == 3
    assert not psa.tickets[NUMBER].is_closed


def test_busy_ticket_is_not_told_again(ticketed: Services, microsoft: FakeMicrosoft, psa: FakePsa, clock: FakeClock):
    """The mark has long left the latest notes."""
    run = onboard(ticketed, microsoft)
    finish(run, ticketed)
    deliver_ticket_notes(ticketed)
    psa.notes["t1"] += [f"note {number}" for number in range(60)]
    finish(run, ticketed)
    clock.advance(3600)
    deliver_ticket_notes(ticketed)
    assert len(psa.notes["t1"]) == 63


@pytest.mark.parametrize("failure", [TransientError("service_unavailable", "ReadTimeout"), ThrottledError("throttled")])
def test_answer_that_was_lost_after_the_note_was_written_tells_it_once(
    ticketed: Services, psa: FakePsa, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, failure: Exception
):
    connect(ticketed, ticketRef=NUMBER)
    written = FakeAdapter.add_note

    def lose_answer(self: FakeAdapter, ticket: Ticket, text: str) -> None:
        written(self, ticket, text)
        raise failure

    monkeypatch.setattr(FakeAdapter, "add_note", lose_answer)
    assert deliver_ticket_notes(ticketed) == 0
    if isinstance(failure, TransientError):
        assert shown(ticketed)["problem"]["code"] == "service_unavailable"
    monkeypatch.undo()
    clock.advance(61)
    assert deliver_ticket_notes(ticketed) == 1
    assert len(psa.notes["t1"]) == 1
    assert (shown(ticketed)["state"], shown(ticketed)["problem"]) == ("posted", None)


def test_two_passes_at_once_tell_once(ticketed: Services, psa: FakePsa, monkeypatch: pytest.MonkeyPatch):
    """The second one delivers what the first one has just looked at."""
    connect(ticketed, ticketRef=NUMBER)
    look = TicketNotes.is_told

    def look_slowly(self: TicketNotes, note: TicketNote) -> bool:
        is_told = look(self, note)
        monkeypatch.setattr(TicketNotes, "is_told", look)
        assert deliver_ticket_notes(ticketed) == 1
        return is_told

    monkeypatch.setattr(TicketNotes, "is_told", look_slowly)
    assert deliver_ticket_notes(ticketed) == 0
    assert len(psa.notes["t1"]) == 1


def test_psa_that_hangs_does_not_keep_the_same_ones_waiting(ticketed: Services, psa: FakePsa, clock: FakeClock):
    """Each of its many notes takes a whole pass; another MSP's single one, the last by its id, gets through."""
    connect(ticketed, ticketRef=NUMBER)
    (mine,) = ticketed.ticket_notes.pending()
    for number in range(40):
        ticketed.ticket_notes.add(replace(mine, msp_id="hangs", connection_id=f"{number:02}"))
    ticketed.ticket_notes.add(replace(mine, connection_id="ffffffff-ffff"))
    ticketed.ticket_notes.settle(mine)
    for _ in range(39):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tenantsync.tickets.find_psa", hang(clock))
            deliver_ticket_notes(ticketed)
    assert len(psa.notes["t1"]) == 1


def hang(clock: FakeClock) -> Any:
    def find(msp_id: str, provider: str, services: Services) -> Any:
        if msp_id == "hangs":
            clock.advance(61)
            raise TransientError("psa_unavailable", "ReadTimeout")
        return find_psa(msp_id, provider, services)

    return find


def test_crash_at_any_point_tells_once(ticketed: Services, psa: FakePsa, clock: FakeClock, tables: MemoryTables):
    """The worker dies at its nth touch of store or PSA, for every n there is."""
    for calls in range(1, 60):
        psa.notes.clear()
        connect(ticketed, ticketRef=NUMBER)
        left = [calls]

        def die(left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tables, "_maybe_fail", die)
            patch.setattr(psa, "take", die)
            with suppress(KeyboardInterrupt):
                deliver_ticket_notes(ticketed)
        clock.advance(24 * 3600)
        deliver_ticket_notes(ticketed)
        assert len(psa.notes["t1"]) == 1, calls
        assert not [row for row in tables.rows(TICKETS_TABLE) if row.key != "log"]
        if left[0] > 0:
            return
    raise AssertionError("a delivery never ends")


def test_psa_that_is_down_is_left_alone_for_the_pass_and_tried_for_a_day(
    ticketed: Services, microsoft: FakeMicrosoft, psa: FakePsa, clock: FakeClock
):
    run = onboard(ticketed, microsoft)
    finish(run, ticketed)
    assert ticketed.runs.read(run.run_id).state == RunState.COMPLETED  # type: ignore[union-attr]
    psa.right_key, before = "revoked", psa.requests
    assert deliver_ticket_notes(ticketed) == 0
    assert psa.requests == before + 1
    for _ in range(20 * 12):
        clock.advance(300)
        deliver_ticket_notes(ticketed)
    assert psa.requests - before <= 8
    assert (shown(ticketed)["state"], shown(ticketed)["problem"]["code"]) == ("waiting", "psa_secret_lost")
    for _ in range(10 * 12):
        clock.advance(300)
        deliver_ticket_notes(ticketed)
    assert shown(ticketed)["state"] == "failed"


def test_absent_psa_is_asked_once_a_pass(ticketed: Services, psa: FakePsa):
    for _ in range(3):
        connect(ticketed, ticketRef=NUMBER)
    psa.failures, before = [TransientError("service_unavailable")], psa.requests
    assert deliver_ticket_notes(ticketed) == 0
    assert psa.requests == before + 1
    assert deliver_ticket_notes(ticketed) == 2


def test_later_steps_wait_for_the_earlier_ones(
    ticketed: Services, microsoft: FakeMicrosoft, psa: FakePsa, clock: FakeClock
):
    run = onboard(ticketed, microsoft)
    psa.failures = [TransientError("service_unavailable")]
    deliver_ticket_notes(ticketed)
    finish(run, ticketed)
    assert deliver_ticket_notes(ticketed) == 0
    clock.advance(61)
    assert deliver_ticket_notes(ticketed) == 3
    assert notes(psa)[0].startswith("The consent link")


def test_throttling_is_no_attempt_and_closes_the_gate(ticketed: Services, psa: FakePsa, clock: FakeClock):
    connect(ticketed, ticketRef=NUMBER)
    psa.failures = [ThrottledError("rate_limited", cause=Cause(429, retry_after_seconds=600))]
    assert deliver_ticket_notes(ticketed) == 0
    before = psa.requests
    for _ in range(9):
        clock.advance(60)
        assert deliver_ticket_notes(ticketed) == 0
    assert psa.requests == before
    clock.advance(120)
    assert deliver_ticket_notes(ticketed) == 1


def test_unknown_ticket_and_disconnected_psa_are_named(ticketed: Services, psa: FakePsa, clock: FakeClock):
    connect(ticketed, ticketRef="999")
    deliver_ticket_notes(ticketed)
    assert shown(ticketed)["problem"]["code"] == "psa_ticket_not_found"
    assert App().call("DELETE", "/api/msp-portal/psa/connectwise", TOKEN).status == 204
    clock.advance(61)
    deliver_ticket_notes(ticketed)
    assert shown(ticketed)["problem"]["code"] == "psa_not_connected"


def test_note_holds_no_link_no_secret_and_no_person(ticketed: Services, microsoft: FakeMicrosoft, psa: FakePsa):
    run = onboard(ticketed, microsoft)
    finish(run, ticketed)
    deliver_ticket_notes(ticketed)
    text = "\n".join(psa.notes["t1"])
    assert text
    for secret in ("https://", "state=", "canary", "@", run.connection_id.upper()):
        assert secret not in text


@pytest.mark.parametrize(
    ("ticket", "code"),
    [
        ("jira:12", "invalid_request"),
        ("autotask:12", "psa_not_connected"),
        ("12 34", "invalid_request"),
        ("<b>", "invalid_request"),
        ({"ref": NUMBER, "closeWhenReady": "yes"}, "invalid_request"),
        ({"ref": NUMBER, "note": "x"}, "invalid_request"),
        ({}, "invalid_request"),
        (12345, "invalid_request"),
    ],
)
def test_wrong_tickets_are_refused_before_anything_is_stored(
    ticketed: Services, tables: MemoryTables, ticket: Any, code: str
):
    with pytest.raises(RequestError) as raised:
        connect(ticketed, ticketRef=ticket)
    assert raised.value.code == code
    assert not tables.rows("Connections")


def test_plain_number_needs_exactly_one_psa(services: Services, psa: FakePsa):
    with pytest.raises(RequestError, match="psa_not_connected"):
        connect(services, ticketRef=NUMBER)
    connect_psa(services)
    assert connect(services, ticketRef=f"#{NUMBER}")["connectionId"]
    assert shown(services)["ref"] == f"connectwise:{NUMBER}"
    connect_psa(services, "autotask")
    with pytest.raises(RequestError, match="Connected are: autotask, connectwise"):
        connect(services, ticketRef=NUMBER)
    assert connect(services, ticketRef=f"autotask:{NUMBER}")["connectionId"]


def test_catalogue_has_every_code_that_is_used_here():
    for code in ("psa_ticket_not_found", "link_cancelled", "psa_not_connected"):
        assert find_problem(code).next_action


@pytest.mark.parametrize("cause", ["12345678-1234-4234-8234-123456789abc", ""])
def test_note_is_written_for_the_cause_of_what_it_tells(
    ticketed: Services, psa: FakePsa, caplog: pytest.LogCaptureFixture, cause: str
):
    """Notes of releases before have none: they are found by their connection."""
    caplog.set_level("INFO")
    with logs.correlated(cause):
        made = connect(ticketed, ticketRef=NUMBER)
    psa.failures = [TransientError("service_unavailable")]
    deliver_ticket_notes(ticketed)
    (said,) = (line for line in caplog.messages if line.startswith("ticket_note_not_taken "))
    assert said.endswith(f" correlation_id={cause or made['connectionId']}")
