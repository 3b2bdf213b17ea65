"""HaloPSA's own shapes: clients with their Entra tenants, tickets, actions and statuses."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from devstack.psa.book import Note, TicketState
from devstack.psa.front import Row
from devstack.psa.population import Account, Kind

CLOSED: Final = 9
STATUSES: Final[Mapping[int, Row]] = {
    number: {"id": number, "name": name, "shortname": "", "type": 0, "sequence": number, "colour": "#808080"}
    for number, name in ((1, "New"), (2, "In Progress"), (4, "With User"), (8, "Resolved"), (CLOSED, "Closed"))
}
_LOGO: Final = "data:image/png;base64," + base64.b64encode(bytes(range(256)) * 60).decode()
_LOGOS: Final = 20
_NO_DATES: Final = ("0001-01-01T00:00:00", "1900-01-01T00:00:00")
_CUSTOMER, _PROSPECT, _PARTNER = 1, 2, 3


def id_of(number: int) -> int:
    """The MSP's own client is the first one there was."""
    return 12 + number


def stamp(moment: datetime) -> str:
    """As Halo writes a time: UTC, and nothing says so."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-4]


def is_client(account: Account) -> bool:
    """Suppliers are an entity of their own."""
    return account.kind is not Kind.VENDOR


def client(row_id: int, account: Account, *, has_tenants: bool) -> Row:
    """A client as lists show it."""
    relationship = {Kind.PARTNER: _PARTNER, Kind.PROSPECT: _PROSPECT, Kind.LEAD: _PROSPECT}.get(account.kind, _CUSTOMER)
    row: Row = {
        "id": row_id,
        "name": account.name,
        "ref": f"H{account.number:05d}",
        "toplevel_id": 1,
        "toplevel_name": "Northwind MSP",
        "inactive": not account.is_active or account.is_deleted,
        "stopped": int(account.number % 43 == 0),
        "isopportunity": int(account.kind in (Kind.PROSPECT, Kind.LEAD)),
        "customertype": relationship,
        "is_internal": account.kind is Kind.OWNER,
        "main_site_id": row_id + 20_000,
        "main_site_name": "Main",
        "main_phonenumber": account.phone,
        "website": account.website,
        "domain": account.domain if account.number % 5 == 0 else "",
        "datecreated": _NO_DATES[account.number % 2] if account.number % 11 == 0 else stamp(account.created),
        "alastupdate": stamp(account.updated),
    }
    if account.number < _LOGOS:
        row["logo"] = _LOGO
    if has_tenants:
        row["azure_tenants"] = [_tenant(row_id, account, number) for number in range(len(account.tenant_ids))]
    return row


def client_details(row_id: int, account: Account) -> Row:
    """A single client, with what lists leave out."""
    address = {"line1": account.street, "line2": "", "line3": account.city, "line4": "", "postcode": account.postcode}
    return client(row_id, account, has_tenants=True) | {
        "main_delivery_address": {**address, "country": "United Kingdom"},
        "notes": "",
    }


def _tenant(row_id: int, account: Account, number: int) -> dict[str, Any]:
    """Halo hands out tokens of the customer's tenant together with its id."""
    return {
        "id": row_id * 10 + number,
        "details_id": 1,
        "client_id": row_id,
        "azure_tenant_id": account.tenant_ids[number].upper() if account.number % 2 else account.tenant_ids[number],
        "azure_tenant_name": account.name,
        "azure_tenant_domain": account.domain,
        "relationship_type": 1,
        "new_access_token": "simulated-token-that-nobody-may-keep",
        "token_expiry": _NO_DATES[0],
    }


def ticket(state: TicketState, client_name: str) -> Row:
    """A ticket as the API shows it."""
    is_closed = state.status == CLOSED
    return {
        "id": state.ticket_id,
        "summary": state.title,
        "client_id": state.company_id,
        "client_name": client_name,
        "status_id": state.status,
        "tickettype_id": 1,
        "hasbeenclosed": is_closed,
        "dateoccurred": stamp(state.updated),
        "dateclosed": stamp(state.updated) if is_closed else _NO_DATES[1],
    }


def action(ticket_id: int, number: int, item: Note) -> Row:
    """An action as the API shows it; its id counts within the ticket."""
    return {
        "id": number,
        "ticket_id": ticket_id,
        "outcome": item.title,
        "note": item.text,
        "who": "OpsPilot365 Connect",
        "datetime": stamp(item.created),
        "hiddenfromuser": item.is_internal,
    }
