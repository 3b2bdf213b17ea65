"""Spans: what was done for whom, how long it took, and by which id its counterpart knows it.

Attributes are ids, counts, codes and templates only. No URL, no header and no text of an exception becomes part of a
span. Whoever runs the process says where spans go; where nobody does, nothing is recorded.
"""

import re
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode

from tenantsync import logs, metrics
from tenantsync.errors import TenantSyncError

PREFIX: Final = "connect."
"""Of the attributes that are ours; the others are OpenTelemetry's own names."""
_tracer: Final = trace.get_tracer("tenantsync")
_CLIENT_ERROR: Final = 400
_THROTTLED: Final = 429
_WORD: Final = re.compile(
    r"\$?[A-Za-z]+(?:[-_][A-Za-z]+)*"
    r"|v?\d{1,2}[._]\d{1,2}(?:_release)?"
    r"|oauth2[A-Za-z]*|microsoft\.graph\.[A-Za-z]+|\.well-known|openapi\.json"
)
"""A step of a path that may be shown: never a number, a domain or an address."""
_LONGEST_WORD: Final = 60
_ID: Final = re.compile(r"[\w-]{1,64}")
_ANSWERED: Final[Mapping[str, tuple[str, ...]]] = {
    "request_id": ("request-id", "x-ms-request-id"),
    "retry_after": ("retry-after",),
}
"""What is kept of an answer's headers, and under which of them it is found."""


class Answered(Protocol):
    """The slice of a requests.Response that is looked at."""

    @property
    def status_code(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


class Exchange:
    """One request to somebody else: a span, and a count by what came of it."""

    def __init__(self, service: str, span: Span) -> None:
        self._service = service
        self._span = span
        self.status = 0

    def note(self, answer: Answered) -> None:
        """The answer has come."""
        self.status = answer.status_code
        self._span.set_attribute("http.response.status_code", self.status)
        for name, headers in _ANSWERED.items():
            value = next((answer.headers[header] for header in headers if header in answer.headers), "")
            if _ID.fullmatch(value):
                self._span.set_attribute(f"{PREFIX}{name}", value)
        if self.status >= _CLIENT_ERROR:
            self._span.set_status(StatusCode.ERROR)

    @property
    def outcome(self) -> str:
        """`2xx` to `5xx`, `throttled`, or `none` when no answer came."""
        return "throttled" if self.status == _THROTTLED else f"{self.status // 100}xx" if self.status else "none"


@contextmanager
def span(
    name: str, attributes: Mapping[str, str] = MappingProxyType({}), kind: SpanKind = SpanKind.INTERNAL
) -> Iterator[Span]:
    """A span with the ids of what is being done; an exception marks it by its code, without its text."""
    ids = {f"{PREFIX}{key}": value for key, value in logs.context().items()}
    with _tracer.start_as_current_span(
        name, kind=kind, attributes={**ids, **attributes}, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except BaseException as error:
            note_problem(current, error.code if isinstance(error, TenantSyncError) else type(error).__name__)
            raise


def note_problem(current: Span, code: str) -> None:
    """The span has failed; the code is told by a name of ours, too, as Azure's exporter drops OpenTelemetry's."""
    current.set_attributes({"error.type": code, f"{PREFIX}problem": code})
    current.set_status(StatusCode.ERROR)


def note_status(current: Span, status: int) -> None:
    """What was answered by us; by a name of ours, too, as Azure's exporter drops the other from spans of our own."""
    current.set_attributes({"http.response.status_code": status, f"{PREFIX}status": status})


@contextmanager
def exchange(
    service: str, method: str, url: str, client_request_id: str = "", words: Container[str] | None = None
) -> Iterator[Exchange]:
    """One request to a service (`graph`, `sign_in` ...), by whose id we ask; give its answer to what this yields.

    `words` as in `url_template`. Azure's exporter names a call by `url.full` alone, so the template stands there, too:
    without it every call would be a `GET /`.
    """
    template = url_template(url, words)
    attributes = {
        "http.request.method": method,
        "url.template": template,
        "url.full": template,
        "peer.service": service,
    }
    asked = {f"{PREFIX}client_request_id": client_request_id} if client_request_id else {}
    with span(f"{method} {template}", {**attributes, **asked}, SpanKind.CLIENT) as current:
        begun = Exchange(service, current)
        try:
            yield begun
        finally:
            metrics.REQUESTS.note(1, service=service, outcome=begun.outcome)


def url_template(url: str, words: Container[str] | None = None) -> str:
    """The path of a URL with `{id}` for all that may be an id, a name or an address; host and query are left out.

    Where names of people's own making stand in paths, `words` are the only steps that are shown.
    """
    return "/".join(_step(part, words) for part in urlsplit(url).path.split("/"))


def route_template(path: str, route_values: Mapping[str, str]) -> str:
    """The route a path was matched by: its values replaced by their names."""
    names = {value: f"{{{name}}}" for name, value in route_values.items() if value}
    return "/".join(names.get(unquote(part)) or _step(part, None) for part in path.split("/"))


def _step(part: str, words: Container[str] | None) -> str:
    name, _, key = part.partition("(")
    if not part:
        return ""
    is_word = len(name) <= _LONGEST_WORD and _WORD.fullmatch(name) if words is None else name in words
    return f"{name}({{id}})" if is_word and key else name if is_word else "{id}"
