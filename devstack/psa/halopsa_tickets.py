"""Tickets of HaloPSA: everything written is an array, and what other PSAs call a note is an action."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiohttp import web

from devstack.psa import halopsa_rows as shapes
from devstack.psa.book import Book, TicketState, now
from devstack.psa.front import Refusal, Row, json_answer, read_json

_DEFAULT_COUNT: Final = 50

Method = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Tickets:
    """Handlers for tickets, actions and statuses."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def table(self) -> list[tuple[str, str, str, Method]]:
        """Method, path, scope and handler."""
        return [
            ("GET", "/Tickets", "read:tickets", self._list),
            ("GET", r"/Tickets/{id:\d+}", "read:tickets", self._get),
            ("POST", "/Tickets", "edit:tickets", self._change),
            ("GET", "/Actions", "read:tickets", self._actions),
            ("POST", "/Actions", "edit:tickets", self._add_action),
            ("GET", "/Status", "read:tickets", self._statuses),
        ]

    async def _list(self, request: web.Request) -> web.Response:
        text = request.query.get("search", "").lower()
        rows = [self._shown(ticket) for ticket in self._book.tickets.values() if text in ticket.title.lower()]
        count = read_number(request.query, "count", _DEFAULT_COUNT)
        return json_answer({"record_count": len(rows), "tickets": rows[:count]})

    async def _get(self, request: web.Request) -> web.Response:
        return json_answer(self._shown(self._ticket(int(request.match_info["id"]))))

    async def _change(self, request: web.Request) -> web.Response:
        """An element with an id changes a ticket; others would open one, which nobody may do here."""
        changed = [self._changed(item) for item in await _elements(request)]
        return json_answer(changed[0] if len(changed) == 1 else changed, 201)

    def _changed(self, item: Any) -> Row:
        if not isinstance(item, dict) or not isinstance(item.get("id"), int):
            raise _invalid("A ticket's id is missing.")
        ticket = self._ticket(item["id"])
        status = item.get("status_id", ticket.status)
        if status not in shapes.STATUSES:
            raise _invalid("The status does not exist.")
        ticket.status, ticket.updated = status, now()
        return self._shown(ticket)

    async def _actions(self, request: web.Request) -> web.Response:
        """The latest first."""
        ticket = self._ticket(read_number(request.query, "ticket_id", 0))
        rows = [shapes.action(ticket.ticket_id, number, item) for number, item in enumerate(ticket.notes, 1)][::-1]
        count = read_number(request.query, "count", _DEFAULT_COUNT)
        return json_answer({"record_count": len(rows), "actions": rows[:count]})

    async def _add_action(self, request: web.Request) -> web.Response:
        added = [self._added(item) for item in await _elements(request)]
        return json_answer(added[0] if len(added) == 1 else added, 201)

    def _added(self, item: Any) -> Row:
        if not isinstance(item, dict) or not isinstance(item.get("ticket_id"), int):
            raise _invalid("An action's ticket_id is missing.")
        ticket, text = self._ticket(item["ticket_id"]), item.get("note") or item.get("note_html")
        if not isinstance(text, str) or not (item.get("outcome") or item.get("outcome_id")):
            raise _invalid("An action needs a note and an outcome.")
        outcome = str(item.get("outcome") or item.get("outcome_id"))
        note = self._book.note(ticket, text, is_internal=item.get("hiddenfromuser") is True, title=outcome)
        return shapes.action(ticket.ticket_id, len(ticket.notes), note)

    async def _statuses(self, request: web.Request) -> web.Response:
        return json_answer(list(shapes.STATUSES.values()))

    def _shown(self, ticket: TicketState) -> Row:
        account = self._book.rows.get(ticket.company_id)
        return shapes.ticket(ticket, account.name if account else "")

    def _ticket(self, ticket_id: int) -> TicketState:
        ticket = self._book.tickets.get(ticket_id)
        if ticket is None:
            raise web.HTTPNotFound
        return ticket


def read_number(query: Mapping[str, str], name: str, default: int) -> int:
    """A number of the query; raises Refusal 400."""
    text = query.get(name, str(default))
    if not text.isdigit():
        raise Refusal(400, f"The value '{text}' is not valid.", kind="text/plain")
    return int(text)


async def _elements(request: web.Request) -> list[Any]:
    """What is written comes as an array, even if it is one."""
    body = await read_json(request, _invalid("The body is not valid JSON."))
    if not isinstance(body, list) or not body:
        raise _invalid("The body must be an array.")
    return body


def _invalid(message: str) -> Refusal:
    return Refusal(400, {"message": message})
