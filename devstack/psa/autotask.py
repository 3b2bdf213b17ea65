"""Autotask PSA: zone lookup without credentials, and the REST API with its three headers."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final

import orjson
from aiohttp import web

from devstack.psa import autotask_rows as shapes
from devstack.psa.autotask_filters import parse_query, refused
from devstack.psa.autotask_tickets import Tickets
from devstack.psa.front import (
    FOREIGN,
    Refusal,
    Row,
    State,
    has_fault,
    json_answer,
    linger_more,
    read_json,
    refuse_credentials,
    spoiled,
)
from devstack.psa.spec import AutotaskSpec

ZONES: Final = ("autotask_zone", "autotask_other_zone")
_CREDENTIALS: Final = ("UserName", "Secret", "ApiIntegrationCode", "Authorization")
_ROOT: Final = "/{root:(?i:atservicesrest)}/{version:(?i:v1.0)}"
_NO_PERMISSION: Final = "The logged in Resource does not have the adequate permissions to query this entity type."
_SLOWER: Final = ((0.75, 1.0), (0.5, 0.5))
"""Seconds added to each call from these shares of the hour's requests on."""

Method = Callable[[web.Request], Awaitable[web.StreamResponse]]
Rows = Callable[[], Iterator[Row]]


class Autotask:
    """Handlers for the lookup origin and both zones."""

    def __init__(self, state: State[AutotaskSpec]) -> None:
        self._state = state
        self._tickets = Tickets(state.book)

    def lookup_routes(self) -> list[web.RouteDef]:
        """Where every client begins."""
        return [web.get(f"{_ROOT}/{{name:(?i:zoneInformation)}}", self._zone)]

    def zone_routes(self, zone: str) -> list[web.RouteDef]:
        """The API, as one zone serves it."""
        companies = self._entity("Companies", shapes.COMPANY_FIELDS, self._company_rows)
        tickets = self._entity("Tickets", shapes.TICKET_FIELDS, self._tickets.rows)
        notes = self._entity("TicketNotes", shapes.NOTE_FIELDS, self._tickets.note_rows)
        table: list[tuple[str, str, Method]] = [
            *(*companies, *tickets, *notes, *self._tickets.table()),
            ("GET", "/ThresholdInformation", self._threshold),
        ]
        return [web.route(how, f"{_ROOT}{path}", self._guarded(method, zone)) for how, path, method in table]

    @contextmanager
    def limited(self, request: web.Request) -> Iterator[None]:
        """Ten thousand requests an hour for the whole database, and three at once on one entity."""
        spec, usage, entity = self._state.spec, self._state.usage, self._entity_of(request)
        if not entity:
            yield
            return
        if usage.window.wait(spec.requests_per_hour, spec.used_by_others):
            raise Refusal(429, {"errors": ["The API request threshold of this database has been exceeded."]})
        share = (usage.window.used + spec.used_by_others) / spec.requests_per_hour
        linger_more(request, next((seconds for limit, seconds in _SLOWER if share >= limit), 0.0))
        with usage.held(entity) as at_once:
            if at_once > spec.threads:
                raise self.refusal("throttle")
            yield

    def refusal(self, kind: str, retry_after_seconds: int = 2) -> Refusal:
        """Texts only; 500 stands for much that others have statuses for."""
        if kind == "throttle":
            threads = self._state.spec.threads
            return Refusal(429, {"errors": [f"API thread threshold of {threads} threads has been exceeded."]})
        if kind == "forbidden":
            return refused(_NO_PERMISSION)
        if kind == "unauthorized":
            return Refusal(401, {"errors": ["The username or secret is not valid."]})
        if kind == "bad_method":
            return Refusal(405, {"Message": "The requested resource does not support this http method."})
        return Refusal(404, {"Message": "No HTTP resource was found that matches the request URI."})

    @staticmethod
    def _entity_of(request: web.Request) -> str:
        parts = request.path.strip("/").split("/")
        is_lookup = parts[2:3] and parts[2].lower() == "zoneinformation"
        return "" if is_lookup or len(parts) < 3 else parts[2]  # noqa: PLR2004 - root, version, entity

    def _entity(self, entity: str, fields: Any, rows: Rows) -> list[tuple[str, str, Method]]:
        """What every entity answers to."""

        async def query(request: web.Request) -> web.StreamResponse:
            return await self._query(request, entity, fields, rows)

        async def count(request: web.Request) -> web.StreamResponse:
            wanted = parse_query(await self._body(request), fields, entity)
            return json_answer({"queryCount": sum(1 for row in rows() if wanted.matches(row))})

        async def item(request: web.Request) -> web.StreamResponse:
            row_id = int(request.match_info["id"])
            return json_answer({"item": next((row for row in rows() if row["id"] == row_id), None)})

        async def table(request: web.Request) -> web.StreamResponse:
            return json_answer({"fields": shapes.field_table(entity, self._state.spec.customer_label)})

        return [
            ("POST", f"/{entity}/query", query),
            ("GET", f"/{entity}/query", query),
            ("POST", f"/{entity}/query/next", query),
            ("POST", f"/{entity}/query/count", count),
            ("GET", f"/{entity}/entityInformation/fields", table),
            ("GET", f"/{entity}/{{id:\\d+}}", item),
        ]

    def _guarded(self, method: Method, zone: str) -> Method:
        async def call(request: web.Request) -> web.StreamResponse:
            self._authenticate(request, zone)
            return await method(request)

        return call

    def _authenticate(self, request: web.Request, zone: str) -> None:
        spec, headers = self._state.spec, request.headers
        if headers.get("ApiIntegrationCode") != spec.integration_code:
            raise refused("IntegrationCode is invalid.")
        is_user = headers.get("UserName") == spec.user_name and headers.get("Secret") == spec.secret
        if not is_user or zone != spec.zone:
            raise self.refusal("unauthorized")
        if request.can_read_body and request.content_type != "application/json":
            raise Refusal(415, {"Message": "The request entity's media type is not supported for this resource."})
        if spec.is_forbidden:
            raise self.refusal("forbidden")

    async def _zone(self, request: web.Request) -> web.Response:
        refuse_credentials(request, self._state, _CREDENTIALS)
        spec = self._state.spec
        if request.query.get("user", "").lower() != spec.user_name.lower():
            raise refused("Zone information could not be determined for this user.")
        origin = FOREIGN if has_fault(request, "foreign_link") else self._state.origins[spec.zone]
        number = ZONES.index(spec.zone) + 5
        body = {"zoneName": f"Zone {number}", "url": f"{origin}/ATServicesRest/", "webUrl": f"{origin}/", "ci": 999}
        return json_answer(body)

    async def _threshold(self, request: web.Request) -> web.Response:
        spec = self._state.spec
        used = self._state.usage.window.used + spec.used_by_others
        limits = {"externalRequestThreshold": spec.requests_per_hour, "requestThresholdTimeframe": 60}
        return json_answer({**limits, "currentTimeframeRequestCount": used})

    def _company_rows(self) -> Iterator[Row]:
        if self._state.spec.is_restricted:
            return iter(())
        return (shapes.company(row_id, account) for row_id, account in sorted(self._state.book.rows.items()))

    async def _query(self, request: web.Request, entity: str, fields: Any, rows: Rows) -> web.Response:
        """Rows ascending by id; the next page is asked with the same body, as a POST."""
        wanted = parse_query(await self._body(request), fields, entity)
        after = _position(request)
        found = list(islice((row for row in rows() if row["id"] > after and wanted.matches(row)), wanted.size + 1))
        has_more = len(found) > wanted.size
        if has_more and wanted.names and "id" not in wanted.names:
            raise refused("IncludeFields must contain id when there are more results than one page can hold.")
        page = spoiled(request, found[: wanted.size], "companyName")
        link = (
            self._next_link(request, entity, wanted.size, found[wanted.size - 1]["id"]) if has_more and page else None
        )
        details = {"count": len(page), "requestCount": wanted.size, "prevPageUrl": None, "nextPageUrl": link}
        return json_answer({"items": [_selected(row, wanted.names) for row in page], "pageDetails": details})

    def _next_link(self, request: web.Request, entity: str, size: int, last: int) -> str:
        origin = FOREIGN if has_fault(request, "foreign_link") else str(request.url.origin())
        position = orjson.dumps({"pageSize": size, "previousIds": [-1], "nextIds": [last]}).decode()
        address = request.url.with_path(f"/ATServicesRest/V1.0/{entity}/query/next").with_query({"paging": position})
        return str(address).replace(str(request.url.origin()), origin)

    @staticmethod
    async def _body(request: web.Request) -> Any:
        if request.method == "GET":
            try:
                return orjson.loads(request.query.get("search", ""))
            except orjson.JSONDecodeError as error:
                raise refused("The search is not valid JSON.") from error
        return await read_json(request, refused("The body is not valid JSON."))


def _position(request: web.Request) -> int:
    if "paging" not in request.query:
        return -1
    try:
        return int(orjson.loads(request.query["paging"])["nextIds"][0])
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise refused("The paging parameter is not valid.") from error


def _selected(row: Row, names: frozenset[str]) -> Row:
    """User-defined fields come along whatever was asked."""
    return {key: value for key, value in row.items() if not names or key in names or key == "userDefinedFields"}
