"""ConnectWise PSA as its Developer Guide describes it."""

import re
from base64 import b64encode
from typing import Any, ClassVar

from tenantsync.psa.port import Provider
from tests.fakes.psa import INTEGRATION, Answer, Asked, FakePsa, RefusedError, timestamp

SITE = "https://na.myconnectwise.net"
API = "https://api-na.myconnectwise.net"
_TICKET = 4711
_PARAMETERS = {"conditions", "fields", "orderBy", "page", "pageSize", "pageId"}


class FakeConnectWise(FakePsa):
    """`codebase` moves with upgrades; `types` and `statuses` are the tables people edit."""

    provider = Provider.CONNECTWISE
    values: ClassVar = {
        "host": "na.myconnectwise.net",
        "companyId": "northwind",
        "publicKey": "public-canary",
        "privateKey": "private-canary",
    }
    secrets = ("private-canary", "public-canary", INTEGRATION)
    name_key = "name"
    page_size = 1000
    ticket_reference = "#4711"
    unknown_account: ClassVar = {"companyId": "somebody-else"}
    wrong_key: ClassVar = {"privateKey": "wrong"}

    def __init__(self) -> None:
        super().__init__()
        self.codebase = "v2025_1"
        self.private_key = "private-canary"
        self.foreign_link = ""
        self.types = [
            {"id": 1, "name": "Client", "vendorFlag": False},
            {"id": 2, "name": "Vendor", "vendorFlag": True},
            {"id": 3, "name": "Owner", "vendorFlag": False},
            {"id": 4, "name": "Prospect", "vendorFlag": False},
            {"id": 5, "name": "Partner", "vendorFlag": False},
        ]
        self.statuses = [
            {"id": 1, "name": "Active", "inactiveFlag": False},
            {"id": 2, "name": "Not approved", "inactiveFlag": True},
        ]
        self.board = [
            {"id": 10, "name": "Open", "closedStatus": False},
            {"id": 11, "name": ">Cancelled", "closedStatus": True},
            {"id": 12, "name": "Closed", "closedStatus": True},
        ]

    def make_row(self, number: int) -> dict[str, Any]:
        return {
            "id": number,
            "identifier": f"C{number}",
            "name": f"Customer {number}",
            "status": {"id": 1, "name": "Active"},
            "types": [{"id": 1, "name": "Client"}],
            "website": f"https://www.customer{number}.example/",
            "phoneNumber": "555 0100",
            "addressLine1": "1 Main St",
            "city": "Springfield",
            "country": {"id": 1, "name": "United States"},
            "deletedFlag": False,
            "leadFlag": False,
            "isVendorFlag": False,
            "parentCompany": None,
            "_info": {"lastUpdated": "2026-02-01T08:00:00Z", "updatedBy": "canary-person"},
            "userDefinedField1": "hidden-secret-canary",
        }

    def revoke_key(self) -> None:
        self.private_key = "another"

    def is_listing(self, asked: Asked) -> bool:
        return asked.path.endswith("/company/companies")

    def route(self, asked: Asked) -> Answer:
        if asked.origin == SITE:
            return self._discovery(asked)
        self._check_credentials(asked)
        root = f"/{self.codebase}/apis/3.0/"
        if asked.origin != API or not asked.path.startswith(root):
            return Answer({"code": "NotFound", "message": "no such resource"}, 404)
        if set(asked.query) - _PARAMETERS:
            raise self.refuse(f"parameters {sorted(asked.query)}")
        return self._resource(asked, asked.path.removeprefix(root))

    def _discovery(self, asked: Asked) -> Answer:
        if {"authorization", "clientid", "cookie"} & set(asked.headers):
            raise self.refuse("credentials sent to a discovery call")
        if asked.path != "/login/companyinfo/northwind":
            return Answer(b"null")
        return Answer(
            {"CompanyName": "Northwind MSP", "Codebase": f"{self.codebase}/", "VersionCode": "v2025.1", "IsCloud": True}
        )

    def _check_credentials(self, asked: Asked) -> None:
        expected = b64encode(f"northwind+public-canary:{self.private_key}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {expected}":
            raise RefusedError(401, {"code": "Unauthorized", "message": "UserNotAuthenticated"})
        if asked.headers.get("clientid") != INTEGRATION:
            raise RefusedError(401, {"code": "ConnectWiseApi", "message": "The clientId is not valid"})
        if "version=" not in asked.headers.get("accept", ""):
            raise self.refuse("no version of the model")

    def _resource(self, asked: Asked, path: str) -> Answer:
        ticket = f"service/tickets/{_TICKET}"
        routes = {
            "company/companies": self._companies,
            "company/companies/count": lambda asked: Answer({"count": len(self._matching(asked))}),
            "company/companies/types": lambda asked: Answer(self.types),
            "company/companies/statuses": lambda asked: Answer(self.statuses),
            ticket: self._ticket,
            f"{ticket}/notes": self._notes,
            "service/boards/7/statuses": self._board,
        }
        if path not in routes:
            return Answer({"code": "NotFound", "message": "Ticket not found"}, 404)
        return routes[path](asked)

    def _companies(self, asked: Asked) -> Answer:
        if asked.headers.get("pagination-type") != "forward-only" or {"page", "orderBy"} & set(asked.query):
            raise self.refuse("not forward-only")
        size, after = int(asked.query["pageSize"]), int(asked.query.get("pageId", 0))
        if size > self.page_size:
            raise self.refuse("page too large")
        rows = [row for row in sorted(self._matching(asked), key=lambda row: int(row["id"])) if row["id"] > after]
        page = rows[:size]
        link = f"{self.foreign_link or API}{asked.path}?pageSize={size}&pageId={page[-1]['id']}" if rows[size:] else ""
        fields = set(asked.query["fields"].split(","))
        shown = [{name: value for name, value in row.items() if name in fields} for row in page]
        return Answer(shown, headers={"Link": f'<{link}>; rel="next"' if link else ""})

    def _matching(self, asked: Asked) -> list[dict[str, Any]]:
        conditions = asked.query.get("conditions", "")
        changed = re.fullmatch(r"lastUpdated>\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\]", conditions)
        if changed:
            since = timestamp(changed[1])
            return [row for row in self.visible() if timestamp(row["_info"]["lastUpdated"]) > since]
        if conditions not in ("", "deletedFlag=False"):
            raise self.refuse(f"conditions {conditions}")
        return [row for row in self.visible() if not conditions or not row["deletedFlag"]]

    def _ticket(self, asked: Asked) -> Answer:
        if asked.method == "PATCH":
            (change,) = asked.json
            closing = {status["id"] for status in self.board if status["closedStatus"]}
            if (change["op"], change["path"]) != ("replace", "/status/id") or change["value"] not in closing:
                raise self.refuse("not a closing status")
            self.is_ticket_closed = True
        return Answer(
            {"id": _TICKET, "summary": "Connect tenant", "closedFlag": self.is_ticket_closed, "board": {"id": 7}}
        )

    def _notes(self, asked: Asked) -> Answer:
        if asked.method == "POST":
            if not asked.json["internalAnalysisFlag"] or asked.json["detailDescriptionFlag"]:
                raise self.refuse("a note the customer sees")
            self.notes.append(asked.json["text"])
            return Answer({"id": len(self.notes)}, 201)
        if asked.query["orderBy"] != "id desc":
            raise self.refuse("the oldest notes first")
        newest = [{"id": number, "text": text} for number, text in enumerate(self.notes)][::-1]
        return Answer(newest[: int(asked.query["pageSize"])])

    def _board(self, asked: Asked) -> Answer:
        return Answer([status for status in self.board if status["closedStatus"]])
