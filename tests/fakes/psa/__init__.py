"""PSAs behind the HTTP seam: strict about credentials, paging and parameters, with every fault the real ones have."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from tenantsync.psa.port import Provider, PsaAdapter
from tenantsync.psa.registry import psa_kinds
from tenantsync.settings import Settings
from tests.fakes.clock import FakeClock
from tests.services import ENVIRONMENT

INTEGRATION = "11111111-aaaa-4aaa-8aaa-111111111111"
TRACKING = "TRACKING-IDENTIFIER"
SETTINGS = {**ENVIRONMENT, "CONNECTWISE_CLIENT_ID": INTEGRATION, "AUTOTASK_INTEGRATION_CODE": TRACKING}
BIG_NAME = "N" * 10_000_000


@dataclass(frozen=True)
class Answer:
    """A response to come; `length` overrules Content-Length, as a connection that breaks does."""

    body: Any = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None


@dataclass(frozen=True)
class Asked:
    """A request as a PSA sees it."""

    method: str
    origin: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


class RefusedError(Exception):
    """The PSA answers something else than what was asked for."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.answer = Answer(body, status)


class FakePsa(HTTPAdapter):
    """One MSP's PSA. `rows` are its companies in the PSA's own form, `notes` the texts on its only ticket.

    `tests/contract/test_psa_adapters.py` uses the attributes named here and the methods down to `heal`, so anything
    that has them can be put in its place.
    """

    provider: Provider
    values: ClassVar[dict[str, str]]
    secrets: tuple[str, ...]
    """What must never be seen outside."""
    name_key: str
    page_size: int
    ticket_reference: str
    unknown_account: ClassVar[dict[str, str]]
    """Values that lead to no account of the PSA."""
    wrong_key: ClassVar[dict[str, str]]

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Asked] = []
        self.violations: list[str] = []
        self.rows: list[dict[str, Any]] = []
        self.notes: list[str] = []
        self.is_ticket_closed = False
        self.is_blind = False
        self.clock = FakeClock()
        self._is_down = False
        self._mangle: Callable[[Answer], Answer] = lambda answer: answer

    def open(self, **changes: str) -> PsaAdapter:
        """A connection; `changes` are to the values that work."""
        kinds = psa_kinds(Settings.from_env(SETTINGS), self.clock, self)
        return kinds[self.provider].open({**self.values, **changes})

    def add(self, count: int, **changes: Any) -> list[str]:
        """Customers with ids that follow each other; gives the ids."""
        first = max((row["id"] for row in self.rows), default=0) + 1
        self.rows += [{**self.make_row(number), **changes} for number in range(first, first + count)]
        return [str(number) for number in range(first, first + count)]

    def add_named(self, name: object) -> str:
        """A customer whose name is this, whatever it is; gives the id."""
        return self.add(1, **{self.name_key: name})[0]

    def repeat_last(self) -> None:
        """The last company is listed twice."""
        self.rows.append(self.rows[-1])

    def hide_all(self) -> None:
        """The API user is restricted: it sees nothing, and no error either."""
        self.is_blind = True

    def count_listings(self) -> int:
        """How often companies were asked for."""
        return sum(map(self.is_listing, self.asked))

    def fault(self, name: str) -> None:
        """From now on listings fail so."""
        faults: dict[str, Callable[[Answer], Answer]] = {
            "throttled": lambda answer: Answer({"message": "slow down"}, 429),
            "throttled_seconds": lambda answer: Answer({}, 429, {"Retry-After": "17"}),
            "throttled_date": lambda answer: Answer(
                {}, 429, {"Retry-After": "Mon, 02 Mar 2026 09:00:40 GMT", "Date": "Mon, 02 Mar 2026 09:00:00 GMT"}
            ),
            "server_error": lambda answer: Answer("<html>Bad gateway</html>", 502, {"Content-Type": "text/html"}),
            "cut_off": lambda answer: replace(answer, body=_text(answer)[:-40]),
            "dropped": lambda answer: replace(answer, length=len(_text(answer)) + 100),
            "no_json": lambda answer: Answer("<html>Sign in</html>", headers={"Content-Type": "text/html"}),
            "no_list": lambda answer: Answer({"value": 1}),
            "redirected": lambda answer: Answer(b"", 302, {"Location": "https://169.254.169.254/"}),
            "endless": lambda answer: Answer(" " * (17 * 1024 * 1024)),
            "permission": lambda answer: self.permission_refused(),
        }
        if name == "down":
            self._is_down = True
        else:
            self._mangle = faults[name]

    def heal(self) -> None:
        """All faults are over."""
        self._is_down, self._mangle = False, lambda answer: answer

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        asked = _read(request)
        self.asked.append(asked)
        if self._is_down:
            raise requests.ConnectionError("nobody there")
        try:
            answer = self.route(asked)
        except RefusedError as refused:
            return respond(request, refused.answer)
        return respond(request, self._mangle(answer) if self.is_listing(asked) else answer)

    def refuse(self, what: str) -> RefusedError:
        """A request no documentation allows: remembered, and answered 400."""
        self.violations.append(what)
        return RefusedError(400, {"message": what})

    def visible(self) -> list[dict[str, Any]]:
        """The companies the API user sees."""
        return [] if self.is_blind else self.rows

    # What each PSA has of its own

    def make_row(self, number: int) -> dict[str, Any]:
        """A company as the PSA sends it."""
        raise NotImplementedError

    def route(self, asked: Asked) -> Answer:
        """The answer to a request; raises RefusedError."""
        raise NotImplementedError

    def is_listing(self, asked: Asked) -> bool:
        """Whether companies are asked for."""
        raise NotImplementedError

    def permission_refused(self) -> Answer:
        """How a missing permission looks."""
        return Answer({"code": "Forbidden", "message": "You do not have security permission"}, 403)

    def revoke_key(self) -> None:
        """The credentials are void from now on."""
        raise NotImplementedError


def _text(answer: Answer) -> str:
    return answer.body if isinstance(answer.body, str) else json.dumps(answer.body)


def _read(request: requests.PreparedRequest) -> Asked:
    parts = urlsplit(request.url or "")
    body = request.body if isinstance(request.body, bytes) else str(request.body or "").encode()
    return Asked(
        method=request.method or "",
        origin=f"{parts.scheme}://{parts.netloc}",
        path=parts.path,
        query={name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()},
        headers={name.lower(): str(value) for name, value in request.headers.items()},
        body=body,
    )


def respond(request: requests.PreparedRequest, answer: Answer) -> requests.Response:
    """The answer as it would come from a connection."""
    content = answer.body if isinstance(answer.body, bytes) else _text(answer).encode()
    length = len(content) if answer.length is None else answer.length
    headers = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(length), **answer.headers}
    response = requests.Response()
    response.status_code, response.url, response.request = answer.status, request.url or "", request
    response.raw = urllib3.HTTPResponse(BytesIO(content), headers, answer.status, preload_content=False)
    response.headers.update(headers)
    return response


def timestamp(text: str) -> str:
    """The first 19 characters of a time, for comparing."""
    return re.sub(r"[^0-9T:-]", "", text)[:19]
