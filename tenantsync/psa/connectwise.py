"""ConnectWise PSA: who is a customer by its own tables of types and statuses; notes on service tickets."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final

from tenantsync.errors import ContractError, RequestError
from tenantsync.psa.connectwise_api import TITLE, ConnectWiseApi
from tenantsync.psa.http import Wire, is_not_found
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
    read_address,
    read_companies,
    read_domains,
    read_integer,
    read_listing,
    read_name,
    read_number,
    read_object,
    read_part,
    read_parts,
    read_text,
    read_time,
)
from tenantsync.settings import Secret

_NOTES: Final = 50
_NO_CUSTOMERS: Final = frozenset({"owner", "vendor", "supplier", "partner", "prospect", "lead", "competitor"})
_COMPANIES: Final = "company/companies"
_FIELDS: Final = (
    "id,identifier,name,status,types,website,phoneNumber,addressLine1,addressLine2,city,state,zip,country,"
    "deletedFlag,leadFlag,isVendorFlag,parentCompany,_info"
)
_CONNECTION: Final = (
    ConnectionField(name="host", title="Address you sign in at, such as na.myconnectwise.net"),
    ConnectionField(name="companyId", title="Company id you sign in with"),
    ConnectionField(name="publicKey", title="Public key of the API member", is_secret=True),
    ConnectionField(name="privateKey", title="Private key of the API member", is_secret=True),
)


def connectwise_kind(wire: Wire, client_id: Secret | None) -> PsaKind:
    """`client_id` is this product's own, as registered with ConnectWise; without it no connection can be opened."""

    def open_connection(values: Mapping[str, str]) -> PsaAdapter:
        if client_id is None:
            raise RequestError("psa_not_set_up", "CONNECTWISE_CLIENT_ID is missing")
        return ConnectWiseAdapter(ConnectWiseApi(wire, client_id, values), values.get("customerTypes", ""))

    return PsaKind(provider=Provider.CONNECTWISE, title=TITLE, fields=_CONNECTION, open=open_connection)


class ConnectWiseAdapter:
    """One MSP's ConnectWise. `customer_types` are type ids separated by spaces, empty for our own rule."""

    provider = Provider.CONNECTWISE
    is_incremental = True

    def __init__(self, api: ConnectWiseApi, customer_types: str) -> None:
        self._api = api
        self._chosen = frozenset(customer_types.split())

    @property
    def requests(self) -> int:
        return self._api.http.requests

    def check(self) -> PsaAccount:
        company = self._api.discover()
        if not self._count(""):
            raise RequestError("psa_nothing_visible", f"{TITLE} shows this API member no company")
        return PsaAccount(
            name=read_text(company, "CompanyName"),
            version=read_text(company, "VersionCode"),
            types=tuple(self._types.values()),
            facts=(("apiUrl", self._api.root),),
        )

    def list_companies(self, cursor: str, since: str = "") -> CompanyPage:
        """A deleted company stays readable, so it is among what has changed; a whole listing leaves it out."""
        conditions = f"lastUpdated>[{since[:19]}Z]" if since else "deletedFlag=False"
        expected = None if cursor else self._count(conditions)
        try:
            rows, following = self._api.list_page(_COMPANIES, {"conditions": conditions, "fields": _FIELDS}, cursor)
        except ContractError as failure:
            raise _hidden_refusal(failure) from failure
        return read_companies(rows, self._read).page(following, expected)

    def find_ticket(self, reference: str) -> Ticket | None:
        """A service ticket by its number; project tickets are not looked for."""
        number = reference.strip().removeprefix("#")
        row = self._ticket(number) if number.isascii() and number.isdigit() else None
        if row is None:
            return None
        closed = row.get("closedFlag") is True
        return Ticket(ticket_id=number, reference=f"#{number}", title=read_text(row, "summary"), is_closed=closed)

    def recent_notes(self, ticket: Ticket) -> Sequence[str]:
        query = {"fields": "id,text", "orderBy": "id desc", "pageSize": str(_NOTES)}
        rows = read_listing(self._api.send("GET", f"service/tickets/{ticket.ticket_id}/notes", query).body)
        return [str(row.get("text") or "") for row in rows if isinstance(row, Mapping)]

    def add_note(self, ticket: Ticket, text: str) -> None:
        note = {
            "text": text,
            "internalAnalysisFlag": True,
            "detailDescriptionFlag": False,
            "resolutionFlag": False,
            "processNotifications": False,
        }
        self._api.send("POST", f"service/tickets/{ticket.ticket_id}/notes", json=note)

    def close_ticket(self, ticket: Ticket) -> None:
        """Which status closes a ticket is a setting of its board."""
        row = self._ticket(ticket.ticket_id)
        if row is None or row.get("closedFlag") is True:
            return
        board = read_integer(read_part(row, "board"), "id")
        change = [{"op": "replace", "path": "/status/id", "value": self._closing_status(board)}]
        self._api.send("PATCH", f"service/tickets/{ticket.ticket_id}", json=change)

    def _closing_status(self, board: int) -> int:
        rows = self._api.list_table(f"service/boards/{board}/statuses", {"conditions": "closedStatus=True"})
        closing = [row for row in rows if row.get("closedStatus") is True and row.get("inactive") is not True]
        if not closing:
            raise RequestError("psa_ticket_not_closable", "the ticket's board has no closed status")
        best = min(closing, key=lambda row: (not read_text(row, "name").lower().startswith("closed"), row["id"]))
        return read_integer(best, "id")

    def _ticket(self, number: str) -> Row | None:
        query = {"fields": "id,summary,closedFlag,board"}
        try:
            return read_object(self._api.send("GET", f"service/tickets/{number}", query).body)
        except ContractError as failure:
            if is_not_found(failure):
                return None
            raise

    def _count(self, conditions: str) -> int:
        query = {"conditions": conditions} if conditions else None
        try:
            return read_integer(self._api.send("GET", f"{_COMPANIES}/count", query).body, "count")
        except ContractError as failure:
            raise _hidden_refusal(failure) from failure

    @cached_property
    def _types(self) -> dict[str, CompanyType]:
        rows = self._api.list_table(f"{_COMPANIES}/types", {"fields": "id,name,vendorFlag"})
        return {kind.type_id: kind for kind in map(_type_of, rows)}

    @cached_property
    def _inactive_statuses(self) -> frozenset[str]:
        rows = self._api.list_table(f"{_COMPANIES}/statuses", {"fields": "id,name,inactiveFlag"})
        return frozenset(str(row["id"]) for row in rows if row.get("inactiveFlag") is True)

    def _read(self, row: Row) -> Company | None:
        types = [read_text(kind, "id") for kind in read_parts(row, "types")]
        company = Company(
            external_id=str(read_number(row)),
            name=read_name(row, "name"),
            key=read_text(row, "identifier"),
            domains=read_domains(row.get("website")),
            is_active=self._is_active(row),
            types=tuple(self._types[kind].label for kind in types if kind in self._types),
            phone=read_text(row, "phoneNumber"),
            address=_address_of(row),
            parent_id=read_text(read_part(row, "parentCompany"), "id"),
            updated_at=read_time(read_part(row, "_info"), "lastUpdated"),
        )
        return company if self._is_customer(row, types) else None

    def _is_active(self, row: Row) -> bool:
        status = read_text(read_part(row, "status"), "id")
        return row.get("deletedFlag") is not True and status not in self._inactive_statuses

    def _is_customer(self, row: Row, types: Sequence[str]) -> bool:
        """By the types people have chosen, else by ours: no lead and no vendor; a company without any type is one."""
        if self._chosen:
            return not self._chosen.isdisjoint(types)
        if row.get("leadFlag") is True or row.get("isVendorFlag") is True:
            return False
        return not types or any(kind not in self._types or self._types[kind].is_customer for kind in types)


def _type_of(row: Row) -> CompanyType:
    label = read_text(row, "name")
    is_customer = row.get("vendorFlag") is not True and label.lower() not in _NO_CUSTOMERS
    return CompanyType(type_id=str(row["id"]), label=label, is_customer=is_customer)


def _address_of(row: Row) -> str:
    street = read_address(row, "addressLine1", "addressLine2", "city", "state", "zip")
    return ", ".join(filter(None, (street, read_text(read_part(row, "country"), "name"))))


def _hidden_refusal(failure: ContractError) -> Exception:
    """A listing that is not found is what ConnectWise sometimes answers to a wrong key."""
    if is_not_found(failure):
        return RequestError("psa_key_refused", f"{TITLE} answered 404 to a listing", cause=failure.cause)
    return failure
