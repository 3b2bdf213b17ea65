"""The HTTP edge without an HTTP framework: problem documents, security headers, caller, body limits.

A trigger calls `answer(request, handler)` and turns the Reply into its framework's response, nothing more.
"""

import hashlib
import math
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import parse_qs

import orjson
from opentelemetry.trace import Span, StatusCode

from tenantsync import logs, tracing
from tenantsync.errors import ConflictError, ContractError, RequestError, TenantSyncError, ThrottledError
from tenantsync.identity.caller import Caller, CallerIdentity, Role
from tenantsync.problems import Problem, find_problem

MAX_BODY_BYTES: Final = 64 * 1024
_LONGEST_TAGS: Final = 2000
_SERVER_ERROR: Final = 500
_STEP: Final = re.compile(r"[\w.-]{0,64}", re.ASCII)
_SECURITY_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}
_READABLE: Final = {"Access-Control-Expose-Headers": "ETag, Location, Retry-After, X-Correlation-Id"}
"""What the portal's script may read on another origin; the platform answers for origins, but exposes nothing."""
_PROBLEM_BASE: Final = "https://docs.opspilot365.com/problems/"


class HttpRequest(Protocol):
    """The slice of azure.functions.HttpRequest that is used."""

    @property
    def method(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def params(self) -> Mapping[str, str]: ...
    @property
    def route_params(self) -> Mapping[str, str]: ...
    def get_body(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Reply:
    """A finished answer."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One request being answered, with the id that follows it through logs and problems."""

    request: HttpRequest
    correlation_id: str

    @property
    def path(self) -> str:
        return "/" + self.request.url.split("://", 1)[-1].partition("/")[2].split("?", 1)[0]

    @property
    def logged_path(self) -> str:
        """The path without what is neither id nor word: an address, or text that would pass for a field of the line."""
        return "/".join(part if _STEP.fullmatch(part) else "*" for part in self.path.split("/"))

    def caller(self, identity: CallerIdentity, *any_of: Role) -> Caller:
        """The checked caller, who has one of the roles; raises RequestError 401 or 403."""
        return identity.identify(self.request.headers.get("authorization", ""), *any_of)

    def json_object(self) -> dict[str, object]:
        """The body as a JSON object; raises RequestError 400 or 413."""
        try:
            body = orjson.loads(self._body().removeprefix(BOM_UTF8))
        except orjson.JSONDecodeError as error:
            raise RequestError("invalid_request", "The body is not JSON.") from error
        if not isinstance(body, dict):
            raise RequestError("invalid_request", "The body must be a JSON object.")
        return body

    def text_fields(self) -> dict[str, str]:
        """The body's fields, form or JSON; raises RequestError unless all of them are text.

        Of JSON null is as good as missing, and true a text: so portals write what they have read into typed fields.
        """
        if "application/x-www-form-urlencoded" in self.request.headers.get("content-type", "").lower():
            return self._form()
        fields = {name: value for name, value in self.json_object().items() if value is not None}
        if not all(isinstance(value, str | bool) for value in fields.values()):
            raise RequestError("invalid_request", "All fields must be text.")
        return {name: str(value) for name, value in fields.items()}

    def _form(self) -> dict[str, str]:
        try:
            parsed = parse_qs(self._body().decode(), keep_blank_values=True, max_num_fields=50)
        except ValueError as error:
            raise RequestError("invalid_request", "The form cannot be read.") from error
        if any(len(values) > 1 for values in parsed.values()):
            raise RequestError("invalid_request", "A field is given twice.")
        return {name: values[0] for name, values in parsed.items()}

    def _body(self) -> bytes:
        body = self.request.get_body()
        if len(body) > MAX_BODY_BYTES:
            raise RequestError("payload_too_large", f"The body has {len(body)} bytes.")
        return body


def answer(request: HttpRequest, handler: Callable[[Call], Reply], crashed: Callable[[], Reply] | None = None) -> Reply:
    """Runs a handler; whatever it raises becomes a problem document. Never raises.

    `crashed` is what is answered to a bug of ours instead, where the caller is a browser and not a program.
    """
    call = Call(request, logs.parse_correlation_id(request.headers.get("x-correlation-id", "")))
    with logs.correlated(call.correlation_id), _traced(call) as span:
        reply = _handled(call, handler, crashed)
        tracing.note_status(span, reply.status)
        if reply.status >= _SERVER_ERROR:
            span.set_status(StatusCode.ERROR)
    headers = {**_SECURITY_HEADERS, **_READABLE, "X-Correlation-Id": call.correlation_id, **reply.headers}
    return Reply(reply.status, reply.body, headers)


@contextmanager
def _traced(call: Call) -> Iterator[Span]:
    """The host has a span for the request as such; this one says what it was about."""
    method, route = call.request.method, tracing.route_template(call.path, call.request.route_params)
    with tracing.span(f"{method} {route}", {"http.request.method": method, "http.route": route}) as span:
        yield span


def _handled(call: Call, handler: Callable[[Call], Reply], crashed: Callable[[], Reply] | None) -> Reply:
    try:
        return handler(call)
    except TenantSyncError as error:
        return _refusal(call, error)
    except Exception as error:  # noqa: BLE001 - the HTTP edge: nothing may leave as a bare 500
        logs.failure("request_crashed", error, path=call.logged_path)
        if crashed:
            with suppress(TenantSyncError):
                return crashed()
        return problem_reply(find_problem("internal_error"), call)


def json_reply(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A JSON answer."""
    return Reply(status, orjson.dumps(body), {"Content-Type": "application/json", **(headers or {})})


def cacheable_reply(call: Call, body: dict[str, object], volatile: frozenset[str], headers: Mapping[str, str]) -> Reply:
    """A JSON answer with an ETag over everything but the `volatile` keys; 304 when the caller has it already."""
    stable = {key: value for key, value in body.items() if key not in volatile}
    tag = f'"{hashlib.sha256(orjson.dumps(stable)).hexdigest()[:32]}"'
    cache = {"Cache-Control": "private, no-cache", "ETag": tag, **headers}
    asked = call.request.headers.get("if-none-match", "")[:_LONGEST_TAGS]
    known = {part.strip().removeprefix("W/") for part in asked.split(",")}
    if known & {tag, "*"}:
        return Reply(304, b"", cache)
    return json_reply(body, headers=cache)


def redirect_reply(location: str) -> Reply:
    """303: the browser goes on with a GET to a clean address."""
    return Reply(303, b"", {"Location": location})


def problem_reply(
    problem: Problem,
    call: Call,
    headers: Mapping[str, str] | None = None,
    members: Mapping[str, object] | None = None,
) -> Reply:
    """RFC 9457 problem+json; `members` are what this problem says on top."""
    said = {"microsoftCode": problem.microsoft_code} if problem.microsoft_code else {}
    body = {
        **said,
        "type": f"{_PROBLEM_BASE}{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.message or problem.title,
        "instance": call.path,
        "code": problem.code,
        "owner": problem.owner.value,
        "nextAction": problem.next_action,
        "correlationId": call.correlation_id,
        **(members or {}),
    }
    return Reply(problem.status, orjson.dumps(body), {"Content-Type": "application/problem+json", **(headers or {})})


def _refusal(call: Call, error: TenantSyncError) -> Reply:
    if isinstance(error, ContractError):
        logs.failure("request_failed", error, path=call.logged_path)
    else:
        logs.event("request_refused", problem=error.code, path=call.logged_path)
    if isinstance(error, RequestError):
        return problem_reply(error.problem(), call, error.headers, error.members)
    if isinstance(error, ConflictError):  # somebody else's request was faster
        return problem_reply(find_problem("tenant_changed"), call)
    return problem_reply(error.problem(), call, _when_again(error))


def _when_again(error: TenantSyncError) -> dict[str, str]:
    seconds = error.cause.retry_after_seconds if isinstance(error, ThrottledError) else None
    return {} if seconds is None else {"Retry-After": str(math.ceil(seconds))}
