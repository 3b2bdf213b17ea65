"""What goes wrong on purpose, before or instead of an answer."""

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from aiohttp import web

from devstack.microsoft365.answers import GraphError, error_body, graph_headers
from devstack.microsoft365.scenario import Fault
from devstack.microsoft365.world import World

_THROTTLED = "Too many requests."
_LIMIT = {
    "x-ms-throttle-limit-percentage": "1.2",
    "x-ms-throttle-scope": "Tenant_Application/ReadWrite/app/tenant",
    "x-ms-throttle-information": "ResourceUnitLimitExceeded",
}
_PAGE_ERRORS = {
    "expired_page": ("Directory_ExpiredPageToken", "The specified page token value has expired."),
    "unknown_page": ("DirectoryPageTokenNotFoundException", "The page token was not found."),
}
_HANGING_SECONDS = 90.0
"""Longer than any client waits."""
_FIRST_PAGE = re.compile(r"[?&](%24|\$)skiptoken=[^&]*")
"""What a page's link has more than the first one's."""


def refuse_on_purpose(fault: Fault | None, query: dict[str, str], world: World) -> None:
    """Raises the GraphError of a fault that refuses; other faults change the answer later."""
    if fault is None:
        return
    if fault.kind.startswith("throttle"):
        world.throttled += 1
        raise GraphError(429, "TooManyRequests", _THROTTLED, {**_LIMIT, **_retry_after(fault)})
    if fault.kind == "unavailable":
        raise GraphError(503, "ServiceUnavailable", "Service unavailable.", {})
    if fault.kind == "forbidden":
        raise GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    if fault.kind == "expired_token":
        raise GraphError(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
    if fault.kind in _PAGE_ERRORS and ("$skiptoken" in query or "$deltatoken" in query):
        raise GraphError(400, *_PAGE_ERRORS[fault.kind])


def _retry_after(fault: Fault) -> dict[str, str]:
    if fault.kind == "throttle":
        return {"Retry-After": str(fault.retry_after_seconds)}
    if fault.kind == "throttle_date":
        moment = datetime.now(UTC) + timedelta(seconds=fault.retry_after_seconds)
        return {"Retry-After": moment.strftime("%a, %d %b %Y %H:%M:%S GMT")}
    return {}


def spoil_page(
    fault: Fault | None, body: dict[str, Any], own_link: str, sent: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """The page as a fault of its content leaves it; `sent` are objects of the listing's page before."""
    if fault is None or "value" not in body:
        return body
    if fault.kind == "repeat_page":
        return {**body, "@odata.nextLink": own_link}
    if fault.kind == "loop" and "skiptoken" in own_link:
        return {**_without_end(body), "@odata.nextLink": _FIRST_PAGE.sub("", own_link)}
    if fault.kind == "empty_page":
        return {**_without_end(body), "value": [], "@odata.nextLink": own_link + "&"}
    if fault.kind == "repeat_objects":
        return {**body, "value": [*sent, *body["value"]]}
    if fault.kind == "duplicate":
        return {**body, "value": [*body["value"], *body["value"][:5]]}
    if fault.kind == "error_in_200":
        return error_body(GraphError(200, "UnknownError", "An error in a successful answer."))
    return body


def _without_end(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "@odata.deltaLink"}


async def break_connection(
    fault: Fault | None, request: web.Request, body: dict[str, Any]
) -> web.StreamResponse | None:
    """For drop, truncate and hang: the answer that never arrives whole; None for other faults."""
    if fault is None or fault.kind not in ("drop", "truncate", "hang"):
        return None
    if fault.kind == "hang":
        await asyncio.sleep(_HANGING_SECONDS)
    if fault.kind == "truncate":
        content = orjson.dumps(body)
        response = web.StreamResponse(headers={**graph_headers(request), "Content-Length": str(len(content))})
        await response.prepare(request)
        await response.write(content[: len(content) // 2])
    if request.transport is not None:
        request.transport.abort()
    await asyncio.sleep(0)
    return web.Response(status=500)
