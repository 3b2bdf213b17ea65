"""HaloPSA as its OpenAPI document and production code describe it."""

from typing import Any, ClassVar

from tenantsync.psa.port import Provider
from tests.fakes.psa import Answer, Asked, FakePsa, RefusedError

HOST = "https://northwind.halopsa.com"
AUTH = "https://auth.halopsa.com"
_TICKET = 4711
_PARAMETERS = {"pageinate", "page_size", "page_no", "includeactive", "includeinactive", "exclude_internal"} | {
    *("includeazuretenants", "order", "orderdesc")
}


class FakeHalo(FakePsa):
    """`tokens` are the scopes tokens were given for; `granted` those the application may have."""

    provider = Provider.HALOPSA
    values: ClassVar = {
        "host": "northwind.halopsa.com",
        "clientId": "client",
        "clientSecret": "secret-canary",
        "tenant": "",
    }
    secrets = ("secret-canary", "bearer-canary")
    name_key = "name"
    page_size = 200
    ticket_reference = "0004711"
    unknown_account: ClassVar = {"tenant": "somebody-else"}
    wrong_key: ClassVar = {"clientSecret": "wrong"}

    def __init__(self) -> None:
        super().__init__()
        self.secret = "secret-canary"
        self.auth: dict[str, Any] | None = {"auth_url": f"{AUTH}/auth", "tenant_id": "northwind"}
        self.auth_origin, self.tenant = AUTH, "northwind"
        self.granted = {"read:customers", "read:tickets", "edit:tickets"}
        self.tokens: dict[str, set[str]] = {}
        self.hidden: set[int] = set()
        self.statuses = [{"id": 1, "name": "New"}, {"id": 9, "name": "Closed"}]

    def make_row(self, number: int) -> dict[str, Any]:
        tenant = f"{number:08x}-0000-4000-8000-00000000000A"
        return {
            "id": number,
            "ref": f"C{number}",
            "name": f"Customer {number}",
            "website": f"http://customer{number}.example/home",
            "inactive": False,
            "isopportunity": 0,
            "customertype": 1,
            "main_phonenumber": "555 0100",
            "alastupdate": "2026-02-01T08:00:00",
            "logo": "hidden-secret-canary" * 10,
            "azure_tenants": [
                {"azure_tenant_id": tenant, "new_access_token": "hidden-secret-canary", "token_expiry": "0001-01-01"}
            ],
        }

    def revoke_key(self) -> None:
        self.secret = "another"
        self.tokens.clear()

    def is_listing(self, asked: Asked) -> bool:
        return asked.path == "/api/Client"

    def route(self, asked: Asked) -> Answer:
        if asked.path == "/api/authinfo" and asked.origin == HOST:
            if "authorization" in asked.headers:
                raise self.refuse("credentials sent to a discovery call")
            return Answer(self.auth) if self.auth is not None else Answer({"message": "not found"}, 404)
        if asked.path == "/auth/token" and asked.origin == self.auth_origin:
            return self._token(asked)
        if asked.origin != HOST:
            raise self.refuse(f"asked {asked.origin}")
        self._check_token(asked)
        return self._resource(asked, asked.path.removeprefix("/api/"))

    def _token(self, asked: Asked) -> Answer:
        if asked.query.get("tenant", "") != self.tenant:
            raise RefusedError(500, {"message": "Object reference not set to an instance of an object."})
        form, scopes = asked.form, set(asked.form["scope"].split())
        if (form["grant_type"], form["client_id"], form["client_secret"]) != (
            "client_credentials",
            "client",
            self.secret,
        ):
            raise RefusedError(401, {"error": "invalid_client", "error_description": "The client is unknown"})
        if scopes - self.granted:
            raise RefusedError(400, {"error": "invalid_scope"})
        token = f"bearer-canary-{len(self.tokens)}"
        self.tokens[token] = scopes
        return Answer({"access_token": token, "token_type": "Bearer", "expires_in": 3600})

    def _check_token(self, asked: Asked) -> None:
        needed = "read:customers" if asked.path == "/api/Client" else "read:tickets"
        scopes = self.tokens.get(asked.headers.get("authorization", "").removeprefix("Bearer "))
        if scopes is None:
            raise RefusedError(401, {"message": "Unauthorized"})
        if needed not in scopes:
            raise RefusedError(403, {"message": "Forbidden"})

    def _resource(self, asked: Asked, path: str) -> Answer:
        routes = {
            "Client": self._clients,
            "Actions": self._actions,
            "Status": lambda asked: Answer(self.statuses),
            "Tickets": self._close,
            f"Tickets/{_TICKET}": lambda asked: Answer(
                {"id": _TICKET, "summary": "Connect tenant", "hasbeenclosed": self.is_ticket_closed}
            ),
        }
        if path not in routes:
            return Answer({"message": "not found"}, 404)
        return routes[path](asked)

    def _clients(self, asked: Asked) -> Answer:
        if set(asked.query) - _PARAMETERS:
            raise self.refuse(f"parameters {sorted(asked.query)}")
        shown = sorted(self.visible(), key=lambda row: int(row["id"]))
        if asked.query.get("pageinate") != "true":
            return Answer({"record_count": len(shown), "clients": shown[:50]})
        size, number = int(asked.query["page_size"]), int(asked.query["page_no"])
        page = [row for row in shown[(number - 1) * size : number * size] if row["id"] not in self.hidden]
        return Answer({"record_count": len(shown), "page_no": number, "page_size": size, "clients": page})

    def _actions(self, asked: Asked) -> Answer:
        if asked.method == "GET":
            if asked.query["ticket_id"] != str(_TICKET):
                raise self.refuse("another ticket")
            return Answer({"actions": [{"id": number, "note": text} for number, text in enumerate(self.notes)]})
        (action,) = asked.json
        if not action["hiddenfromuser"] or not action["outcome_id"] or action["ticket_id"] != _TICKET:
            raise self.refuse("a note the customer sees, or without an outcome")
        self.notes.append(action["note"])
        return Answer({"id": len(self.notes)}, 201)

    def _close(self, asked: Asked) -> Answer:
        if asked.json != [{"id": _TICKET, "status_id": 9}]:
            raise self.refuse("not the closed status")
        self.is_ticket_closed = True
        return Answer({"id": _TICKET}, 201)
