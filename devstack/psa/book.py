"""What is in a PSA: companies by the PSA's own ids, tickets and their notes, and how they change."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from devstack.psa.population import Account, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note on a ticket."""

    note_id: int
    text: str
    is_internal: bool
    created: datetime
    title: str = ""


@dataclass(slots=True, kw_only=True)
class TicketState:
    """A ticket; `reference` is what people call it, `status` is a number of the PSA's table."""

    ticket_id: int
    reference: str
    title: str
    company_id: int
    status: int
    updated: datetime
    notes: list[Note] = field(default_factory=list)


def now() -> datetime:
    """To the second, as the PSAs keep their stamps."""
    return datetime.now(UTC).replace(microsecond=0)


class Book:
    """A PSA's companies, in ascending order of their ids, and its tickets."""

    def __init__(self, accounts: Iterable[Account], id_of: Callable[[int], int]) -> None:
        self.id_of = id_of
        self.rows: dict[int, Account] = {id_of(account.number): account for account in accounts}
        self.tickets: dict[int, TicketState] = {}
        self._note_ids = count(1001)

    def after(self, position: int) -> Iterator[tuple[int, Account]]:
        """Companies with a greater id."""
        return ((row_id, account) for row_id, account in list(self.rows.items()) if row_id > position)

    def add(self, document: dict[str, Any]) -> int:
        """A new company; gives its id."""
        number = max(account.number for account in self.rows.values()) + 1
        stamp = now()
        account = Account(number=number, created=stamp, updated=stamp, **_values(document))
        row_id = self.id_of(number)
        self.rows[row_id] = account
        return row_id

    def change(self, row_id: int, document: dict[str, Any]) -> None:
        """Changes a company and stamps it; raises KeyError when there is none."""
        self.rows[row_id] = replace(self.rows[row_id], updated=now(), **_values(document))

    def merge(self, row_id: int, into: int) -> None:
        """The company is gone, and its tickets are the other one's; raises KeyError."""
        self.change(into, {})
        for ticket in self.tickets.values():
            if ticket.company_id == row_id:
                ticket.company_id = into
        del self.rows[row_id]

    def open_ticket(self, ticket_id: int, reference: str, title: str, company_id: int) -> TicketState:
        """A ticket in its first state."""
        ticket = TicketState(
            ticket_id=ticket_id, reference=reference, title=title, company_id=company_id, status=1, updated=now()
        )
        self.tickets[ticket_id] = ticket
        return ticket

    def note(self, ticket: TicketState, text: str, *, is_internal: bool, title: str = "") -> Note:
        """Adds a note."""
        note = Note(note_id=next(self._note_ids), text=text, is_internal=is_internal, created=now(), title=title)
        ticket.notes.append(note)
        ticket.updated = note.created
        return note


def _values(document: dict[str, Any]) -> dict[str, Any]:
    """An account's fields from JSON; raises KeyError for a name there is not, ValueError for a kind."""
    readers: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "name": ("name", str),
        "kind": ("kind", Kind),
        "website": ("website", str),
        "domain": ("domain", str),
        "isActive": ("is_active", bool),
        "isDeleted": ("is_deleted", bool),
        "phone": ("phone", str),
        "tenantIds": ("tenant_ids", tuple),
    }
    return {readers[name][0]: readers[name][1](value) for name, value in document.items()}
