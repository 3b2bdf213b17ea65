"""The process's one HTTP pool. Every outgoing request passes the host allow-list here; redirects are never followed."""

from collections.abc import Container, Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from tenantsync import logs
from tenantsync.errors import ContractError, TransientError
from tenantsync.tracing import exchange

_CONNECT_SECONDS: Final = 10
_CONNECTIONS: Final = 64
_NAMELESS: Final[Mapping[str, Container[str]]] = {"reports": ()}
"""Paths of which nothing is traced: who knows such an address may read the report."""
_REPORT_HOST_SUFFIXES: Final = (".office.com", ".office365.com", ".office365.us", ".microsoft.com")


def origin_of(url: str) -> str:
    """`https://host:port` of a URL, lower case, the default port left out."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    port = "" if parts.port in (None, 443) else f":{parts.port}"
    return f"{parts.scheme.lower()}://{host}{port}"


class Outbound:
    """HTTP to the allowed hosts only; raises ContractError for any other and TransientError when nobody answers.

    Also MSAL's `http_client`: it has the `get` and `post` MSAL expects.
    """

    def __init__(
        self,
        allowed: Iterable[str],
        ca_bundle: str = "",
        adapter: HTTPAdapter | None = None,
        *,
        timeout_seconds: int = 60,
    ) -> None:
        self._timeout = (_CONNECT_SECONDS, timeout_seconds)
        self._allowed = frozenset(origin_of(url) for url in allowed)
        self._session = requests.Session()
        # requests would take proxies, and replace our Authorization by .netrc entries, from the machine
        self._session.trust_env = False
        self._session.verify = ca_bundle or True
        self._session.mount("https://", adapter or HTTPAdapter(pool_connections=8, pool_maxsize=_CONNECTIONS))

    def get(self, url: str, **options: Any) -> requests.Response:
        """One GET, without following redirects."""
        is_report = options.pop("report", False)
        self._check(url, report=is_report)
        return self._send("reports" if is_report else "sign_in", "GET", url, options)

    def post(self, url: str, **options: Any) -> requests.Response:
        """One POST, without following redirects."""
        self._check(url, report=False)
        return self._send("sign_in", "POST", url, options)

    def send(self, method: str, url: str, **options: Any) -> requests.Response:
        """One request to Graph, of any method, without following redirects."""
        self._check(url, report=False)
        return self._send("graph", method, url, options)

    def close(self) -> None:
        """Ends the pool; only tests and MSAL do this."""
        self._session.close()

    def is_allowed(self, url: str) -> bool:
        """Whether the configured endpoints include this URL's host and port."""
        return origin_of(url) in self._allowed and not urlsplit(url).username

    def _check(self, url: str, *, report: bool) -> None:
        if self.is_allowed(url) or (report and _is_report_host(url)):
            return
        raise ContractError("unexpected_answer", f"refused to call the host {urlsplit(url).hostname}")

    def _send(self, service: str, method: str, url: str, options: dict[str, Any]) -> requests.Response:
        request_id = logs.request_id()
        headers = {**(options.get("headers") or {}), "client-request-id": request_id}
        options = {"timeout": self._timeout, **options, "headers": headers, "allow_redirects": False}
        try:
            with exchange(service, method, url, request_id, _NAMELESS.get(service)) as begun:
                response = self._session.request(method, url, **options)
                begun.note(response)
            return response
        except requests.RequestException as error:
            host = urlsplit(url).hostname
            raise TransientError("microsoft_unavailable", f"{host}: {type(error).__name__}") from error


def _is_report_host(url: str) -> bool:
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    return parts.scheme == "https" and parts.port in (None, 443) and host.endswith(_REPORT_HOST_SUFFIXES)
