"""Notes that still have to be written into tickets, and what has become of the ones before."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Final

from tenantsync.errors import ConflictError
from tenantsync.store.records import Record, from_row, left_to_newer_release, to_row
from tenantsync.store.tables import Row, TableStore
from tenantsync.wire import TICKETS_TABLE

_PENDING: Final = "pending"
_LOG: Final = "log"
_STEP: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketNote(Record):
    """One step of an onboarding on its way into its ticket; `text` is the same at every attempt."""

    connection_id: str
    step: str
    """Steps sort in the order they happen in."""
    msp_id: str
    provider: str
    reference: str
    text: str
    closes: bool = False
    """Whether the ticket is closed with it."""
    created_at: str
    due_at: str
    attempts: int = 0
    correlation_id: str = ""
    """Of what is told."""

    @property
    def note_id(self) -> str:
        return f"{self.connection_id}_{self.step}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketLog(Record):
    """What a connection's ticket has been told so far."""

    connection_id: str
    told: str = ""
    """The steps that are in the ticket or were given up, separated by spaces."""
    last_posted_at: str = ""
    closed_at: str = ""
    given_up_at: str = ""
    problem_code: str = ""
    problem_message: str = ""


class TicketNotes:
    """Notes by connection and step, and what was told."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def add(self, note: TicketNote) -> None:
        """Stores the note unless it waits already; that it was told before is noticed when it is due."""
        with suppress(ConflictError):
            self._tables.insert(TICKETS_TABLE, to_row(note, _PENDING, note.note_id))

    def pending(self, after: str = "") -> Iterator[TicketNote]:
        """The waiting notes with an id above `after`, read page by page: a connection's one after the other.

        One that only a newer release understands is left out, and so are those that come after it in its ticket.
        """
        for connection_id, rows in groupby(self._rows(after), key=lambda row: row.key.rpartition("_")[0]):
            found: list[TicketNote] = []
            with left_to_newer_release(connection_id=connection_id):
                found.extend(from_row(TicketNote, row) for row in rows)
            yield from found

    def _rows(self, after: str) -> Iterator[Row]:
        while rows := self._tables.scan(TICKETS_TABLE, _PENDING, after=after, limit=_STEP):
            yield from rows
            after = rows[-1].key

    def claim(self, note: TicketNote, **changes: Any) -> TicketNote | None:
        """Stores the next attempt's time before this one; None when somebody else has changed the note meanwhile."""
        row = self._tables.read(TICKETS_TABLE, _PENDING, note.note_id)
        if row is None or from_row(TicketNote, row) != note:
            return None
        changed = replace(note, **changes)
        with suppress(ConflictError):
            self._tables.replace(TICKETS_TABLE, to_row(changed, _PENDING, note.note_id), row.etag)
            return changed
        return None

    def change(self, note: TicketNote, **changes: Any) -> TicketNote:
        """Stores the next attempt's time."""
        changed = replace(note, **changes)
        self._tables.upsert(TICKETS_TABLE, to_row(changed, _PENDING, note.note_id))
        return changed

    def read_log(self, connection_id: str) -> TicketLog:
        """What the ticket was told; an empty log before the first note."""
        row = self._tables.read(TICKETS_TABLE, connection_id, _LOG)
        return from_row(TicketLog, row) if row else TicketLog(connection_id=connection_id)

    def is_told(self, note: TicketNote) -> bool:
        """Whether the note is in the ticket, or was given up."""
        return note.step in self.read_log(note.connection_id).told.split()

    def note_problem(self, note: TicketNote, code: str, message: str) -> None:
        """Remembers why the last attempt failed."""
        self._log(note, problem_code=code, problem_message=message)

    def settle(self, note: TicketNote, **changes: str) -> None:
        """The note was delivered or is given up: first it is noted, then it no longer waits."""
        told = dict.fromkeys([*self.read_log(note.connection_id).told.split(), note.step])
        self._log(note, told=" ".join(told), **changes)
        self._tables.delete(TICKETS_TABLE, _PENDING, [note.note_id])

    def _log(self, note: TicketNote, **changes: Any) -> None:
        log = replace(self.read_log(note.connection_id), **changes)
        self._tables.upsert(TICKETS_TABLE, to_row(log, note.connection_id, _LOG))
