"""HaloPSA's way of being asked: an authorization host of its own, tokens by scope, pages by number."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

from tenantsync.clock import Clock
from tenantsync.errors import ContractError, CursorExpiredError, RequestError, TransientError
from tenantsync.psa.http import PsaHttp, Refusal, check_key, is_not_found
from tenantsync.psa.rows import Row, read_integer, read_listing, read_object, read_text

TITLE: Final = "HaloPSA"
PAGE_SIZE: Final = 200
"""Rows may carry a logo each, which an answer's limit must leave room for."""
_EARLY_SECONDS: Final = 60
_LIFETIME_SECONDS: Final = 3600
_NO_TENANT: Final = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    value: str
    ends_at: datetime


class HaloApi:
    """Requests of one API application. `values` are those of the connection's fields."""

    def __init__(self, http: PsaHttp, clock: Clock, values: Mapping[str, str]) -> None:
        self.http = http
        self.host = http.origin(values["host"])
        self._clock = clock
        self._client = {"client_id": values["clientId"], "client_secret": values["clientSecret"]}
        self._tenant = values.get("tenant", "")
        self._token_url = ""
        self._query: dict[str, str] = {}
        self._tokens: dict[str, _Token] = {}

    def discover(self) -> str:
        """Where tokens come from; asked without credentials. A Halo that does not say has it on its own host.

        The address is checked when credentials are sent there, as every other.
        """
        try:
            info = read_object(self.http.send("GET", f"{self.host}/api/authinfo").body)
        except ContractError as failure:
            if not is_not_found(failure):
                raise
            info = {}
        address = read_text(info, "auth_url").rstrip("/") or f"{self.host}/auth"
        tenant = self._tenant or read_text(info, "tenant_id")
        self._query = {"tenant": tenant} if tenant and tenant.lower() != _NO_TENANT else {}
        self._token_url = f"{address}/token"
        return address

    def send(self, method: str, path: str, query: Mapping[str, str] | None = None, **options: Any) -> Any:
        """The body of an answer. `scope` is what the token must allow; a token that is refused is renewed once."""
        scope = options.pop("scope")
        try:
            return self._send(method, path, query, self._authorized(scope, options))
        except RequestError as failure:
            if failure.cause.status != HTTPStatus.UNAUTHORIZED or scope not in self._tokens:
                raise
        self._tokens.pop(scope)
        return self._send(method, path, query, self._authorized(scope, options))

    def list_page(self, path: str, key: str, query: Mapping[str, str], scope: str, cursor: str) -> "HaloPage":
        """A page of a listing; raises CursorExpiredError when rows have gone meanwhile, as the others moved up.

        A cursor is the page's number and how many rows there were before it.
        """
        number, _, before = cursor.partition(":")
        page_no = int(number or 1)
        query = {**query, "pageinate": "true", "page_size": str(PAGE_SIZE), "page_no": str(page_no)}
        body = self.send("GET", path, query, scope=scope)
        rows, count = read_listing(body, key), read_integer(body, "record_count")
        if before and count < int(before):
            raise CursorExpiredError("psa_listing_changed", f"{count} rows are left of {before}")
        is_last = not rows or page_no * PAGE_SIZE >= count  # a short page may only hide some of its rows
        return HaloPage(rows=rows, count=count, cursor=None if is_last else f"{page_no + 1}:{count}")

    def _send(self, method: str, path: str, query: Mapping[str, str] | None, options: dict[str, Any]) -> Any:
        return self.http.send(method, f"{self.host}/api/{path}", query, **options).body

    def _authorized(self, scope: str, options: dict[str, Any]) -> dict[str, Any]:
        token = self._tokens.get(scope)
        if token is None or token.ends_at <= self._clock.now():
            token = self._tokens[scope] = self._fetch_token(scope)
        return {**options, "headers": {"Authorization": f"Bearer {token.value}"}}

    def _fetch_token(self, scope: str) -> _Token:
        if not self._token_url:
            self.discover()
        form = {"grant_type": "client_credentials", **self._client, "scope": scope}
        try:
            body = read_object(self.http.send("POST", self._token_url, self._query, data=form).body)
        except TransientError as failure:
            if failure.cause.status == HTTPStatus.INTERNAL_SERVER_ERROR and self._tenant:
                raise RequestError("psa_account_unknown", f"{TITLE} fails for this tenant name") from failure
            raise
        return self._token_of(body)

    def _token_of(self, body: Row) -> _Token:
        value, lifetime = body.get("access_token"), body.get("expires_in")
        if not isinstance(value, str) or not value:
            raise ContractError("psa_unexpected_answer", f"{TITLE} gave no token")
        seconds = lifetime if isinstance(lifetime, int) else _LIFETIME_SECONDS
        ends_at = self._clock.now() + timedelta(seconds=max(seconds - _EARLY_SECONDS, 0))
        return _Token(value=check_key(value), ends_at=ends_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class HaloPage:
    """A page's rows, how many there are of all, and where the next page begins (None at the end)."""

    rows: list[Any]
    count: int
    cursor: str | None


def classify(refusal: Refusal) -> str:
    """The sign-in service answers 400 or 401 with OAuth's codes."""
    if refusal.status not in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED):
        return ""
    if "invalid_scope" in refusal.text or "unauthorized_client" in refusal.text:
        return "psa_permission_missing"
    return "psa_key_refused" if "invalid_client" in refusal.text else ""
