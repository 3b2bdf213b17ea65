"""HTTPS to addresses other people name: public hosts only, decided by the address that was really connected to."""

import ipaddress
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.cookiejar import DefaultCookiePolicy
from threading import Event, Timer
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from tenantsync.errors import RequestError, TransientError
from tenantsync.outbound import origin_of

_TIMEOUT_SECONDS: Final = (10, 15)
"""For connecting, and once more for answering."""
_MAX_URL: Final = 1000
_PRIVATE_SUFFIXES: Final = (".local", ".internal", ".localhost", ".home.arpa")
_NOT_PUBLIC: Final = tuple(
    map(ipaddress.ip_network, ("168.63.129.16/32", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16"))
)
"""Azure's own service of every machine, and IPv6 addresses that lead to an IPv4 one, which may be private."""


class PrivateAddressError(Exception):
    """The name leads to an address that is not public."""


class _Hurried(urllib3.connection.HTTPConnection):
    """Holds its timeouts for a whole step: the other side cannot stretch them by sending a byte now and then."""

    def connect(self) -> None:
        with self._deadline():
            super().connect()

    def getresponse(self) -> Any:
        with self._deadline():
            return super().getresponse()

    @contextmanager
    def _deadline(self) -> Iterator[None]:
        is_over = Event()
        timer = Timer(self.timeout or _TIMEOUT_SECONDS[1], self._cut, (is_over,))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
        if is_over.is_set():  # what was read until the cut may look like a whole answer
            raise TimeoutError

    def _cut(self, is_over: Event) -> None:
        is_over.set()
        with suppress(OSError, AttributeError):  # there may be no socket yet
            self.sock.shutdown(socket.SHUT_RDWR)


class _HurriedTls(_Hurried, urllib3.connection.HTTPSConnection):
    pass


class _PublicConnection(_HurriedTls):
    """Looks at the name's addresses before it connects, so that private ones are not even knocked at.

    And at the peer before a byte is sent, so a name that changes its address after the check is no way in.
    """

    def _new_conn(self) -> Any:
        for address in self._addresses():
            _require_public(address)
        connection = super()._new_conn()
        try:
            _require_public(connection.getpeername()[0])
        except PrivateAddressError:
            connection.close()
            raise
        return connection

    def _addresses(self) -> list[str]:
        """None when the name does not resolve: connecting says so better."""
        with suppress(OSError, UnicodeError):
            return [str(found[4][0]) for found in socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)]
        return []


def _require_public(address: str) -> None:
    if not _is_public(address):
        raise PrivateAddressError


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    return found.is_global and not any(found in network for network in _NOT_PUBLIC if network.version == found.version)


class _PublicPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _PublicConnection


class _LoopbackPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Hurried


class _LoopbackTlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _HurriedTls


_PUBLIC: Final = {"https": _PublicPool}
_LOOPBACK: Final = {"http": _LoopbackPool, "https": _LoopbackTlsPool}


class _Adapter(HTTPAdapter):
    def __init__(self, pools: Mapping[str, type[urllib3.HTTPConnectionPool]]) -> None:
        self._pools = dict(pools)
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = self._pools


def public_session(loopback_origins: Iterable[str] = (), ca_bundle: str = "") -> requests.Session:
    """Reaches public hosts by https, and the listed origins; raises PrivateAddressError before a byte is sent.

    It may be shared by everybody's requests: no cookies are kept, and nothing is taken from the machine.
    """
    session = requests.Session()
    session.trust_env = False
    session.verify = ca_bundle or True
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    session.adapters.clear()
    session.mount("https://", _Adapter(_PUBLIC))
    for origin in loopback_origins:
        session.mount(f"{origin_of(origin)}/", _Adapter(_LOOPBACK))
    return session


def check_public_url(url: str, loopback_origins: Iterable[str] = (), problem: str = "webhook_invalid") -> str:
    """The address, if it may be called; raises RequestError with that problem. Names are looked up when called."""
    try:
        parts = urlsplit(url)
        host, is_listed = (parts.hostname or "").rstrip("."), origin_of(url) in {*map(origin_of, loopback_origins)}
    except ValueError as error:
        raise RequestError(problem, "This is not an address.") from error
    if "@" in parts.netloc or parts.fragment or len(url) > _MAX_URL or "\\" in url or not url.isascii():
        raise RequestError(problem, "The address has parts that are not allowed.")
    if is_listed:
        return url
    if parts.scheme != "https" or not host or _is_private_name(host):
        raise RequestError(problem, "The address is not https on a public host.")
    return url


def _is_private_name(host: str) -> bool:
    """Private literals and names, and every other way of writing an address (decimal, hex, octal, short)."""
    if ":" in host or host.rsplit(".", 1)[-1].isdigit() or host.rsplit(".", 1)[-1].startswith("0x"):
        return not _is_public_literal(host)
    return "." not in host or host.endswith(_PRIVATE_SUFFIXES)


def _is_public_literal(host: str) -> bool:
    try:
        return _is_public(host)
    except ValueError:
        return False


class PublicPoster:
    """Posts to checked addresses; redirects are not followed."""

    def __init__(self, loopback_origins: Iterable[str] = ()) -> None:
        self._loopback = tuple(loopback_origins)
        self._session = public_session(self._loopback)

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        """The answer's status; TransientError when nobody answers or the address is not public after all."""
        check_public_url(url, self._loopback)
        try:
            answer = self._session.post(
                url, data=body, headers=headers, timeout=_TIMEOUT_SECONDS, allow_redirects=False, stream=True
            )
            answer.close()
        except PrivateAddressError as error:
            raise TransientError("service_unavailable", "the address is not public") from error
        except requests.RequestException as error:
            raise TransientError("service_unavailable", type(error).__name__) from error
        return answer.status_code
