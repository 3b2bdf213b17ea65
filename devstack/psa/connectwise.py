"""ConnectWise PSA: company information without credentials, and the REST API with Basic and `clientId`."""

import re
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from aiohttp import web

from devstack.psa import connectwise_rows as shapes
from devstack.psa.connectwise_lists import invalid, list_rows, matches
from devstack.psa.connectwise_tickets import Tickets
from devstack.psa.front import Refusal, Row, State, json_answer, read_json, refuse_credentials
from devstack.psa.spec import ConnectWiseSpec

_ALIAS: Final = "v4_6_release/"
"""Good for every codebase; whoever is not authorized is told there that nothing was found."""
_VERSION: Final = re.compile(r"version=\d{4}\.\d+\b")
_CREDENTIALS: Final = ("Authorization", "clientId")

Method = Callable[[web.Request], Awaitable[web.StreamResponse]]


def error(status: int, code: str, message: str) -> Refusal:
    """The standard error body."""
    return Refusal(status, {"code": code, "message": message, "errors": None})


class ConnectWise:
    """Handlers for the ConnectWise origin."""

    def __init__(self, state: State[ConnectWiseSpec]) -> None:
        self._state = state
        self._tickets = Tickets(state.book)

    def routes(self) -> list[web.RouteDef]:
        table: list[tuple[str, str, Method]] = [
            ("GET", "/system/info", self._system_info),
            ("GET", "/company/companies", self._companies),
            ("GET", "/company/companies/count", self._count),
            ("POST", "/company/companies/search", self._search),
            ("GET", "/company/companies/types", self._types),
            ("GET", "/company/companies/statuses", self._statuses),
            ("GET", r"/company/companies/{id:\d+}", self._company),
            *self._tickets.table(),
        ]
        return [
            web.get("/login/companyinfo/{company}", self._company_info),
            *(web.route(how, f"/{{codebase}}/apis/3.0{path}", self._guarded(method)) for how, path, method in table),
        ]

    @contextmanager
    def limited(self, request: web.Request) -> Iterator[None]:
        """Some thousand requests a minute; whoever passes that is told when to come again."""
        usage, limit = self._state.usage, self._state.spec.requests_per_minute
        wait = usage.window.wait(limit) if "/apis/3.0/" in request.path else 0.0
        if wait:
            raise self.refusal("throttle", int(wait) + 1)
        with usage.held("api"):
            yield

    def refusal(self, kind: str, retry_after_seconds: int = 2) -> Refusal:
        """As the Developer Guide shows them."""
        if kind == "throttle":
            body = {"error": "ConnectWiseAPI", "message": "Too many requests. Please try again later."}
            return Refusal(429, body, {"Retry-After": str(retry_after_seconds)})
        if kind == "forbidden":
            return error(403, "Forbidden", "The API member's security role does not permit this action.")
        if kind == "unauthorized":
            return error(401, "Unauthorized", "Username or password is incorrect.")
        return error(404, "NotFound", "The resource was not found.")

    def _guarded(self, method: Method) -> Method:
        async def call(request: web.Request) -> web.StreamResponse:
            self._authenticate(request)
            return await method(request)

        return call

    def _authenticate(self, request: web.Request) -> None:
        spec, codebase = self._state.spec, f"{request.match_info['codebase']}/"
        if codebase not in (spec.codebase, _ALIAS):
            raise self.refusal("not_found")
        if not self._is_member(request):
            raise self.refusal("not_found" if codebase != spec.codebase else "unauthorized")
        if request.headers.get("clientId") != spec.client_id:
            raise error(403, "Forbidden", "A registered clientId is required.")
        accept = request.headers.get("Accept", "*/*")
        if "vnd.connectwise.com" in accept and not _VERSION.search(accept):
            raise invalid("The version in the Accept header is not a released one.")
        if spec.is_forbidden:
            raise self.refusal("forbidden")

    def _is_member(self, request: web.Request) -> bool:
        spec = self._state.spec
        expected = f"{spec.company_id}+{spec.public_key}:{spec.private_key}"
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        return kind == "Basic" and given == b64encode(expected.encode()).decode()

    async def _company_info(self, request: web.Request) -> web.Response:
        """Answers null, and 200, for a company it does not know."""
        refuse_credentials(request, self._state, _CREDENTIALS)
        spec = self._state.spec
        if request.match_info["company"].lower() != spec.company_id:
            return json_answer(None)
        body = {
            "CompanyName": "Northwind MSP",
            "Codebase": spec.codebase,
            "VersionCode": spec.codebase.strip("/"),
            "VersionNumber": "v2025.1.111111",
            "CompanyID": spec.company_id,
            "IsCloud": False,
            "SiteUrl": request.url.host,
        }
        return json_answer(body)

    async def _system_info(self, request: web.Request) -> web.Response:
        return json_answer({"version": "v2025.1.111111", "isCloud": False, "serverTimeZone": "GMT Standard Time"})

    def _rows(self) -> Iterator[Row]:
        book = self._state.book
        if self._state.spec.is_restricted:
            return iter(())
        return (shapes.company(row_id, account, book) for row_id, account in sorted(book.rows.items()))

    async def _companies(self, request: web.Request) -> web.Response:
        return list_rows(request, self._rows(), shapes.COMPANY_FIELDS, shapes.COMPANY_CHILDREN)

    async def _count(self, request: web.Request) -> web.Response:
        found = matches(self._rows(), request.query, shapes.COMPANY_FIELDS, shapes.COMPANY_CHILDREN)
        return json_answer({"count": sum(1 for _ in found)})

    async def _search(self, request: web.Request) -> web.Response:
        """For conditions that are too long for an address; paging stays in the query."""
        body: Any = await read_json(request, invalid("The body is not JSON."))
        if not isinstance(body, dict) or not set(body) <= {"conditions", "childConditions"}:
            raise invalid("The body may hold conditions and childConditions.")
        found = matches(self._rows(), body, shapes.COMPANY_FIELDS, shapes.COMPANY_CHILDREN)
        return list_rows(request, found, shapes.COMPANY_FIELDS, shapes.COMPANY_CHILDREN)

    async def _types(self, request: web.Request) -> web.Response:
        return list_rows(request, shapes.TYPES.values(), shapes.TABLE_FIELDS)

    async def _statuses(self, request: web.Request) -> web.Response:
        return list_rows(request, shapes.STATUSES.values(), shapes.TABLE_FIELDS)

    async def _company(self, request: web.Request) -> web.Response:
        row_id, book = int(request.match_info["id"]), self._state.book
        if row_id not in book.rows or self._state.spec.is_restricted:
            raise self.refusal("not_found")
        return json_answer(shapes.company(row_id, book.rows[row_id], book))
