"""Tickets of Autotask: notes as a child collection, and changes by PATCH with the id in the body."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final

from aiohttp import web

from devstack.psa import autotask_rows as shapes
from devstack.psa.autotask_filters import refused
from devstack.psa.book import Book, TicketState, now
from devstack.psa.front import Row, json_answer, read_json

_NOTE_NAMES: Final = frozenset({"id", "ticketID", "title", "description", "noteType", "publish"})
_LONGEST_TITLE: Final = 250
_LONGEST_TEXT: Final = 32_000

Method = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Tickets:
    """Rows and handlers for tickets and their notes."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def rows(self) -> Iterator[Row]:
        """Tickets, ascending by id."""
        return (shapes.ticket(self._book.tickets[key]) for key in sorted(self._book.tickets))

    def note_rows(self) -> Iterator[Row]:
        """Notes of all tickets, ascending by id."""
        notes = [(note, key) for key, ticket in self._book.tickets.items() for note in ticket.notes]
        return (shapes.note(key, note) for note, key in sorted(notes, key=lambda pair: pair[0].note_id))

    def table(self) -> list[tuple[str, str, Method]]:
        """Method, path and handler of what only tickets have."""
        return [
            ("PATCH", "/Tickets", self._patch),
            ("GET", r"/Tickets/{id:\d+}/Notes", self._notes),
            ("POST", r"/Tickets/{id:\d+}/Notes", self._add_note),
            ("GET", r"/Tickets/{id:\d+}/Notes/entityInformation/fields", self._note_fields),
        ]

    async def _notes(self, request: web.Request) -> web.Response:
        ticket = self._ticket(int(request.match_info["id"]))
        items = [shapes.note(ticket.ticket_id, note) for note in ticket.notes]
        details = {"count": len(items), "requestCount": 500, "prevPageUrl": None, "nextPageUrl": None}
        return json_answer({"items": items, "pageDetails": details})

    async def _note_fields(self, request: web.Request) -> web.Response:
        return json_answer({"fields": shapes.field_table("TicketNotes", "")})

    async def _add_note(self, request: web.Request) -> web.Response:
        ticket = self._ticket(int(request.match_info["id"]))
        body = await read_json(request, refused("The body is not valid JSON."))
        if errors := list(_note_errors(body)):
            raise refused(*errors)
        is_internal = body["publish"] == shapes.INTERNAL
        note = self._book.note(ticket, body["description"], is_internal=is_internal, title=body["title"])
        return json_answer({"itemId": note.note_id})

    async def _patch(self, request: web.Request) -> web.Response:
        body = await read_json(request, refused("The body is not valid JSON."))
        if not isinstance(body, dict) or not isinstance(body.get("id"), int) or not set(body) <= {"id", "status"}:
            raise refused("A change of a ticket has its id and the fields to change.")
        ticket = self._ticket(body["id"])
        if body.get("status", ticket.status) not in shapes.STATUSES:
            raise refused("The value of the picklist field status is not valid.")
        ticket.status, ticket.updated = body.get("status", ticket.status), now()
        return json_answer({"itemId": ticket.ticket_id})

    def _ticket(self, ticket_id: int) -> TicketState:
        ticket = self._book.tickets.get(ticket_id)
        if ticket is None:
            raise refused("No matching records found.")
        return ticket


def _note_errors(body: Any) -> Iterator[str]:
    if not isinstance(body, dict) or not set(body) <= _NOTE_NAMES:
        yield "The note is not valid."
        return
    for name, longest in (("title", _LONGEST_TITLE), ("description", _LONGEST_TEXT)):
        text = body.get(name)
        if not isinstance(text, str) or not text:
            yield f"Missing Required Field: {name}."
        elif len(text) > longest:
            yield f"The field {name} is longer than {longest} characters."
    for name, values in (("noteType", shapes.NOTE_TYPES), ("publish", shapes.PUBLISH)):
        if body.get(name) not in values:
            yield f"Missing Required Field: {name}."
