"""HTTP as the API wants it: a fresh token for each request, patience while it is busy, refusals as exceptions."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlsplit

import requests

from opspilot365_connect.errors import ConnectError, NoAnswerError, find_error, seconds_of

_TIMEOUT_SECONDS: Final = 60.0
_LONGEST_PAUSE_SECONDS: Final = 30.0
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Document(dict[str, Any]):
    """An answer's object, with the ETag it came with."""

    etag = ""


def etag_of(document: object) -> str:
    """The ETag an answer came with, for `if_match`; empty when it had none."""
    return document.etag if isinstance(document, Document) else ""


class Transport:
    """Sends the calls of one caller; as little as its session is it meant for two threads at once.

    `token` is asked before each request. A 429 is waited for as long as the API asks, up to `patience` seconds a call;
    so is a service that is away, by calls that may be repeated: reading, and what has an Idempotency-Key.
    """

    def __init__(
        self,
        origin: str,
        token: Callable[[], str],
        *,
        patience: float = 90.0,
        session: requests.Session | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`origin` is the API's address, without a path; raises ValueError where a token could be overheard."""
        parts = urlsplit(origin)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise ValueError(f"{origin} is not https, so the token could be read on its way.")
        self._origin = origin.rstrip("/")
        self._token = token
        self._patience = patience
        self._session = session or requests.Session()
        self._sleep = sleep

    def call(
        self,
        method: str,
        path: str,
        *,
        parts: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
        body: Mapping[str, Any] | Sequence[Any] | None = None,
    ) -> Any:
        """The answer's JSON; of a redirect its Location, None when it is empty; raises ConnectError."""
        request = requests.Request(method, self._address(path, parts or {}), params=_wire(query or {}), json=body)
        request.headers.update({name: value for name, value in (headers or {}).items() if value is not None})
        return _content(self._send(request))

    def poll(self, path: str, *, parts: Mapping[str, str], query: Mapping[str, Any]) -> Iterator[Any]:
        """A document at once and whenever it has changed, as long as the API says when to ask again."""
        address, tag = self._address(path, parts), ""
        while True:
            headers = {"If-None-Match": tag} if tag else {}
            answer = self._send(requests.Request("GET", address, params=_wire(query), headers=headers))
            if answer.status_code == HTTPStatus.OK:
                tag = answer.headers.get("ETag", "")
                yield _content(answer)
            pause = seconds_of(answer.headers.get("Retry-After"))
            if pause is None:
                return
            self._sleep(pause)

    def _address(self, path: str, parts: Mapping[str, str]) -> str:
        return self._origin + path.format_map({name: _segment(name, part) for name, part in parts.items()})

    def _send(self, request: requests.Request) -> requests.Response:
        left, pauses = self._patience, _growing()
        while True:
            try:
                return self._send_once(request)
            except ConnectError as error:
                pause = next(pauses) if error.retry_after is None else error.retry_after
                if pause > left or not _is_worth_repeating(request, error):
                    raise
            left -= pause
            self._sleep(pause)

    def _send_once(self, request: requests.Request) -> requests.Response:
        request.auth = _bearer(self._token())  # as a header, it would give way to a .netrc
        prepared = self._session.prepare_request(request)
        settings = self._session.merge_environment_settings(prepared.url, {}, None, None, None)
        try:
            answer = self._session.send(prepared, timeout=_TIMEOUT_SECONDS, allow_redirects=False, **settings)
        except requests.RequestException as trouble:
            raise NoAnswerError(f"Nothing came back: {type(trouble).__name__}") from trouble
        if error := find_error(answer):
            raise error
        return answer


def _bearer(token: str) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    """Raises ValueError without the token, which an error of the header would tell."""
    text = token.strip()
    if not text or not text.isascii() or not text.isprintable():
        raise ValueError("What `token` gave is no access token.")

    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {text}"
        return request

    return sign


def _segment(name: str, part: str) -> str:
    """Raises ValueError for what would lead to another path."""
    if part in ("", ".", ".."):
        raise ValueError(f"{name} is {part!r}.")
    return quote(part, safe="")


def _is_worth_repeating(request: requests.Request, error: ConnectError) -> bool:
    """A 429 has done nothing yet; of anything else it is not known, so only what does no harm twice is sent again."""
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    return error.is_passing and (request.method == "GET" or "Idempotency-Key" in request.headers)


def _growing() -> Iterator[float]:
    pause = 1.0
    while True:
        yield pause
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def _wire(query: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """Query parameters as the API reads them: nothing for None, `true` for True, a list as one after the other."""
    given = {name: value for name, value in query.items() if value is not None}
    return {name: [*map(_text, value)] if isinstance(value, list) else _text(value) for name, value in given.items()}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _content(answer: requests.Response) -> Any:
    if answer.is_redirect:
        return answer.headers["Location"]
    if not answer.content:
        return None
    try:
        content = answer.json()
    except requests.JSONDecodeError as trouble:
        raise NoAnswerError("The answer is no JSON.", answer.status_code) from trouble
    if not isinstance(content, dict):
        return content
    document = Document(content)
    document.etag = answer.headers.get("ETag", "")
    return document
