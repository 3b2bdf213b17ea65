"""For tests, the demo and proofs, nothing of the vendors': the truth, changes at run time, usage of the limits."""

from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import web

from devstack.psa import autotask_rows, connectwise_rows, halopsa_rows
from devstack.psa.book import Book, TicketState
from devstack.psa.front import State
from devstack.psa.population import Account
from devstack.psa.spec import changed
from devstack.psa.world import World

_CLOSED: Final = {
    "connectwise": frozenset(number for number, row in connectwise_rows.BOARD_STATUSES.items() if row["closedStatus"]),
    "autotask": frozenset({autotask_rows.COMPLETE}),
    "halopsa": frozenset({halopsa_rows.CLOSED}),
}
_FIRST_TICKET: Final = 40_001


class Control:
    """Handlers below `/_simulator`, on an origin of their own; `vendor` is connectwise, autotask or halopsa."""

    def __init__(self, world: World) -> None:
        self._world = world

    def application(self) -> web.Application:
        """All of them."""
        here = "/_simulator/{vendor}"
        application = web.Application()
        application.add_routes(
            [
                web.get("/_simulator", self._describe),
                web.put(here, self._change),
                web.get(f"{here}/companies", self._truth),
                web.post(f"{here}/companies", self._add_company),
                web.patch(f"{here}/companies/{{id}}", self._change_company),
                web.delete(f"{here}/companies/{{id}}", self._delete_company),
                web.post(f"{here}/companies/{{id}}/merge", self._merge_company),
                web.post(f"{here}/tickets", self._open_ticket),
                web.get(f"{here}/tickets/{{id}}", self._ticket),
                web.get(f"{here}/usage", self._usage),
                web.delete(f"{here}/usage", self._forget_usage),
                web.delete(f"{here}/tokens", self._expire_tokens),
            ]
        )
        return application

    async def _describe(self, request: web.Request) -> web.Response:
        return web.json_response({"origins": self._world.origins})

    async def _change(self, request: web.Request) -> web.Response:
        """Settings as in the scenario file, faults among them."""
        state, document = self._state(request), await request.json()
        try:
            state.change(changed(state.spec, document))
        except (TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        return web.Response(status=204)

    async def _truth(self, request: web.Request) -> web.Response:
        """Every company the PSA has, hidden ones too, in terms all PSAs share."""
        vendor, book = request.match_info["vendor"], self._state(request).book
        rows = [self._company(vendor, row_id, account, book) for row_id, account in sorted(book.rows.items())]
        return web.json_response({"companies": rows})

    def _company(self, vendor: str, row_id: int, account: Account, book: Book) -> dict[str, Any]:
        return {
            "externalId": str(row_id),
            "name": account.name,
            "kind": account.kind,
            "types": self._types(vendor, account),
            "website": account.website,
            "domain": account.domain,
            "isActive": account.is_active and not account.is_deleted,
            "isDeleted": account.is_deleted,
            "isListed": vendor != "halopsa" or halopsa_rows.is_client(account),
            "tenantIds": list(account.tenant_ids),
            "updatedAt": connectwise_rows.stamp(account.updated),
        }

    def _types(self, vendor: str, account: Account) -> list[str]:
        """Labels of the PSA's own table."""
        if vendor == "connectwise":
            return [connectwise_rows.TYPES[number]["name"] for number in connectwise_rows.type_ids(account)]
        if vendor == "autotask":
            return [autotask_rows.type_label(account.kind, self._world.autotask.spec.customer_label)]
        return []

    async def _add_company(self, request: web.Request) -> web.Response:
        row_id = self._state(request).book.add(await request.json())
        return web.json_response({"externalId": str(row_id)}, status=201)

    async def _change_company(self, request: web.Request) -> web.Response:
        book, row_id = self._row(request)
        book.change(row_id, await request.json())
        return web.Response(status=204)

    async def _delete_company(self, request: web.Request) -> web.Response:
        """ConnectWise keeps deleted companies and flags them; elsewhere the row is gone."""
        book, row_id = self._row(request)
        if request.match_info["vendor"] == "connectwise":
            book.change(row_id, {"isDeleted": True})
        else:
            del book.rows[row_id]
        return web.Response(status=204)

    async def _merge_company(self, request: web.Request) -> web.Response:
        book, row_id = self._row(request)
        book.merge(row_id, int((await request.json())["into"]))
        return web.Response(status=204)

    async def _open_ticket(self, request: web.Request) -> web.Response:
        """Body: title, externalId. Answers with the ticket's id and what people call it."""
        vendor, book, document = request.match_info["vendor"], self._state(request).book, await request.json()
        ticket_id = max([_FIRST_TICKET - 1, *book.tickets]) + 1
        reference = f"T{datetime.now(UTC):%Y%m%d}.{ticket_id % 10_000:04d}" if vendor == "autotask" else str(ticket_id)
        book.open_ticket(ticket_id, reference, str(document["title"]), int(document["externalId"]))
        return web.json_response({"ticketId": str(ticket_id), "reference": reference}, status=201)

    async def _ticket(self, request: web.Request) -> web.Response:
        book, vendor = self._state(request).book, request.match_info["vendor"]
        ticket = book.tickets.get(int(request.match_info["id"]))
        if ticket is None:
            raise web.HTTPNotFound
        return web.json_response(_shown(ticket, is_closed=ticket.status in _CLOSED[vendor]))

    async def _usage(self, request: web.Request) -> web.Response:
        state, vendor = self._state(request), request.match_info["vendor"]
        return web.json_response(state.usage.describe(self._world.limit_of(vendor)))

    async def _forget_usage(self, request: web.Request) -> web.Response:
        self._state(request).usage.forget()
        return web.Response(status=204)

    async def _expire_tokens(self, request: web.Request) -> web.Response:
        """HaloPSA's; the others have none."""
        self._world.tokens.forget()
        return web.Response(status=204)

    def _state(self, request: web.Request) -> State[Any]:
        state = self._world.vendors.get(request.match_info["vendor"])
        if state is None:
            raise web.HTTPNotFound
        return state

    def _row(self, request: web.Request) -> tuple[Book, int]:
        book, row_id = self._state(request).book, int(request.match_info["id"])
        if row_id not in book.rows:
            raise web.HTTPNotFound
        return book, row_id


def _shown(ticket: TicketState, *, is_closed: bool) -> dict[str, Any]:
    notes = [{"text": note.text, "title": note.title, "isInternal": note.is_internal} for note in ticket.notes]
    return {"reference": ticket.reference, "title": ticket.title, "isClosed": is_closed, "notes": notes}
