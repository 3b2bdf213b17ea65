"""HaloPSA: clients with the Entra tenants Halo knows of them; its rows carry secrets, so only known keys are read."""

import html
from collections.abc import Mapping, Sequence
from typing import Final

from tenantsync.clock import Clock
from tenantsync.errors import ContractError, RequestError
from tenantsync.psa.halopsa_api import TITLE, HaloApi, HaloPage, classify
from tenantsync.psa.http import PsaHttp, Wire, is_not_found
from tenantsync.psa.port import (
    Company,
    CompanyPage,
    CompanyType,
    ConnectionField,
    Provider,
    PsaAccount,
    PsaAdapter,
    PsaKind,
    Ticket,
)
from tenantsync.psa.rows import (
    Row,
    read_companies,
    read_domains,
    read_guids,
    read_integer,
    read_listing,
    read_name,
    read_number,
    read_object,
    read_parts,
    read_text,
    read_time,
)

_CUSTOMERS: Final = "read:customers"
_TICKETS: Final = "read:tickets edit:tickets"
_NOTES: Final = 50
_MOST_ACTIONS: Final = 500
_INTERNAL_NOTE: Final = 7
"""The built-in outcome without which Halo takes no note."""
_CLOSED: Final = "closed"
_LISTED: Final = {
    "includeactive": "true",
    "includeinactive": "true",
    "exclude_internal": "true",
    "includeazuretenants": "true",
    "order": "id",
    "orderdesc": "false",
}
_CONNECTION: Final = (
    ConnectionField(name="host", title="Address of your HaloPSA, such as contoso.halopsa.com"),
    ConnectionField(name="clientId", title="Client id of the API application"),
    ConnectionField(name="clientSecret", title="Client secret of the API application", is_secret=True),
    ConnectionField(name="tenant", title="Tenant, if HaloPSA shows one", is_required=False),
)


def halopsa_kind(wire: Wire, clock: Clock) -> PsaKind:
    """HaloPSA; the clock tells when a token ends."""

    def open_connection(values: Mapping[str, str]) -> PsaAdapter:
        api = HaloApi(PsaHttp(TITLE, wire, classify), clock, values)
        return HaloAdapter(api, values.get("customerTypes", ""))

    return PsaKind(provider=Provider.HALOPSA, title=TITLE, fields=_CONNECTION, open=open_connection)


class HaloAdapter:
    """One MSP's HaloPSA. `customer_types` are values of `customertype` separated by spaces, empty for all clients.

    Which table names those values is not documented: `check` offers the ones it has seen, by number. Whether Halo
    filters clients by the time of their last change is unproven, so every listing is whole.
    """

    provider = Provider.HALOPSA
    is_incremental = False

    def __init__(self, api: HaloApi, customer_types: str) -> None:
        self._api = api
        self._chosen = frozenset(customer_types.split())

    @property
    def requests(self) -> int:
        return self._api.http.requests

    def check(self) -> PsaAccount:
        address = self._api.discover()
        page = self._list("")
        if not page.count:
            raise RequestError("psa_nothing_visible", f"{TITLE} shows this application no client")
        return PsaAccount(
            name=self._api.host.removeprefix("https://"),
            types=_types_of(page.rows),
            facts=(("apiUrl", f"{self._api.host}/api"), ("authUrl", address)),
        )

    def list_companies(self, cursor: str, since: str = "") -> CompanyPage:  # noqa: ARG002 - the port's
        """Inactive clients are listed, too; `since` changes nothing."""
        page = self._list(cursor)
        return read_companies(page.rows, self._read).page(page.cursor, page.count)

    def find_ticket(self, reference: str) -> Ticket | None:
        number = reference.strip().removeprefix("#").lstrip("0")
        row = self._ticket(number) if number.isascii() and number.isdigit() else {}
        if "id" not in row:
            return None
        return Ticket(
            ticket_id=number,
            reference=f"#{number}",
            title=read_text(row, "summary"),
            is_closed=row.get("hasbeenclosed") is True,
        )

    def recent_notes(self, ticket: Ticket) -> Sequence[str]:
        """In which order Halo gives actions is not documented, so many are asked for and the highest ids taken."""
        query = {"ticket_id": ticket.ticket_id, "count": str(_MOST_ACTIONS), "excludesys": "true"}
        rows = read_listing(self._api.send("GET", "Actions", query, scope=_TICKETS), "actions")
        actions = [row for row in rows if isinstance(row, Mapping) and isinstance(row.get("id"), int)]
        actions.sort(key=lambda row: int(row["id"]), reverse=True)
        return [str(row.get("note") or "") for row in actions[:_NOTES]]

    def add_note(self, ticket: Ticket, text: str) -> None:
        action = {
            "ticket_id": int(ticket.ticket_id),
            "outcome_id": _INTERNAL_NOTE,
            "hiddenfromuser": True,
            "note": text,
            "note_html": html.escape(text).replace("\n", "<br>"),
        }
        self._api.send("POST", "Actions", json=[action], scope=_TICKETS)

    def close_ticket(self, ticket: Ticket) -> None:
        if self._ticket(ticket.ticket_id).get("hasbeenclosed") is True:
            return
        change = {"id": int(ticket.ticket_id), "status_id": self._closed_status()}
        self._api.send("POST", "Tickets", json=[change], scope=_TICKETS)

    def _closed_status(self) -> int:
        rows = read_listing(self._api.send("GET", "Status", {"type": "ticket"}, scope=_TICKETS))
        statuses = [row for row in rows if isinstance(row, Mapping)]
        closed = (read_integer(row, "id") for row in statuses if read_text(row, "name").lower() == _CLOSED)
        found = next(closed, None)
        if found is None:
            raise RequestError("psa_ticket_not_closable", "no ticket status is called Closed")
        return found

    def _ticket(self, number: str) -> Row:
        """Empty when there is no such ticket."""
        try:
            return read_object(self._api.send("GET", f"Tickets/{number}", scope=_TICKETS))
        except ContractError as failure:
            if is_not_found(failure):
                return {}
            raise

    def _list(self, cursor: str) -> HaloPage:
        return self._api.list_page("Client", "clients", _LISTED, _CUSTOMERS, cursor)

    def _read(self, row: Row) -> Company | None:
        company = Company(
            external_id=str(read_number(row)),
            name=read_name(row, "name"),
            key=read_text(row, "ref"),
            domains=read_domains(row.get("website"), row.get("domain"), row.get("emaildomain"), *_named(row)),
            entra_tenant_ids=read_guids(read_parts(row, "azure_tenants"), "azure_tenant_id"),
            is_active=row.get("inactive") is not True,
            types=tuple(kind.label for kind in _types_of([row])),
            phone=read_text(row, "main_phonenumber"),
            updated_at=read_time(row, "alastupdate"),
        )
        return company if self._is_customer(row) else None

    def _is_customer(self, row: Row) -> bool:
        """By the types people have chosen, else everybody who is no prospect."""
        if self._chosen:
            return read_text(row, "customertype") in self._chosen
        return not row.get("isopportunity")


def _types_of(rows: Sequence[object]) -> tuple[CompanyType, ...]:
    numbers = {read_text(row, "customertype") for row in rows if isinstance(row, Mapping)} - {"", "0"}
    return tuple(
        CompanyType(type_id=number, label=f"Customer type {number}", is_customer=True) for number in sorted(numbers)
    )


def _named(row: Row) -> Sequence[object]:
    """Further domains, which newer versions of Halo list."""
    domains = row.get("client_domains")
    return domains if isinstance(domains, list) else ()
