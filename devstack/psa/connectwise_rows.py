"""ConnectWise's own tables and shapes: companies, types, statuses, boards, tickets."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from devstack.psa.book import Book, Note, TicketState
from devstack.psa.front import Row
from devstack.psa.population import Account, Kind

COMPANY_FIELDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("id", "status/id", "country/id", "parentCompany/id"), "integer"),
    **dict.fromkeys(("identifier", "name", "status/name", "addressLine1", "addressLine2", "city", "state"), "string"),
    **dict.fromkeys(
        ("zip", "country/name", "phoneNumber", "website", "parentCompany/name", "_info/updatedBy"), "string"
    ),
    **dict.fromkeys(("deletedFlag", "leadFlag", "isVendorFlag"), "boolean"),
    **dict.fromkeys(("lastUpdated", "dateEntered", "dateDeleted", "_info/lastUpdated"), "datetime"),
}
COMPANY_CHILDREN: Final[Mapping[str, str]] = {"types/id": "integer", "types/name": "string"}
TABLE_FIELDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("id", "sortOrder"), "integer"),
    "name": "string",
    **dict.fromkeys(("defaultFlag", "inactiveFlag", "vendorFlag", "serviceAlertFlag"), "boolean"),
    **dict.fromkeys(("closedStatus", "inactive"), "boolean"),
}
TICKET_FIELDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("id", "board/id", "status/id", "company/id"), "integer"),
    **dict.fromkeys(("summary", "board/name", "status/name", "company/name", "company/identifier"), "string"),
    **dict.fromkeys(("closedFlag",), "boolean"),
    **dict.fromkeys(("lastUpdated", "dateEntered", "closedDate"), "datetime"),
}
NOTE_FIELDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("id", "ticketId"), "integer"),
    "text": "string",
    **dict.fromkeys(("detailDescriptionFlag", "internalAnalysisFlag", "resolutionFlag"), "boolean"),
    "dateCreated": "datetime",
}
_CLIENT, _PROSPECT, _VENDOR, _OWNER, _PARTNER, _MANAGED = range(1, 7)
TYPES: Final[Mapping[int, Row]] = {
    number: {"id": number, "name": name, "defaultFlag": number == _CLIENT, "vendorFlag": number == _VENDOR}
    | {"serviceAlertFlag": False}
    for number, name in enumerate(("Client", "Prospect", "Vendor", "Owner", "Partner", "Managed Services"), 1)
}
STATUSES: Final[Mapping[int, Row]] = {
    number: {"id": number, "name": name, "defaultFlag": number == 1, "inactiveFlag": name == "Inactive"}
    for number, name in enumerate(("Active", "Inactive", "Not-Approved", "Credit Hold"), 1)
}
BOARD: Final[Row] = {"id": 1, "name": "Service Desk", "inactiveFlag": False}
BOARD_STATUSES: Final[Mapping[int, Row]] = {
    number: {"id": number, "name": name, "boardId": 1, "sortOrder": number, "inactive": name == "Cancelled (old)"}
    | {"defaultFlag": number == 1, "closedStatus": name in (">Closed", "Cancelled (old)")}
    for number, name in enumerate(("New", "In Progress", "Completed", "Cancelled (old)", ">Closed"), 1)
}


def id_of(number: int) -> int:
    """The MSP's own company is number 2, as in every installation."""
    return 250 + number if number else 2


def stamp(moment: datetime) -> str:
    """As ConnectWise writes a time."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def company(row_id: int, account: Account, book: Book) -> Row:
    """A company as the API shows it."""
    row: Row = {
        "id": row_id,
        "identifier": f"C{row_id}-{account.name.split()[0]}"[:30] if account.name.strip() else f"C{row_id}",
        "name": account.name[:50],
        "status": _reference(STATUSES[1 if account.is_active else 2]),
        "types": [_reference(TYPES[number]) for number in type_ids(account)],
        "addressLine1": account.street,
        "addressLine2": None,
        "city": account.city,
        "state": "",
        "zip": account.postcode,
        "country": {"id": 1, "name": "United Kingdom"},
        "phoneNumber": account.phone,
        "website": account.website or None,
        "deletedFlag": account.is_deleted,
        "leadFlag": account.kind is Kind.LEAD,
        "isVendorFlag": account.kind is Kind.VENDOR,
        "_info": {
            "lastUpdated": stamp(account.updated),
            "updatedBy": "integrator",
            "dateEntered": stamp(account.created),
        },
    }
    if account.is_deleted:
        row["dateDeleted"] = stamp(account.updated)
    return row | _parent(account, book)


def _parent(account: Account, book: Book) -> Row:
    parent_id = id_of(account.parent)
    parent = book.rows.get(parent_id) if account.parent else None
    return {"parentCompany": {"id": parent_id, "name": parent.name}} if parent else {}


def type_ids(account: Account) -> list[int]:
    """A company has many types, or none that anybody has given it."""
    if account.kind is Kind.CUSTOMER:
        return [] if account.number % 23 == 5 else [_CLIENT, *([_MANAGED] if account.number % 4 == 0 else [])]
    single = {Kind.PROSPECT: _PROSPECT, Kind.LEAD: _PROSPECT, Kind.VENDOR: _VENDOR, Kind.PARTNER: _PARTNER}
    return [single.get(account.kind, _OWNER)]


def ticket(state: TicketState, book: Book) -> Row:
    """A service ticket as the API shows it."""
    account = book.rows.get(state.company_id)
    is_closed = bool(BOARD_STATUSES[state.status]["closedStatus"])
    return {
        "id": state.ticket_id,
        "summary": state.title,
        "recordType": "ServiceTicket",
        "board": _reference(BOARD),
        "status": _reference(BOARD_STATUSES[state.status]),
        "company": {"id": state.company_id, "name": account.name if account else ""},
        "closedFlag": is_closed,
        "_info": {"lastUpdated": stamp(state.updated), "dateEntered": stamp(state.updated)},
        **({"closedDate": stamp(state.updated)} if is_closed else {}),
    }


def note(ticket_id: int, item: Note) -> Row:
    """A ticket's note as the API shows it."""
    return {
        "id": item.note_id,
        "ticketId": ticket_id,
        "text": item.text,
        "detailDescriptionFlag": not item.is_internal,
        "internalAnalysisFlag": item.is_internal,
        "resolutionFlag": False,
        "dateCreated": stamp(item.created),
        "createdBy": "integrator",
        "_info": {"lastUpdated": stamp(item.created)},
    }


def _reference(row: Row) -> dict[str, Any]:
    return {"id": row["id"], "name": row["name"]}
