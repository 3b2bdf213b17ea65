"""The one HTTP core of all adapters: public hosts only, no redirects, bounded answers, refusals turned into failures.

It never waits and never repeats: that is the engine's business. What an answer says is not part of any failure's text.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from time import monotonic
from typing import Any, Final
from urllib.parse import quote, urlencode

import requests
import urllib3

from tenantsync.errors import Cause, ContractError, RequestError, TenantSyncError, ThrottledError, TransientError
from tenantsync.lenient_json import parse_json
from tenantsync.outbound import origin_of
from tenantsync.public_hosts import PrivateAddressError, check_public_url
from tenantsync.retry_after import parse_retry_after
from tenantsync.tracing import exchange

HOST_REFUSED: Final = "psa_host_refused"
_TIMEOUT_SECONDS: Final = (10, 60)
_BODY_SECONDS: Final = 60.0
_MAX_BYTES: Final = 16 * 1024 * 1024
_CHUNK_BYTES: Final = 64 * 1024
_TOLD_CHARACTERS: Final = 4_000
_WORDS: Final = frozenset(
    {
        *("login", "companyinfo", "apis", "3.0", "company", "companies", "count", "types", "statuses"),
        *("service", "boards", "tickets", "notes"),
        *(
            "atservicesrest",
            "ATServicesRest",
            "v1.0",
            "zoneInformation",
            "Companies",
            "query",
            "entityInformation",
            "fields",
        ),
        *("Tickets", "TicketNotes", "Notes"),
        *("api", "auth", "authinfo", "token", "Client", "Actions", "Status"),
    }
)
"""The steps of paths a trace may show: a company's name at its PSA can be any word."""
_USER_AGENT: Final = "OpsPilot365-Connect/1.0"
_SUCCESS: Final = range(200, 300)
_ALWAYS: Final[Mapping[int, str]] = {HTTPStatus.TOO_MANY_REQUESTS: "psa_throttled"}
_STATUSES: Final[Mapping[int, str]] = {
    HTTPStatus.UNAUTHORIZED: "psa_key_refused",
    HTTPStatus.FORBIDDEN: "psa_permission_missing",
    HTTPStatus.REQUEST_TIMEOUT: "psa_unavailable",
}
_FAILURES: Final[Mapping[str, type[TenantSyncError]]] = {
    "psa_throttled": ThrottledError,
    "psa_unavailable": TransientError,
    "psa_unexpected_answer": ContractError,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An answer that is no success. `text` is the beginning of its body in lower case: to tell by, never to show."""

    status: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A success: its JSON (None when there was no body) and its headers."""

    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """What all connections of a process share. `loopback_origins` are for development."""

    session: requests.Session
    loopback_origins: tuple[str, ...] = ()


class PsaHttp:
    """One connection's requests to its PSA, which people know by `title`.

    `classify` names the problem behind a refusal, or gives an empty text where the status alone says enough.
    """

    def __init__(self, title: str, wire: Wire, classify: Callable[[Refusal], str]) -> None:
        self.title = title
        self.requests = 0
        self._wire = wire
        self._classify = classify

    def origin(self, address: str) -> str:
        """`https://host[:port]` of an address people have typed or a PSA has named; raises RequestError."""
        url = address.strip()
        url = url if "://" in url else f"https://{url}"
        return origin_of(check_public_url(url, self._wire.loopback_origins, HOST_REFUSED))

    def is_loopback(self, origin: str) -> bool:
        """Whether the origin is one of those listed for development."""
        return origin in {origin_of(listed) for listed in self._wire.loopback_origins}

    def check_link(self, link: str, own: str) -> None:
        """Raises ContractError when a page link leads away from the host the credentials are for."""
        try:
            is_own = origin_of(link) == origin_of(own)
        except ValueError:
            is_own = False
        if not is_own:
            raise ContractError("psa_unexpected_answer", f"{self.title} named a next page on a foreign host")

    def send(self, method: str, url: str, query: Mapping[str, str] | None = None, **options: Any) -> Answer:
        """One request. `options` are those of requests; a query is encoded as all three PSAs understand it."""
        check_public_url(url, self._wire.loopback_origins, HOST_REFUSED)
        url = f"{url}?{urlencode(query, quote_via=quote)}" if query else url
        options["headers"] = {"Accept": "application/json", "User-Agent": _USER_AGENT, **options.get("headers", {})}
        self.requests += 1
        response, body = self._exchange(method, url, options)
        if response.status_code not in _SUCCESS:
            raise self._failure(response, body)
        return Answer(body=self._parse(response, body), headers=response.headers)

    def _exchange(self, method: str, url: str, options: dict[str, Any]) -> tuple[requests.Response, bytes]:
        options = {"timeout": _TIMEOUT_SECONDS, **options, "allow_redirects": False, "stream": True}
        try:
            with (
                exchange(self.title, method, url, words=_WORDS) as begun,
                self._wire.session.request(method, url, **options) as response,
            ):
                begun.note(response)
                return response, self._read(response)
        except PrivateAddressError as error:
            raise RequestError(HOST_REFUSED, f"{self.title}'s host leads to an address that is not public") from error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise self._unreachable(error) from error

    def _read(self, response: requests.Response) -> bytes:
        """What has come is looked at as it comes, so neither a huge answer nor a dripping one can hold us."""
        ends_at, chunks, size = monotonic() + _BODY_SECONDS, [], 0
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
            chunks.append(chunk)
            size += len(chunk)
            if size > _MAX_BYTES:
                raise ContractError("psa_unexpected_answer", f"{self.title}'s answer is larger than 16 MB")
            if monotonic() > ends_at:
                raise TransientError("psa_unavailable", f"{self.title}'s answer came too slowly")
        return b"".join(chunks)

    def _unreachable(self, error: Exception) -> TenantSyncError:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return RequestError(HOST_REFUSED, f"{self.title}'s host has no certificate that can be trusted")
        return TransientError("psa_unavailable", f"{self.title}: {type(error).__name__}")

    def _failure(self, response: requests.Response, body: bytes) -> TenantSyncError:
        status = response.status_code
        cause = Cause(status=status, retry_after_seconds=parse_retry_after(response.headers))
        text = body[:_TOLD_CHARACTERS].decode("utf-8", "replace").lower()
        code = _ALWAYS.get(status) or self._classify(Refusal(status=status, text=text)) or _fallback(status)
        return _FAILURES.get(code, RequestError)(code, f"{self.title} answered {status}", cause=cause)

    def _parse(self, response: requests.Response, body: bytes) -> Any:
        if not body:
            return None
        if "json" not in response.headers.get("Content-Type", "json").lower():
            raise ContractError("psa_unexpected_answer", f"{self.title}'s answer is not JSON")
        try:
            return parse_json(body)
        except ValueError as error:
            raise TransientError("psa_unavailable", f"{self.title}'s answer was cut off") from error


def _fallback(status: int) -> str:
    """What a status means where the PSA has no meaning of its own for it."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "psa_unavailable"
    return _STATUSES.get(status, "psa_unexpected_answer")


def check_key(value: str) -> str:
    """A key that may stand in a header; raises RequestError for one with characters no key has."""
    if value.isascii() and value.isprintable():
        return value
    raise RequestError("psa_key_refused", "The key has characters that no key has.")


def is_not_found(failure: TenantSyncError) -> bool:
    """Whether the PSA answered that there is no such thing."""
    return failure.cause.status == HTTPStatus.NOT_FOUND
