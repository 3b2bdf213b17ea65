"""Graph's answers: JSON with Graph's headers, its error document, its links."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

import orjson
from aiohttp import web

_KEY: Final = secrets.token_bytes(32)


class GraphError(Exception):
    """A refusal with Graph's status, code and message."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Ask:
    """A checked Graph request: the tenant, the path below v1.0, the values in it, `$select` and `$top`."""

    tenant_id: str
    path: str
    values: Mapping[str, str]
    query: Mapping[str, str]
    select: tuple[str, ...]
    top: int | None

    @property
    def binding(self) -> str:
        """What a page link is good for; a link of another listing is refused."""
        return json.dumps([self.tenant_id, self.path.lower(), self.select, self.top])


def json_answer(body: Mapping[str, Any], request: web.Request, status: int = 200) -> web.Response:
    """A JSON answer with request ids and the cost in resource units."""
    return web.Response(body=orjson.dumps(body), status=status, headers=graph_headers(request))


def graph_headers(request: web.Request) -> dict[str, str]:
    return {
        "Content-Type": "application/json;odata.metadata=minimal;charset=utf-8",
        "request-id": str(uuid4()),
        "client-request-id": request.headers.get("client-request-id", ""),
        "x-ms-resource-unit": "1",
        "Date": datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT"),
    }


def error_answer(error: GraphError, request: web.Request) -> web.Response:
    """Graph's error document."""
    response = json_answer(error_body(error), request, error.status)
    response.headers.update(error.headers)
    return response


def error_body(error: GraphError) -> dict[str, Any]:
    inner = {"date": "2026-01-01T00:00:00", "request-id": str(uuid4()), "client-request-id": str(uuid4())}
    return {"error": {"code": error.code, "message": error.message, "innerError": inner}}


def next_link(origin: str, ask: Ask, position: list[int], name: str = "$skiptoken") -> str:
    """The address of the page at `position`: opaque, signed, bound to this listing."""
    query = {key: value for key, value in ask.query.items() if key in ("$select", "$top")}
    query[name] = _seal(position, ask.binding)
    encoded = "&".join(f"{key}={quote(value, safe=',')}" for key, value in query.items())
    return f"{origin}/v1.0{ask.path}?{encoded}"


def read_position(ask: Ask, name: str = "$skiptoken") -> list[int] | None:
    """The position in a page link; None at the beginning. Raises GraphError for a link that is not of this listing."""
    token = ask.query.get(name)
    if token is None:
        return None
    sealed, _, signature = token.partition(".")
    if not hmac.compare_digest(signature, _sign(sealed, ask.binding)):
        raise GraphError(400, "Directory_ExpiredPageToken", "The specified page token value has expired.")
    position: list[int] = json.loads(base64.urlsafe_b64decode(sealed))
    return position


def _seal(position: list[int], binding: str) -> str:
    sealed = base64.urlsafe_b64encode(json.dumps(position).encode()).decode()
    return f"{sealed}.{_sign(sealed, binding)}"


def _sign(sealed: str, binding: str) -> str:
    return hmac.new(_KEY, f"{sealed}|{binding}".encode(), hashlib.sha256).hexdigest()[:24]
