"""HTTPS to addresses other people name: public hosts only, decided by the address that was really connected to."""

import ipaddress
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Timer
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from tenantsync.errors import RequestError, TransientError
from tenantsync.outbound import origin_of

_TIMEOUT_SECONDS: Final = (5, 10)
_LONGEST_SECONDS: Final = 15.0
"""For connecting, and once more for answering."""
_MAX_URL: Final = 1000
_PRIVATE_SUFFIXES: Final = (".local", ".internal", ".localhost", ".home.arpa")


class PrivateAddressError(Exception):
    """The name leads to an address that is not public."""


class _Hurried(urllib3.connection.HTTPConnection):
    """Gives up after a time that the other side cannot stretch by sending a byte now and then."""

    def connect(self) -> None:
        with self._deadline():
            super().connect()

    def getresponse(self) -> Any:
        with self._deadline():
            return super().getresponse()

    @contextmanager
    def _deadline(self) -> Iterator[None]:
        is_over = Event()
        timer = Timer(_LONGEST_SECONDS, self._cut, (is_over,))
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


class _PublicConnection(_Hurried, urllib3.connection.HTTPSConnection):
    """Looks at the peer before a byte is sent, so a name that changes its address after the check is no way in."""

    def _new_conn(self) -> Any:
        connection = super()._new_conn()
        if not ipaddress.ip_address(connection.getpeername()[0].split("%")[0]).is_global:
            connection.close()
            raise PrivateAddressError
        return connection


class _PublicPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _PublicConnection


class _LoopbackPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Hurried


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"https": _PublicPool, "http": _LoopbackPool}


def check_public_url(url: str, loopback_origins: Iterable[str] = ()) -> str:
    """The address, if it may be called; raises RequestError `webhook_invalid`. Names are looked up when called."""
    try:
        parts = urlsplit(url)
        host, is_listed = (parts.hostname or "").rstrip("."), origin_of(url) in {*map(origin_of, loopback_origins)}
    except ValueError as error:
        raise RequestError("webhook_invalid", "This is not an address.") from error
    if parts.username or parts.fragment or len(url) > _MAX_URL or "\\" in url or not url.isascii():
        raise RequestError("webhook_invalid", "The address has parts that are not allowed.")
    if is_listed:
        return url
    if parts.scheme != "https" or not host or _is_private_name(host):
        raise RequestError("webhook_invalid", "The address is not https on a public host.")
    return url


def _is_private_name(host: str) -> bool:
    """Private literals and names, and every other way of writing an address (decimal, hex, octal, short)."""
    if ":" in host or host.rsplit(".", 1)[-1].isdigit() or host.rsplit(".", 1)[-1].startswith("0x"):
        return not _is_public_literal(host)
    return "." not in host or host.endswith(_PRIVATE_SUFFIXES)


def _is_public_literal(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return False


class PublicPoster:
    """Posts to checked addresses; redirects are not followed."""

    def __init__(self, loopback_origins: Iterable[str] = ()) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.mount("https://", _Adapter())
        self._session.mount("http://", _Adapter())  # for the listed loopback origins alone
        self._loopback = tuple(loopback_origins)

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
