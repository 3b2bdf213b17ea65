"""Service tickets of ConnectWise: notes, boards and their statuses, and JSON Patch."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from devstack.psa import connectwise_rows as shapes
from devstack.psa.book import Book, TicketState, now
from devstack.psa.connectwise_lists import invalid, list_rows
from devstack.psa.front import Refusal, json_answer, read_json

_FLAGS: Final = ("detailDescriptionFlag", "internalAnalysisFlag", "resolutionFlag")
_NOTE_NAMES: Final = frozenset({"text", "member", "contact", "processNotifications", "customerUpdatedFlag", *_FLAGS})
_PATCHABLE: Final = frozenset({"status", "status/id", "status/name", "summary"})

Method = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Tickets:
    """Handlers for `/service`."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def table(self) -> list[tuple[str, str, Method]]:
        """Method, path and handler."""
        return [
            ("GET", "/service/tickets", self._list),
            ("GET", r"/service/tickets/{id:\d+}", self._get),
            ("PATCH", r"/service/tickets/{id:\d+}", self._patch),
            ("GET", r"/service/tickets/{id:\d+}/notes", self._notes),
            ("POST", r"/service/tickets/{id:\d+}/notes", self._add_note),
            ("GET", "/service/boards", self._boards),
            ("GET", r"/service/boards/{id:\d+}/statuses", self._statuses),
        ]

    async def _list(self, request: web.Request) -> web.Response:
        rows = (shapes.ticket(self._book.tickets[key], self._book) for key in sorted(self._book.tickets))
        return list_rows(request, rows, shapes.TICKET_FIELDS)

    async def _get(self, request: web.Request) -> web.Response:
        return json_answer(shapes.ticket(self._ticket(request), self._book))

    async def _notes(self, request: web.Request) -> web.Response:
        ticket = self._ticket(request)
        return list_rows(request, [shapes.note(ticket.ticket_id, item) for item in ticket.notes], shapes.NOTE_FIELDS)

    async def _add_note(self, request: web.Request) -> web.Response:
        ticket, body = self._ticket(request), await read_json(request, invalid("The body is not JSON."))
        _check_note(body)
        is_internal = body.get("internalAnalysisFlag") is True
        note = self._book.note(ticket, body["text"], is_internal=is_internal)
        return json_answer(shapes.note(ticket.ticket_id, note), 201)

    async def _patch(self, request: web.Request) -> web.Response:
        ticket, body = self._ticket(request), await read_json(request, invalid("The body is not JSON."))
        if not isinstance(body, list) or not body:
            raise invalid("A PATCH is an array of operations.")
        for operation in body:
            _apply(ticket, operation)
        ticket.updated = now()
        return json_answer(shapes.ticket(ticket, self._book))

    async def _boards(self, request: web.Request) -> web.Response:
        return list_rows(request, [shapes.BOARD], shapes.TABLE_FIELDS)

    async def _statuses(self, request: web.Request) -> web.Response:
        if int(request.match_info["id"]) != shapes.BOARD["id"]:
            raise web.HTTPNotFound
        return list_rows(request, shapes.BOARD_STATUSES.values(), shapes.TABLE_FIELDS)

    def _ticket(self, request: web.Request) -> TicketState:
        ticket = self._book.tickets.get(int(request.match_info["id"]))
        if ticket is None:
            raise web.HTTPNotFound
        return ticket


def _check_note(body: Any) -> None:
    if not isinstance(body, dict) or not set(body) <= _NOTE_NAMES:
        raise invalid("A note is an object with text and flags.")
    if not isinstance(body.get("text"), str) or not body["text"]:
        raise _object_error("note", "text", "The text field is required.")
    if not any(body.get(flag) is True for flag in _FLAGS):
        raise _object_error("note", _FLAGS[0], f"At least one of {', '.join(_FLAGS)} must be true.")


def _apply(ticket: TicketState, operation: Any) -> None:
    if not isinstance(operation, dict) or operation.get("op") not in ("replace", "add"):
        raise invalid("An operation has op, path and value.")
    path, value = str(operation.get("path", "")).strip("/"), operation.get("value")
    if path not in _PATCHABLE:
        raise _object_error("ticket", path, f"{path} cannot be changed.")
    if path == "summary":
        ticket.title = str(value)
    else:
        ticket.status = _status(path, value)


def _status(path: str, value: Any) -> int:
    wanted = value if path == "status" else {path.partition("/")[2]: value}
    for number, row in shapes.BOARD_STATUSES.items():
        if isinstance(wanted, dict) and wanted and all(row.get(key) == item for key, item in wanted.items()):
            return number
    raise _object_error("ticket", "status", "The status is not one of the ticket's board.")


def _object_error(resource: str, field: str, message: str) -> Refusal:
    details = [{"code": "InvalidField", "message": message, "resource": resource, "field": field}]
    return Refusal(400, {"code": "InvalidObject", "message": f"{resource} object is invalid", "errors": details})
