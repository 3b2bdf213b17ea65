"""HaloPSA: discovery without credentials, clients, tickets and actions for bearers of the right scope."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from aiohttp import web

from devstack.psa import halopsa_rows as shapes
from devstack.psa.book import Book
from devstack.psa.front import (
    FOREIGN,
    Refusal,
    State,
    has_fault,
    json_answer,
    refuse_credentials,
    spoiled,
)
from devstack.psa.halopsa_tickets import Tickets, read_number
from devstack.psa.halopsa_tokens import Tokens
from devstack.psa.population import Account, Kind
from devstack.psa.spec import HaloSpec

_DEFAULT_COUNT: Final = 50
_LARGEST_PAGE: Final = 1000
_CREDENTIALS: Final = ("Authorization", "client_id", "client_secret")

Method = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Halo:
    """Handlers for the resource origin and the authorization origin."""

    def __init__(self, state: State[HaloSpec], tokens: Tokens) -> None:
        self._state, self._tokens = state, tokens
        self._tickets = Tickets(state.book)

    def routes(self) -> list[web.RouteDef]:
        table: list[tuple[str, str, str, Method]] = [
            ("GET", "/Client", "read:customers", self._clients),
            ("GET", r"/Client/{id:\d+}", "read:customers", self._client),
            *self._tickets.table(),
        ]
        guarded = [
            web.route(how, f"/{{api:(?i:api)}}{_any_case(path)}", self._guarded(method, scope))
            for how, path, scope, method in table
        ]
        return [web.get("/{api:(?i:api)}/{name:(?i:authinfo)}", self._auth_info), *guarded]

    def token_routes(self) -> list[web.RouteDef]:
        """Of the authorization origin, which need not be the resources' host."""
        return [web.post("/auth/token", self._tokens.answer)]

    @contextmanager
    def limited(self, request: web.Request) -> Iterator[None]:
        """So many requests a minute, the token endpoint's not counted; nobody says when to come again."""
        usage, is_token = self._state.usage, request.path.startswith("/auth/")
        if not is_token and usage.window.wait(self._state.spec.requests_per_minute):
            raise self.refusal("throttle")
        with usage.held("auth" if is_token else "api"):
            yield

    def refusal(self, kind: str, retry_after_seconds: int = 2) -> Refusal:
        """Forms vary: plain text, nothing at all, JSON."""
        if kind == "throttle":
            return Refusal(429, "Too many requests. Please try again later.", kind="text/plain")
        if kind == "forbidden":
            return Refusal(403, {"Message": "You do not have permission to view this."})
        if kind == "unauthorized":
            return Refusal(401, None, {"WWW-Authenticate": "Bearer"}, kind="text/plain")
        return Refusal(404, "Not found.", kind="text/plain")

    def _guarded(self, method: Method, scope: str) -> Method:
        async def call(request: web.Request) -> web.StreamResponse:
            if scope not in self._tokens.scopes(request) or self._state.spec.is_forbidden:
                raise self.refusal("forbidden")
            return await method(request)

        return call

    async def _auth_info(self, request: web.Request) -> web.Response:
        refuse_credentials(request, self._state, _CREDENTIALS)
        origin = FOREIGN if has_fault(request, "foreign_link") else self._state.origins["halopsa_auth"]
        return json_answer({"auth_url": f"{origin}/auth", "tenant_id": self._state.spec.tenant, "hosted": True})

    async def _clients(self, request: web.Request) -> web.Response:
        """Pages are given to those who ask for `pageinate`; others get the first fifty, or `count` of them."""
        query = request.query
        rows = sorted(self._matching(query), key=lambda pair: _order(query, *pair))
        if _flag(query, "orderdesc"):
            rows.reverse()
        if _flag(query, "pageinate"):
            page_no, size = (
                max(read_number(query, "page_no", 1), 1),
                min(read_number(query, "page_size", 50), _LARGEST_PAGE),
            )
            rows_of_page, paging = rows[(page_no - 1) * size : page_no * size], {"page_no": page_no, "page_size": size}
        else:
            rows_of_page, paging = rows[: read_number(query, "count", _DEFAULT_COUNT)], {}
        has_tenants = _flag(query, "includeazuretenants")
        shown = [shapes.client(row_id, account, has_tenants=has_tenants) for row_id, account in rows_of_page]
        return json_answer({"record_count": len(rows), **paging, "clients": spoiled(request, shown, "name")})

    async def _client(self, request: web.Request) -> web.Response:
        row_id = int(request.match_info["id"])
        account = dict(_visible(self._state.spec, self._state.book)).get(row_id)
        if account is None:
            raise web.HTTPNotFound
        return json_answer(shapes.client_details(row_id, account))

    def _matching(self, query: Mapping[str, str]) -> Iterator[tuple[int, Account]]:
        text = query.get("search", "").lower()
        for row_id, account in _visible(self._state.spec, self._state.book):
            is_inactive = not account.is_active or account.is_deleted
            is_wanted = _flag(query, "includeinactive") if is_inactive else _flag(query, "includeactive", default=True)
            is_hidden = _flag(query, "exclude_internal") and account.kind is Kind.OWNER
            if is_wanted and not is_hidden and text in account.name.lower():
                yield row_id, account


def _visible(spec: HaloSpec, book: Book) -> Iterator[tuple[int, Account]]:
    """What the agent may see; the rest does not exist for it."""
    nth = spec.hidden_every_nth
    for row_id, account in sorted(book.rows.items()):
        if shapes.is_client(account) and not spec.is_restricted and not (nth and account.number % nth == 0):
            yield row_id, account


def _order(query: Mapping[str, str], row_id: int, account: Account) -> tuple[Any, int]:
    return (row_id if query.get("order", "").lower() == "id" else account.name.lower()), row_id


def _flag(query: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    return query.get(name, str(default)).lower() == "true"


def _any_case(path: str) -> str:
    """The first part of a path in any spelling."""
    first, _, rest = path.strip("/").partition("/")
    return f"/{{entity:(?i:{first})}}{'/' if rest else ''}{rest}"
