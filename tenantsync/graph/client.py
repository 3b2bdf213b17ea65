"""Graph of one tenant: adds the tenant's token, checks hosts, turns refusals into failures."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import orjson
import requests

from tenantsync import logs
from tenantsync.errors import ConsentError, ContractError, TenantSyncError, TransientError
from tenantsync.graph.failures import build_failure
from tenantsync.graph.usage import UsageMeter
from tenantsync.graph.workloads import workload_of
from tenantsync.identity.tokens import TokenSource
from tenantsync.lenient_json import parse_json
from tenantsync.outbound import Outbound, origin_of

_VERSION: Final = "/v1.0"
_USER_AGENT: Final = "ISV|OpsPilot365|Connect/1.0"
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_SUCCESS: Final = frozenset({200, 201, 202, 204})
EVENTUAL: Final = {"ConsistencyLevel": "eventual"}
"""The header without which Graph refuses `/$count`."""

Json = Mapping[str, Any]


class TenantGraph:
    """One tenant's Graph; raises the failures of `graph.failures`, and never tries again by itself."""

    def __init__(self, tenant_id: str, endpoint: str, outbound: Outbound, tokens: TokenSource) -> None:
        self.tenant_id = tenant_id
        self._endpoint = endpoint
        self._outbound = outbound
        self._tokens = tokens
        self.usage = UsageMeter()

    def roles(self) -> frozenset[str]:
        """The app permissions in the tenant's current token."""
        return self._tokens.fetch_app_token(self.tenant_id).roles

    def renew_roles(self) -> frozenset[str]:
        """The app permissions in a token that was fetched this moment."""
        return self._tokens.fetch_app_token(self.tenant_id, fresh=True).roles

    def fetch_json(self, target: str, headers: Mapping[str, str] | None = None) -> Json:
        """A JSON object; `target` is a path below v1.0 or a link Graph gave, which is followed as it is."""
        return _read_object(self._get(target, headers or {}))

    def send_json(self, method: str, path: str, body: Json | None = None, *, etag: str = "") -> Json:
        """Changes something; gives the answer's object, empty when there is none.

        With `etag` only what still has it is changed; ContractError with the status 412 otherwise.
        """
        headers = {"Content-Type": "application/json"} if body is not None else {}
        content = orjson.dumps(body) if body is not None else None
        response = self._send(self._url(path), {**headers, **({"If-Match": etag} if etag else {})}, method, content)
        if response.status_code not in _SUCCESS:
            raise _refusal(response)
        return _read_object(response) if response.content else {}

    def fetch_count(self, path: str) -> int:
        """The number behind a `/$count` path."""
        text = self._get(path, EVENTUAL).content.decode("utf-8-sig", "replace").strip()
        if not text.isdigit():
            raise TransientError("microsoft_unavailable", "Graph's count is not a number")
        return int(text)

    @contextmanager
    def open_report(self, path: str) -> Iterator[Iterator[bytes]]:
        """The bytes of a report file.

        Graph answers with a redirect to a pre-authenticated address, which must not see our token and is never logged.
        """
        response = self._send(self._url(path), {})
        location = response.headers.get("Location", "")
        if response.status_code not in _REDIRECTS or not location:
            raise _refusal(response)
        download = self._outbound.get(location, report=True, stream=True)
        try:
            if download.status_code != requests.codes.ok:
                raise _refusal(download, workload_of(path))
            yield _chunks(download)
        finally:
            download.close()

    def _get(self, target: str, headers: Mapping[str, str]) -> requests.Response:
        response = self._send(self._url(target), headers)
        if response.status_code != requests.codes.ok:
            raise _refusal(response)
        return response

    def _send(
        self, url: str, headers: Mapping[str, str], method: str = "GET", content: bytes | None = None
    ) -> requests.Response:
        response = self._send_once(url, headers, method, content)
        if response.status_code == requests.codes.unauthorized and _is_stale_token(response):
            self._tokens.forget(self.tenant_id)
            response = self._send_once(url, headers, method, content)
        return response

    def _send_once(self, url: str, headers: Mapping[str, str], method: str, content: bytes | None) -> requests.Response:
        token = self._tokens.fetch_app_token(self.tenant_id)
        own = {
            "Authorization": f"Bearer {token.value}",
            "Accept-Encoding": "gzip",
            "User-Agent": _USER_AGENT,
        }
        with logs.about(tenant_id=self.tenant_id):
            response = self._outbound.send(method, url, headers={**headers, **own}, data=content)
        self.usage.note(response.headers)
        return response

    def _url(self, target: str) -> str:
        if target.startswith("/"):
            return f"{self._endpoint}{_VERSION}{target}"
        if origin_of(target) != origin_of(self._endpoint):
            raise ContractError("unexpected_answer", "a page link leads to a foreign host")
        return target


def _read_object(response: requests.Response) -> Json:
    try:
        body = parse_json(response.content)
    except ValueError as error:
        raise TransientError("microsoft_unavailable", "Graph's answer was cut off") from error
    if not isinstance(body, dict):
        raise ContractError("unexpected_answer", "Graph's answer is not a JSON object")
    if "error" in body:
        raise build_failure(response.status_code, response.headers, body, workload_of(response.url))
    return body


def _is_stale_token(response: requests.Response) -> bool:
    failure = _refusal(response)
    return isinstance(failure, ConsentError) and failure.cause.provider_code == "InvalidAuthenticationToken"


def _refusal(response: requests.Response, workload: str = "") -> TenantSyncError:
    try:
        body = parse_json(response.content)
    except ValueError:
        body = None
    return build_failure(response.status_code, response.headers, body, workload or workload_of(response.url))


def _chunks(response: requests.Response) -> Iterator[bytes]:
    try:
        yield from response.iter_content(64 * 1024)
    except requests.RequestException as error:
        raise TransientError("microsoft_unavailable", "the report's download was cut off") from error
