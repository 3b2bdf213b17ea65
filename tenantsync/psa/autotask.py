"""Autotask: company types and ticket states by the labels of its picklists, listings by id, naive times as UTC."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from tenantsync.errors import ContractError, RequestError
from tenantsync.psa.autotask_api import TITLE, AutotaskApi, ThreadLimit, above, classify
from tenantsync.psa.http import PsaHttp, Wire
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
    read_name,
    read_number,
    read_object,
    read_part,
    read_text,
    read_time,
)
from tenantsync.settings import Secret

_NOTES: Final = 50
_LONGEST_TITLE: Final = 250
_OWN_COMPANY: Final = 0
_CUSTOMERS: Final = frozenset({"customer", "client"})
_CLOSED: Final = "complete"
_FIELDS: Final = (
    "id,companyName,companyNumber,webAddress,isActive,companyType,phone,address1,address2,city,state,postalCode,"
    "parentCompanyID,lastTrackedModifiedDateTime,createDate"
)
_CONNECTION: Final = (
    ConnectionField(name="userName", title="User name (e-mail address) of the API user"),
    ConnectionField(name="secret", title="Password of the API user", is_secret=True),
    ConnectionField(
        name="integrationCode", title="Tracking identifier, if it is one of your own", is_secret=True, is_required=False
    ),
)


def autotask_kind(wire: Wire, zone_endpoint: str, integration_code: Secret | None) -> PsaKind:
    """`integration_code` is this product's own, for connections that bring none."""
    limit = ThreadLimit()

    def open_connection(values: Mapping[str, str]) -> PsaAdapter:
        code = values.get("integrationCode", "") or (integration_code.reveal() if integration_code else "")
        if not code:
            raise RequestError("psa_not_set_up", "AUTOTASK_INTEGRATION_CODE is missing")
        api = AutotaskApi(PsaHttp(TITLE, wire, classify), zone_endpoint, limit, {**values, "integrationCode": code})
        return AutotaskAdapter(api, values.get("customerTypes", ""))

    return PsaKind(provider=Provider.AUTOTASK, title=TITLE, fields=_CONNECTION, open=open_connection)


class AutotaskAdapter:
    """One MSP's Autotask. `customer_types` are values of the picklist separated by spaces, empty for our own rule."""

    provider = Provider.AUTOTASK
    is_incremental = True

    def __init__(self, api: AutotaskApi, customer_types: str) -> None:
        self._api = api
        self._chosen = frozenset(customer_types.split())

    @property
    def requests(self) -> int:
        return self._api.http.requests

    def check(self) -> PsaAccount:
        root = self._api.discover()
        own = read_part(read_object(self._api.send("GET", f"Companies/{_OWN_COMPANY}")), "item")
        if not self._count(above(_OWN_COMPANY)):
            raise RequestError("psa_nothing_visible", f"{TITLE} shows this API user no company")
        types = tuple(self._types.values())
        return PsaAccount(name=read_text(own, "companyName"), types=types, facts=(("apiUrl", root),))

    def list_companies(self, cursor: str, since: str = "") -> CompanyPage:
        """By id, so a listing can go on wherever it was left; inactive companies are listed, too."""
        after, changed = int(cursor or _OWN_COMPANY), [_changed_since(since)] if since else []
        expected = None if cursor else self._count(above(after), *changed)
        rows, last = self._api.list_page("Companies", _FIELDS, after, changed)
        customers = self._customer_types
        following = None if last is None else str(last)
        return read_companies(rows, lambda row: self._read(row, customers)).page(following, expected)

    def find_ticket(self, reference: str) -> Ticket | None:
        """A ticket by its number (T20260616.0001) or its id."""
        wanted = reference.strip().removeprefix("#")
        is_id = wanted.isascii() and wanted.isdigit()
        condition = _equals("id", int(wanted)) if is_id else _equals("ticketNumber", wanted)
        rows, _ = self._api.list_page("Tickets", "id,ticketNumber,title,status", 0, [condition])
        if not rows:
            return None
        row = read_object(rows[0])
        return Ticket(
            ticket_id=str(read_integer(row, "id")),
            reference=read_text(row, "ticketNumber"),
            title=read_text(row, "title"),
            is_closed=read_text(row, "status") == self._closed_status,
        )

    def recent_notes(self, ticket: Ticket) -> Sequence[str]:
        """They come oldest first, so all pages are read; few tickets have a second one."""
        texts: list[str] = []
        last: int | None = 0
        while last is not None:
            conditions = [_equals("ticketID", int(ticket.ticket_id))]
            rows, last = self._api.list_page("TicketNotes", "id,description", last, conditions)
            texts += [str(row.get("description") or "") for row in rows if isinstance(row, Mapping)]
        return texts[-_NOTES:]

    def add_note(self, ticket: Ticket, text: str) -> None:
        note = {
            "title": text.partition("\n")[0][:_LONGEST_TITLE],
            "description": text,
            "noteType": self._choice("noteType", "task") or self._choice("noteType", ""),
            "publish": self._internal,
        }
        self._api.send("POST", f"Tickets/{ticket.ticket_id}/Notes", json=note)

    def close_ticket(self, ticket: Ticket) -> None:
        if not self._closed_status:
            raise RequestError("psa_ticket_not_closable", "no ticket status is called Complete")
        change = {"id": int(ticket.ticket_id), "status": int(self._closed_status)}
        self._api.send("PATCH", "Tickets", json=change)

    def _choice(self, field: str, word: str) -> int:
        """The first active entry of a note's picklist that has the word in its label; 0 when there is none."""
        entries = self._api.list_choices("TicketNotes", field)
        active = [entry for entry in entries if entry.get("isActive") is not False]
        named = [read_text(entry, "value") for entry in active if word in read_text(entry, "label").lower()]
        return min((int(value) for value in named if value.isdecimal()), default=0)

    @cached_property
    def _internal(self) -> int:
        """Who sees our notes. The word is the same in most languages; without it a customer might read along."""
        found = self._choice("publish", "intern")
        if not found:
            raise ContractError("psa_unexpected_answer", f"{TITLE}'s notes cannot be kept internal")
        return found

    @cached_property
    def _closed_status(self) -> str:
        entries = self._api.list_choices("Tickets", "status")
        closed = (entry for entry in entries if read_text(entry, "label").lower() == _CLOSED)
        return next((read_text(entry, "value") for entry in closed), "")

    def _count(self, *conditions: Row) -> int:
        body = self._api.send("POST", "Companies/query/count", json={"filter": list(conditions)})
        return read_integer(body, "queryCount")

    @cached_property
    def _types(self) -> dict[str, CompanyType]:
        types = (_type_of(entry) for entry in self._api.list_choices("Companies", "companyType"))
        return {kind.type_id: kind for kind in types}

    @property
    def _customer_types(self) -> frozenset[str]:
        """Raises RequestError when nobody has chosen and no label says it: then who is a customer would be a guess."""
        customers = self._chosen or frozenset(kind.type_id for kind in self._types.values() if kind.is_customer)
        if not customers:
            known = ", ".join(f"{kind.type_id} = {kind.label}" for kind in self._types.values())
            raise RequestError("psa_types_unclear", f"{TITLE}'s company types are: {known}")
        return customers

    def _read(self, row: Row, customers: frozenset[str]) -> Company | None:
        kind = read_text(row, "companyType")
        company = Company(
            external_id=str(read_number(row)),
            name=read_name(row, "companyName"),
            key=read_text(row, "companyNumber"),
            domains=read_domains(row.get("webAddress")),
            is_active=row.get("isActive") is True,
            types=(self._types[kind].label,) if kind in self._types else (),
            phone=read_text(row, "phone"),
            address=read_address(row, "address1", "address2", "city", "state", "postalCode"),
            parent_id=read_text(row, "parentCompanyID"),
            updated_at=read_time(row, "lastTrackedModifiedDateTime"),
        )
        return company if kind in customers else None


def _equals(field: str, value: int | str) -> dict[str, Any]:
    return {"op": "eq", "field": field, "value": value}


def _changed_since(since: str) -> dict[str, Any]:
    """A new company may have no time of its last change yet."""
    fields = ("lastTrackedModifiedDateTime", "createDate")
    return {"op": "or", "items": [{"op": "gte", "field": field, "value": since} for field in fields]}


def _type_of(entry: Row) -> CompanyType:
    label = read_text(entry, "label")
    return CompanyType(type_id=read_text(entry, "value"), label=label, is_customer=label.lower() in _CUSTOMERS)
