"""What every request to a simulated PSA passes first: counts, limits, latency and what goes wrong on purpose."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Protocol, TypeVar

import orjson
from aiohttp import web
from aiohttp.typedefs import Middleware

from devstack.psa.book import Book
from devstack.psa.limits import Usage
from devstack.psa.spec import Fault, VendorSpec

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Row = dict[str, Any]
SpecT = TypeVar("SpecT", bound=VendorSpec)

FOREIGN: Final = "https://169.254.169.254"
"""Where links of the fault `foreign_link` point: what lends cloud machines their credentials."""
_FAULT: Final = web.RequestKey("fault", str)
_DUE: Final = web.RequestKey("due", float)
_HUGE: Final = "x" * (10 * 1024 * 1024)
_KINDS: Final = {404: "not_found", 405: "bad_method"}
_HANGING_SECONDS: Final = 90.0
"""Longer than any client waits."""


class Refusal(Exception):  # noqa: N818 - what a vendor says, and no failure of ours
    """An answer that is no success, in the vendor's own form: JSON, or text of another content type."""

    def __init__(
        self, status: int, body: object, headers: Mapping[str, str] | None = None, kind: str = "application/json"
    ) -> None:
        super().__init__(status)
        self.status, self.body, self.headers, self.kind = status, body, dict(headers or {}), kind

    def answer(self) -> web.Response:
        """The answer; None as body is an empty one."""
        content = b"" if self.body is None else self.body.encode() if isinstance(self.body, str) else dumps(self.body)
        return web.Response(status=self.status, body=content, headers=self.headers, content_type=self.kind)


@dataclass
class State(Generic[SpecT]):
    """A PSA, and what has happened to it."""

    spec: SpecT
    book: Book
    usage: Usage
    origins: dict[str, str] = field(default_factory=dict)
    """Where the parts of all PSAs are served."""
    _seen: Counter[int] = field(default_factory=Counter)
    _used: Counter[int] = field(default_factory=Counter)

    def change(self, spec: SpecT) -> None:
        """Other settings from now on; faults are counted anew."""
        self.spec = spec
        self._seen.clear()
        self._used.clear()

    def due_fault(self, path: str) -> Fault | None:
        """The fault this request meets, counted as used."""
        for number, fault in enumerate(self.spec.faults):
            if fault.path not in path:
                continue
            self._seen[number] += 1
            is_used_up = fault.times is not None and self._used[number] >= fault.times
            if not is_used_up and self._seen[number] % fault.every_nth == 0:
                self._used[number] += 1
                return fault
        return None


class Vendor(Protocol):
    """How a PSA differs in what every request passes."""

    def limited(self, request: web.Request) -> AbstractContextManager[object]:
        """For the time of the request; raises Refusal when a limit is passed."""
        ...

    def refusal(self, kind: str, retry_after_seconds: int = 2) -> Refusal:
        """The vendor's answer for `throttle`, `forbidden`, `unauthorized`, `not_found` and `bad_method`."""
        ...


def front(state: State[Any], vendor: Vendor) -> Middleware:
    """The middleware of one PSA."""

    @web.middleware
    async def pass_on(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[_DUE] = asyncio.get_running_loop().time() + state.spec.latency_ms / 1000
        state.usage.requests[request.path] += 1
        try:
            with vendor.limited(request):
                answer = await _handled(request, handler, state, vendor)
                await _linger(request)
        except Refusal as refusal:
            state.usage.throttled += refusal.status == 429  # noqa: PLR2004 - Too Many Requests
            await _linger(request)
            return refusal.answer()
        return await _broken(request, answer)

    return pass_on


async def _handled(request: web.Request, handler: Handler, state: State[Any], vendor: Vendor) -> web.StreamResponse:
    fault = state.due_fault(request.path)
    request[_FAULT] = fault.kind if fault else ""
    if fault is not None:
        _refuse_on_purpose(fault, vendor)
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status not in _KINDS:
            raise
        raise vendor.refusal(_KINDS[error.status]) from error


def _refuse_on_purpose(fault: Fault, vendor: Vendor) -> None:
    if fault.kind in ("throttle", "forbidden", "unauthorized"):
        raise vendor.refusal(fault.kind, fault.retry_after_seconds)
    if fault.kind == "down":
        raise Refusal(503, "<html><body>Service Unavailable</body></html>", kind="text/html")
    if fault.kind == "server_error":
        raise Refusal(500, "<html><body>Execution Timeout Expired.</body></html>", kind="text/html")
    if fault.kind == "redirect":
        raise Refusal(302, None, {"Location": f"{FOREIGN}/moved"}, kind="text/html")
    if fault.kind == "not_json":
        raise Refusal(200, "<html><body>Maintenance</body></html>", kind="text/html")


async def _broken(request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
    """The answer as drop, hang and truncate leave it; other faults have done their work before."""
    kind = request.get(_FAULT, "")
    if kind == "hang":
        await asyncio.sleep(_HANGING_SECONDS)
    if kind == "truncate" and isinstance(answer, web.Response) and isinstance(answer.body, bytes):
        length = {"Content-Type": "application/json", "Content-Length": str(len(answer.body))}
        cut = web.StreamResponse(headers=length)
        await cut.prepare(request)
        await cut.write(answer.body[: len(answer.body) // 2])
    if kind in ("drop", "hang", "truncate") and request.transport is not None:
        request.transport.abort()
    return answer


async def _linger(request: web.Request) -> None:
    """Until the latency has passed since the request came: making the answer is a part of it."""
    await asyncio.sleep(request[_DUE] - asyncio.get_running_loop().time())


def linger_more(request: web.Request, seconds: float) -> None:
    """A vendor that slows its callers down."""
    request[_DUE] += seconds


def has_fault(request: web.Request, kind: str) -> bool:
    """Whether the request meets this fault."""
    found: str = request.get(_FAULT, "")
    return found == kind


def spoiled(request: web.Request, rows: Sequence[Row], name: str) -> list[Row]:
    """A page's rows as a fault of their content leaves them; `name` is the field of a company's name."""
    if has_fault(request, "empty"):
        return []
    if has_fault(request, "duplicate"):
        return [*rows, *rows[:3]]
    if has_fault(request, "huge_name") and rows:
        return [{**rows[0], name: _HUGE}, *rows[1:]]
    return list(rows)


def dumps(body: object) -> bytes:
    """JSON."""
    return orjson.dumps(body)


def json_answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    return web.Response(status=status, body=dumps(body), headers=headers, content_type="application/json")


async def read_json(request: web.Request, refusal: Refusal) -> Any:
    """The request's body; raises the refusal when it is no JSON."""
    try:
        return orjson.loads(await request.read())
    except orjson.JSONDecodeError as error:
        raise refusal from error


def refuse_credentials(request: web.Request, state: State[Any], names: Sequence[str]) -> None:
    """Discovery calls are anonymous: whoever sends credentials there gives them to a host nobody has checked."""
    if sent := [name for name in names if name in request.headers or name in request.query]:
        state.usage.violations.append(f"credentials in a discovery call: {', '.join(sent)}")
        raise Refusal(400, f"This call takes no {', '.join(sent)}.", kind="text/plain")
