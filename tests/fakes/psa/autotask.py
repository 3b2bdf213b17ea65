"""Autotask as its developer help describes it."""

from typing import Any, ClassVar

from tenantsync.psa.port import Provider
from tests.fakes.psa import TRACKING, Answer, Asked, FakePsa, RefusedError, timestamp

ZONES = "https://webservices.autotask.net"
ZONE = "https://webservices5.autotask.net"
_USER = "api@northwind.example"
_TICKET = 900


class FakeAutotask(FakePsa):
    """`zone` is where the user is at home; `types` the picklist of company types."""

    provider = Provider.AUTOTASK
    values: ClassVar = {"userName": _USER, "secret": "secret-canary"}
    secrets = ("secret-canary", TRACKING)
    name_key = "companyName"
    page_size = 500
    ticket_reference = "T20260302.0007"
    unknown_account: ClassVar = {"userName": "nobody@northwind.example"}
    wrong_key: ClassVar = {"secret": "wrong"}

    def __init__(self) -> None:
        super().__init__()
        self.zone = ZONE
        self.secret = "secret-canary"
        self.foreign_link = ""
        self.own_company: dict[str, Any] | None = {"id": 0, "companyName": "Northwind MSP"}
        self.types = [choice(1, "Customer"), choice(2, "Lead"), choice(7, "Vendor")]
        self.statuses = [choice(1, "New"), choice(5, "Complete")]
        self.publish = [choice(1, "All Autotask Users"), choice(2, "Internal Only")]

    def make_row(self, number: int) -> dict[str, Any]:
        return {
            "id": number,
            "companyName": f"Customer {number}",
            "companyNumber": f"C{number}",
            "webAddress": f"www.customer{number}.example",
            "isActive": True,
            "companyType": 1,
            "phone": "555 0100",
            "address1": "1 Main St",
            "city": "Springfield",
            "parentCompanyID": None,
            "lastTrackedModifiedDateTime": "2026-02-01T08:00:00.1234567",
            "createDate": "2025-01-01T00:00:00Z",
            "userDefinedFields": [{"name": "key", "value": "hidden-secret-canary"}],
        }

    def revoke_key(self) -> None:
        self.secret = "another"

    def permission_refused(self) -> Answer:
        return Answer({"errors": ["The logged in Resource does not have the adequate permissions."]}, 500)

    def is_listing(self, asked: Asked) -> bool:
        return asked.path.endswith("/Companies/query")

    def route(self, asked: Asked) -> Answer:
        if asked.origin == ZONES:
            return self._zones(asked)
        root = "/ATServicesRest/v1.0/"
        self._check_credentials(asked)
        if asked.origin != self.zone or not asked.path.startswith(root):
            raise RefusedError(401, {"errors": ["Wrong zone"]})
        return self._resource(asked, asked.path.removeprefix(root))

    def _zones(self, asked: Asked) -> Answer:
        if {"secret", "apiintegrationcode", "username"} & set(asked.headers):
            raise self.refuse("credentials sent to a discovery call")
        if asked.query.get("user") != _USER:
            return Answer({"errors": ["Zone information could not be determined"]}, 500)
        return Answer({"zoneName": "America East", "url": f"{self.zone}/ATServicesRest/", "webUrl": "x", "ci": 5})

    def _check_credentials(self, asked: Asked) -> None:
        if (asked.headers.get("username"), asked.headers.get("secret")) != (_USER, self.secret):
            raise RefusedError(401, {"errors": ["Unauthorized"]})
        if asked.headers.get("apiintegrationcode") != TRACKING:
            raise RefusedError(500, {"errors": ["IntegrationCode is invalid"]})

    def _resource(self, asked: Asked, path: str) -> Answer:
        entity, _, rest = path.partition("/")
        if (asked.method, path) == ("GET", "Companies/0"):
            return Answer({"item": self.own_company})
        if rest == "entityInformation/fields":
            return Answer({"fields": self._fields(entity)})
        if rest == "query":
            return self._query(asked, entity)
        if path == "Companies/query/count":
            return Answer({"queryCount": len(self._matching(self._entity("Companies"), asked.json["filter"]))})
        return self._write(asked, path)

    def _entity(self, name: str) -> list[dict[str, Any]]:
        status = 5 if self.is_ticket_closed else 1
        ticket = {"id": _TICKET, "ticketNumber": self.ticket_reference, "title": "Connect tenant", "status": status}
        notes = [{"id": n, "ticketID": _TICKET, "description": text} for n, text in enumerate(self.notes, 1)]
        own = [{**self.make_row(0), "companyName": "Northwind MSP"}]
        return {"Companies": own + self.visible(), "Tickets": [ticket], "TicketNotes": notes}[name]

    def _fields(self, entity: str) -> list[dict[str, Any]]:
        picklists = {
            "Companies": {"companyType": self.types},
            "Tickets": {"status": self.statuses},
            "TicketNotes": {"publish": self.publish, "noteType": [choice(13, "System"), choice(3, "Task Notes")]},
        }
        return [{"name": name, "picklistValues": values} for name, values in picklists[entity].items()]

    def _query(self, asked: Asked, entity: str) -> Answer:
        wanted = asked.json
        if wanted["MaxRecords"] > 500 or "id" not in wanted["IncludeFields"]:
            raise self.refuse("too many records, or no id")
        found = self._matching(self._entity(entity), wanted["filter"])
        page = found[: wanted["MaxRecords"]]
        link = f"{self.foreign_link or self.zone}{asked.path}/next?paging=x" if found[len(page) :] else None
        shown = [{name: row.get(name) for name in wanted["IncludeFields"]} for row in page]
        details = {"count": len(page), "requestCount": wanted["MaxRecords"], "prevPageUrl": None, "nextPageUrl": link}
        return Answer({"items": shown, "pageDetails": details})

    def _matching(self, rows: list[dict[str, Any]], conditions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        found = [row for row in rows if all(self._holds(row, condition) for condition in conditions)]
        return sorted(found, key=lambda row: int(row["id"]))

    def _holds(self, row: dict[str, Any], condition: dict[str, Any]) -> bool:
        if condition["op"] == "or":
            return any(self._holds(row, item) for item in condition["items"])
        value, wanted = row.get(condition["field"]), condition["value"]
        if condition["op"] == "gte":
            return value is not None and timestamp(value) >= timestamp(wanted)
        if condition["op"] not in ("gt", "eq"):
            raise self.refuse(f"operator {condition['op']}")
        return bool(value > wanted if condition["op"] == "gt" else value == wanted)

    def _write(self, asked: Asked, path: str) -> Answer:
        if (asked.method, path) == ("POST", f"Tickets/{_TICKET}/Notes"):
            if asked.json["publish"] != 2 or asked.json["noteType"] != 3 or len(asked.json["title"]) > 250:
                raise self.refuse("not an internal note")
            self.notes.append(asked.json["description"])
            return Answer({"itemId": len(self.notes)})
        if (asked.method, path) == ("PATCH", "Tickets") and asked.json == {"id": _TICKET, "status": 5}:
            self.is_ticket_closed = True
            return Answer({"itemId": _TICKET})
        raise self.refuse(f"{asked.method} {path}")


def choice(value: int, label: str) -> dict[str, Any]:
    """An entry of a picklist."""
    return {"value": str(value), "label": label, "isActive": True, "isSystem": True}
