"""Autotask's own shapes: companies, tickets and notes, and the field tables that explain their numbers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from devstack.psa.book import Note, TicketState
from devstack.psa.front import Row
from devstack.psa.population import Account, Kind

COMPANY_FIELDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("id", "companyType", "classification", "countryID", "parentCompanyID"), "integer"),
    **dict.fromkeys(("companyName", "companyNumber", "webAddress", "phone", "alternatePhone1"), "string"),
    **dict.fromkeys(("address1", "address2", "additionalAddressInformation", "city", "state", "postalCode"), "string"),
    "isActive": "boolean",
    **dict.fromkeys(("createDate", "lastTrackedModifiedDateTime", "lastActivityDate"), "datetime"),
}
TICKET_FIELDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("id", "companyID", "status", "priority", "queueID"), "integer"),
    **dict.fromkeys(("ticketNumber", "title", "description"), "string"),
    **dict.fromkeys(("createDate", "lastActivityDate", "completedDate"), "datetime"),
}
NOTE_FIELDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("id", "ticketID", "noteType", "publish", "creatorResourceID"), "integer"),
    **dict.fromkeys(("title", "description"), "string"),
    **dict.fromkeys(("createDateTime", "lastActivityDate"), "datetime"),
}
COMPLETE: Final = 5
STATUSES: Final[Mapping[int, str]] = {1: "New", 8: "In Progress", 7: "Waiting Customer", COMPLETE: "Complete"}
NOTE_TYPES: Final[Mapping[int, str]] = {1: "Task Summary", 2: "Task Detail", 3: "Task Notes", 13: "Workflow Rule Note"}
PUBLISH: Final[Mapping[int, str]] = {1: "All Autotask Users", 2: "Internal Project Team"}
INTERNAL: Final = 2
_TYPES: Final[Mapping[int, str]] = {
    1: "Customer",
    2: "Lead",
    3: "Prospect",
    4: "Dead",
    6: "Cancelation",
    7: "Vendor",
    8: "Partner",
}
_TYPE_OF: Final[Mapping[Kind, int]] = {
    Kind.CUSTOMER: 1,
    Kind.LEAD: 2,
    Kind.PROSPECT: 3,
    Kind.VENDOR: 7,
    Kind.PARTNER: 8,
    Kind.OWNER: 1,
}
TENANT_FIELD: Final = "Entra Tenant Id"
"""A user-defined field of this MSP's own making."""


def id_of(number: int) -> int:
    """The MSP's own company has the id 0."""
    return 29_683_500 + number if number else 0


def type_label(kind: Kind, customer_label: str) -> str:
    """What the picklist calls a company."""
    number = _TYPE_OF[kind]
    return customer_label if number == 1 else _TYPES[number]


def company(row_id: int, account: Account) -> Row:
    """A company as the API shows it."""
    custom = [{"name": TENANT_FIELD, "value": account.tenant_ids[0] if account.tenant_ids else None}]
    return {
        "id": row_id,
        "companyName": account.name,
        "companyNumber": f"N{account.number:05d}",
        "companyType": _TYPE_OF[account.kind],
        "classification": None,
        "isActive": account.is_active and not account.is_deleted,
        "webAddress": account.website or None,
        "phone": account.phone,
        "alternatePhone1": None,
        "address1": account.street,
        "address2": None,
        "additionalAddressInformation": None,
        "city": account.city,
        "state": None,
        "postalCode": account.postcode,
        "countryID": 237,
        "parentCompanyID": id_of(account.parent) if account.parent else None,
        "createDate": stamp(account.created),
        "lastTrackedModifiedDateTime": _some_stamp(account),
        "lastActivityDate": stamp(account.created),
        "userDefinedFields": custom,
    }


def _some_stamp(account: Account) -> str | None:
    """A row nobody has touched may lack it, and some come without their zone."""
    if account.updated == account.created and account.number % 2:
        return None
    text = stamp(account.updated)
    return text.removesuffix("Z") if account.number % 7 == 0 else text


def stamp(moment: datetime) -> str:
    """As Autotask writes a time."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def ticket(state: TicketState) -> Row:
    """A ticket as the API shows it."""
    is_complete = state.status == COMPLETE
    return {
        "id": state.ticket_id,
        "ticketNumber": state.reference,
        "title": state.title,
        "description": None,
        "companyID": state.company_id,
        "status": state.status,
        "priority": 2,
        "queueID": 29683481,
        "createDate": stamp(state.updated),
        "lastActivityDate": stamp(state.updated),
        "completedDate": stamp(state.updated) if is_complete else None,
        "userDefinedFields": [],
    }


def note(ticket_id: int, item: Note) -> Row:
    """A ticket's note as the API shows it."""
    return {
        "id": item.note_id,
        "ticketID": ticket_id,
        "title": item.title,
        "description": item.text,
        "noteType": 1,
        "publish": INTERNAL if item.is_internal else 1,
        "creatorResourceID": 29682885,
        "createDateTime": stamp(item.created),
        "lastActivityDate": stamp(item.created),
        "userDefinedFields": [],
    }


def field_table(entity: str, customer_label: str) -> list[Row]:
    """What `entityInformation/fields` says of an entity; raises KeyError for one there is not."""
    fields, picklists = _ENTITIES[entity]
    lists = {name: dict(values) for name, values in picklists.items()}
    if entity == "Companies":
        lists["companyType"][1] = customer_label
    return [_field(name, kind, lists.get(name)) for name, kind in fields.items()]


_ENTITIES: Final[Mapping[str, tuple[Mapping[str, str], Mapping[str, Mapping[int, str]]]]] = {
    "Companies": (COMPANY_FIELDS, {"companyType": _TYPES}),
    "Tickets": (TICKET_FIELDS, {"status": STATUSES, "priority": {1: "High", 2: "Medium", 3: "Low"}}),
    "TicketNotes": (NOTE_FIELDS, {"noteType": NOTE_TYPES, "publish": PUBLISH}),
}


def _field(name: str, kind: str, values: Mapping[int, str] | None) -> dict[str, Any]:
    return {
        "name": name,
        "dataType": kind,
        "isReadOnly": name == "id",
        "isRequired": name in ("companyName", "companyType", "phone", "title", "description", "noteType", "publish"),
        "isPickList": values is not None,
        "picklistValues": None if values is None else [_entry(number, label) for number, label in values.items()],
    }


def _entry(number: int, label: str) -> dict[str, Any]:
    """The value is a text, although the field it stands for is a number."""
    return {
        "value": str(number),
        "label": label,
        "isDefaultValue": number == 1,
        "sortOrder": number,
        "parentValue": "",
        "isActive": number != 4,
        "isSystem": True,
    }
