"""Table Storage's REST protocol, as far as the app and the SDK speak it."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, unquote

import orjson
from aiohttp import web

from devstack.table_service.batches import (
    error_body,
    make_operation,
    parse_batch,
    parse_row_path,
    write_answer,
    write_refusal,
)
from devstack.table_service.rows import RefusedError, Rows, StoredRow

ACCOUNT: Final = "devstoreaccount1"
USAGE_PATH: Final = "/_usage"
"""Beside the account, and none of Azure's: how many requests were taken. A batch is one, as it is one on the bill."""
_PAGE: Final = 1000
_MAX_REQUEST: Final = 5 * 1024 * 1024
_TABLE: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{2,62}")
_FILTER: Final = re.compile(r"PartitionKey eq '((?:[^']|'')*)'(?: and RowKey gt '((?:[^']|'')*)')?")


class TableService:
    """Handlers for one account."""

    def __init__(self, rows: Rows, account_key: str) -> None:
        self._rows = rows
        self._key = base64.b64decode(account_key)
        self._transactions = 0

    def application(self) -> web.Application:
        application = web.Application(client_max_size=_MAX_REQUEST)
        application.router.add_get(USAGE_PATH, self._usage)
        application.router.add_route("*", f"/{ACCOUNT}/{{path:.*}}", self._handle)
        return application

    async def _usage(self, request: web.Request) -> web.Response:
        return _json({"transactions": self._transactions})

    async def _handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        self._transactions += 1
        try:
            self._authenticate(request)
            return self._answer(request, body)
        except RefusedError as error:
            headers = {"x-ms-error-code": error.code}
            return web.Response(
                status=error.status, body=error_body(error), content_type="application/json", headers=headers
            )

    def _authenticate(self, request: web.Request) -> None:
        scheme, _, signed = request.headers.get("Authorization", "").partition(" ")
        date = request.headers.get("x-ms-date", "")
        resource = f"/{ACCOUNT}{request.raw_path.partition('?')[0]}"
        texts = {
            "SharedKeyLite": f"{date}\n{resource}",
            "SharedKey": f"{request.method}\n\n{request.headers.get('Content-Type', '')}\n{date}\n{resource}",
        }
        digest = hmac.new(self._key, texts.get(scheme, "").encode(), hashlib.sha256).digest()
        expected = f"{ACCOUNT}:{base64.b64encode(digest).decode()}"
        if scheme not in texts or not hmac.compare_digest(signed, expected):
            raise RefusedError(403, "AuthenticationFailed")

    def _answer(self, request: web.Request, body: bytes) -> web.Response:
        path = request.raw_path.partition("?")[0].removeprefix(f"/{ACCOUNT}")
        place = parse_row_path(path)
        name = unquote(path).strip("/")
        if name == "$batch":
            return self._transact(body)
        if name.startswith("Tables"):
            return self._manage_tables(request.method, name, body)
        if place and request.method == "GET":
            return self._read(place, request)
        if place:
            return self._write(request, place, body)
        if request.method == "POST":
            entity = orjson.loads(body)
            return self._write(request, (name, entity["PartitionKey"], entity["RowKey"]), body)
        return self._query(name.removesuffix("()"), request)

    def _transact(self, body: bytes) -> web.Response:
        try:
            answer = write_answer(self._rows.apply(parse_batch(body)))
        except RefusedError as error:
            if error.status == web.HTTPRequestEntityTooLarge.status_code:
                raise
            answer = write_refusal(error)
        headers = {"Content-Type": "multipart/mixed; boundary=batchresponse_1"}
        return web.Response(status=202, body=answer, headers=headers)

    def _manage_tables(self, method: str, name: str, body: bytes) -> web.Response:
        if method == "GET":
            return _json({"value": [{"TableName": table} for table in self._rows.table_names()]})
        if method == "DELETE":
            self._rows.delete_table(name.removeprefix("Tables('").removesuffix("')"))
            return web.Response(status=204)
        table = orjson.loads(body)["TableName"]
        if not _TABLE.fullmatch(table):
            raise RefusedError(400, "InvalidResourceName")
        self._rows.create_table(table)
        return _json({"TableName": table}, 201)

    def _read(self, place: tuple[str, str, str], request: web.Request) -> web.Response:
        row = self._rows.read(*place)
        return _json(_entity(row, _View.of(request)), headers={"ETag": row.etag})

    def _write(self, request: web.Request, place: tuple[str, str, str], body: bytes) -> web.Response:
        condition = request.headers.get("If-Match")
        operation = make_operation(request.method, place, body, condition)
        (etag,) = self._rows.apply([operation])
        return web.Response(status=204, headers={"ETag": etag} if etag else {})

    def _query(self, table: str, request: web.Request) -> web.Response:
        found = _FILTER.fullmatch(request.query.get("$filter", ""))
        if found is None:
            raise RefusedError(501, "NotImplemented")
        partition, after = found[1].replace("''", "'"), (found[2] or "").replace("''", "'")
        limit = min(_PAGE, int(request.query.get("$top", _PAGE)))
        resumed = unquote(request.query.get("NextRowKey", ""))
        rows = self._rows.scan(table, partition, resumed or after, limit + 1)
        headers = _continuation(partition, rows[limit - 1].key) if len(rows) > limit else {}
        view = _View.of(request)
        return _json({"value": [_entity(row, view) for row in rows[:limit]]}, headers=headers)


def _continuation(partition: str, last: str) -> dict[str, str]:
    """Opaque to clients, who send both back."""
    names = {"NextPartitionKey": partition, "NextRowKey": last}
    return {f"x-ms-continuation-{name}": quote(value, safe="") for name, value in names.items()}


def _entity(row: StoredRow, view: "_View") -> dict[str, Any]:
    entity: dict[str, Any] = orjson.loads(row.body)
    if view.is_bare:
        names = view.names or [name for name in entity if "@" not in name]
        return {name: entity.get(name) for name in names}
    if view.names:
        known = {kind: entity[kind] for kind in view.kinds if kind in entity}
        entity = {**{name: entity.get(name) for name in view.names}, **known}
    return {"odata.etag": row.etag, **entity}


@dataclass(frozen=True, slots=True)
class _View:
    """What of its rows a request wants to see: columns (all, if none are named), bare or with their kinds."""

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    is_bare: bool

    @classmethod
    def of(cls, request: web.Request) -> "_View":
        names = tuple(request.query.get("$select", "").split(",")) if request.query.get("$select") else ()
        kinds = tuple(f"{name}@odata.type" for name in names)
        return cls(names, kinds, "nometadata" in request.headers.get("Accept", ""))


def _json(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(
        status=status, body=orjson.dumps(body), content_type="application/json", headers=dict(headers or {})
    )
