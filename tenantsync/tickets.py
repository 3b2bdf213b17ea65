"""Tells the MSP's ticket how an onboarding goes: an outbox by step, delivered by a timer, never twice.

No failure of a PSA gets any further than here: the onboarding goes on, and its status says what is wrong.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import takewhile
from typing import Any, Final
from uuid import uuid4

from tenantsync import logs, metrics
from tenantsync.clock import age_seconds, parse_rfc3339, to_rfc3339
from tenantsync.errors import RequestError, TenantSyncError, ThrottledError
from tenantsync.problems import find_problem
from tenantsync.psa.port import PsaAdapter, Ticket
from tenantsync.psa_access import count_requests, find_psa, open_psa
from tenantsync.recovery import backoff_seconds
from tenantsync.services import Services
from tenantsync.store.connections import Connection
from tenantsync.store.records import left_to_newer_release
from tenantsync.store.runs import Run
from tenantsync.store.ticket_notes import TicketLog, TicketNote

_DELAYS_MINUTES: Final = (1, 5, 15, 60, 180, 360, 720)
"""Waits between attempts, together about a day; then the note is given up, which the status says."""
_LAST: Final = "~"
"""Above every id."""
_LONGEST_PASS: Final = timedelta(seconds=50)
_NO_PROBLEM: Final[Mapping[str, str]] = {"given_up_at": "", "problem_code": "", "problem_message": ""}


class Step(StrEnum):
    """What a ticket is told, in the order it happens in."""

    LINK_MADE = "1-link"
    CONSENT_VERIFIED = "2-consent"
    SYNC_BEGAN = "3-sync"
    OUTCOME = "4-outcome"


def tell_ticket(connection: Connection, step: Step, text: str, services: Services, *, closes: bool = False) -> None:
    """Queues a note for the connection's ticket, if it has one; the same step again changes nothing."""
    if not connection.ticket_ref or not connection.ticket_provider:
        return
    now = to_rfc3339(services.clock.now())
    note = TicketNote(
        connection_id=connection.connection_id,
        step=step.value,
        msp_id=connection.msp_id,
        provider=connection.ticket_provider,
        reference=connection.ticket_ref,
        text=f"{text}\n\n{_marker(connection.connection_id, step)}",
        closes=closes and connection.ticket_closes,
        created_at=now,
        due_at=now,
        correlation_id=logs.correlation_id(),
    )
    services.ticket_notes.add(note)


def tell_ticket_of(run: Run, step: Step, text: str, services: Services, *, closes: bool = False) -> None:
    """The same for a run; the ticket is about the onboarding, so further syncs are not told."""
    if run.kind != "initial":
        return
    connection = services.connections.read(run.msp_id, run.connection_id)
    if connection:
        tell_ticket(connection, step, text, services, closes=closes)


def describe_ticket(connection: Connection, services: Services) -> dict[str, Any] | None:
    """The `ticket` of sync-status; None without one."""
    if not connection.ticket_ref or not connection.ticket_provider:
        return None
    log = services.ticket_notes.read_log(connection.connection_id)
    problem = find_problem(log.problem_code, log.problem_message).to_json() if log.problem_code else None
    return {
        "ref": f"{connection.ticket_provider}:{connection.ticket_ref}",
        "state": _state_of(log),
        "closeWhenReady": connection.ticket_closes,
        "lastPostedAt": log.last_posted_at or None,
        "problem": problem,
    }


def deliver_ticket_notes(services: Services) -> int:
    """Writes what is due into its tickets; gives how many notes that were."""
    return _Pass(services).run()


class _Pass:
    """One pass over what waits. A connection's notes keep their order, and a PSA that fails is left alone for now."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._began = services.clock.now()
        self._oldest = ""
        self._held: set[str] = set()
        self._adapters: dict[tuple[str, str], PsaAdapter] = {}

    def run(self) -> int:
        """Begins at any connection, so that a PSA that takes the whole pass never keeps the same ones waiting."""
        start = str(uuid4())
        written = sum(
            self._may_go(note) and self._deliver_for_its_cause(note)
            for notes in (self._pending(start, _LAST), self._pending("", start))
            for note in notes
        )
        metrics.QUEUE_AGE.note(age_seconds(self._oldest, self._began), queue="ticket_notes")
        return written

    def _pending(self, after: str, until: str) -> Iterator[TicketNote]:
        """What waits between two ids, as long as the pass may last."""
        for note in takewhile(lambda note: note.note_id <= until, self._services.ticket_notes.pending(after)):
            if self._now() - self._began > _LONGEST_PASS:
                return
            self._oldest = min(self._oldest or note.created_at, note.created_at)
            yield note

    def _may_go(self, note: TicketNote) -> bool:
        account = f"{note.provider}_{note.msp_id}"
        if note.connection_id in self._held or account in self._held:
            return False
        if parse_rfc3339(note.due_at) > self._began:
            self._held.add(note.connection_id)
            return False
        return not self._services.gate.seconds_closed(note.msp_id, note.provider) and self._knows_psa(note)

    def _knows_psa(self, note: TicketNote) -> bool:
        """Asked before an attempt is counted: whatever else is wrong with the PSA is a failure of the attempt."""
        with left_to_newer_release(msp_id=note.msp_id, provider=note.provider):
            if (note.msp_id, note.provider) not in self._adapters:
                self._services.psa_connections.read(note.msp_id, note.provider)
            return True
        self._held.add(f"{note.provider}_{note.msp_id}")
        return False

    def _deliver_for_its_cause(self, note: TicketNote) -> bool:
        with logs.correlated(note.correlation_id or note.connection_id), left_to_newer_release(note_id=note.note_id):
            return self._deliver(note)
        self._held.add(note.connection_id)
        return False

    def _deliver(self, note: TicketNote) -> bool:
        """The next attempt is planned before this one, so that one that crashes stands in nobody's way."""
        if self._services.ticket_notes.is_told(note):
            self._services.ticket_notes.settle(note)
            return False
        delay = timedelta(minutes=_DELAYS_MINUTES[min(note.attempts, len(_DELAYS_MINUTES) - 1)])
        due_at = to_rfc3339(self._now() + delay)
        tried = self._services.ticket_notes.claim(note, attempts=note.attempts + 1, due_at=due_at)
        if tried is None:  # another pass has it
            self._held.add(note.connection_id)
            return False
        try:
            self._write(note)
        except ThrottledError as failure:
            self._wait(note, failure)
        except TenantSyncError as failure:
            self._fail(tried, failure)
        else:
            now = to_rfc3339(self._now())
            closed = {"closed_at": now} if note.closes else {}
            self._services.ticket_notes.settle(note, last_posted_at=now, **_NO_PROBLEM, **closed)
            return True
        self._held.update((note.connection_id, f"{note.provider}_{note.msp_id}"))
        return False

    def _write(self, note: TicketNote) -> None:
        adapter = self._open(note)
        before = adapter.requests
        try:
            ticket = adapter.find_ticket(note.reference)
            if ticket is None:
                raise RequestError("psa_ticket_not_found", f"{note.provider} has no ticket {note.reference}.")
            if not (note.attempts and self._is_there(note, ticket, adapter)):
                adapter.add_note(ticket, note.text)
            if note.closes:
                adapter.close_ticket(ticket)
        finally:
            count_requests(note.msp_id, adapter, self._services, before)

    def _is_there(self, note: TicketNote, ticket: Ticket, adapter: PsaAdapter) -> bool:
        """An earlier attempt may have written the note and heard no answer."""
        marker = _marker(note.connection_id, note.step)
        return any(marker in text for text in adapter.recent_notes(ticket))

    def _open(self, note: TicketNote) -> PsaAdapter:
        key = (note.msp_id, note.provider)
        if key not in self._adapters:
            self._adapters[key] = open_psa(find_psa(*key, self._services), self._services)
        return self._adapters[key]

    def _wait(self, note: TicketNote, failure: ThrottledError) -> None:
        """Being throttled is no attempt, though the note may have been written by it all the same."""
        seconds = failure.cause.retry_after_seconds or backoff_seconds(note.attempts)
        self._services.gate.close(note.msp_id, note.provider, seconds)
        due = to_rfc3339(self._now() + timedelta(seconds=seconds))
        self._services.ticket_notes.change(note, attempts=max(note.attempts, 1), due_at=due)

    def _fail(self, note: TicketNote, failure: TenantSyncError) -> None:
        logs.event("ticket_note_not_taken", note_id=note.note_id, attempt=note.attempts, problem=failure.code)
        if note.attempts <= len(_DELAYS_MINUTES):
            self._services.ticket_notes.note_problem(note, failure.code, failure.detail)
            return
        self._services.ticket_notes.settle(
            note,
            given_up_at=to_rfc3339(self._now()),
            problem_code=failure.code,
            problem_message=failure.detail,
        )

    def _now(self) -> datetime:
        return self._services.clock.now()


def _state_of(log: TicketLog) -> str:
    states: Mapping[str, str] = {"closed": log.closed_at, "failed": log.given_up_at, "posted": log.last_posted_at}
    return next((state for state, at in states.items() if at), "waiting")


def _marker(connection_id: str, step: str) -> str:
    """By this a note is found again; letters, digits and hyphens only, which no PSA writes differently."""
    return f"OpsPilot365 {connection_id}-{step}"
