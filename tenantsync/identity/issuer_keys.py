"""The published signing keys of token issuers: cached, refreshed at a bounded rate, one issuer never delaying another.

Anybody can send a token that names any tenant. So issuers whose signature was never seen share a small cache and a
small number of requests a minute, and can push out only each other.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import jwt
import requests

from tenantsync.clock import Clock
from tenantsync.errors import TransientError
from tenantsync.outbound import Outbound

_LIFETIME: Final = timedelta(hours=12)
_STALE_LIFETIME: Final = timedelta(hours=24)
_REFRESH_INTERVAL: Final = timedelta(minutes=1)
_PROVEN_ISSUERS: Final = 2048
_STRANGERS: Final = 256
_STRANGERS_A_MINUTE: Final = 60


@dataclass(slots=True)
class _Issuer:
    """What is known of one issuer; the lock is held while its keys are fetched."""

    keys: dict[str, Any] = field(default_factory=dict)
    fetched_at: datetime | None = None
    tried_at: datetime | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, key_id: str, now: datetime, lifetime: timedelta) -> Any:
        is_fresh = self.fetched_at is not None and now - self.fetched_at < lifetime
        return self.keys.get(key_id) if is_fresh else None


class IssuerKeys:
    """Keys by issuer and key id."""

    def __init__(self, outbound: Outbound, clock: Clock, is_customer: Callable[[str], bool]) -> None:
        self._is_customer = is_customer
        self._outbound = outbound
        self._clock = clock
        self._proven: OrderedDict[str, _Issuer] = OrderedDict()
        self._strangers: OrderedDict[str, _Issuer] = OrderedDict()
        self._minute = ""
        self._asked = 0
        self._lock = threading.Lock()

    def find(self, issuer: str, key_id: str) -> Any:
        """The key, or None if the issuer does not publish it. Raises TransientError when that cannot be told."""
        known, now = self._known(issuer), self._clock.now()
        key = known.find(key_id, now, _LIFETIME)
        if key is not None:
            return key
        with known.lock:
            self._refresh(issuer, known)
            key = known.find(key_id, now, _STALE_LIFETIME)
        if key is None and (known.fetched_at is None or now - known.fetched_at > _STALE_LIFETIME):
            raise TransientError("service_unavailable", "the issuer's keys cannot be read")
        return key

    def confirm(self, issuer: str) -> None:
        """A token of this issuer was really signed by it: strangers cannot push it out of the cache any more."""
        with self._lock:
            known = self._strangers.pop(issuer, None)
            if known is not None:
                self._proven[issuer] = known
            _shrink(self._proven, _PROVEN_ISSUERS)

    def _known(self, issuer: str) -> _Issuer:
        with self._lock:
            if issuer in self._proven:
                self._proven.move_to_end(issuer)
                return self._proven[issuer]
            known = self._strangers.setdefault(issuer, _Issuer())
            self._strangers.move_to_end(issuer)
            _shrink(self._strangers, _STRANGERS)
            return known

    def _refresh(self, issuer: str, known: _Issuer) -> None:
        """Keeps the old keys when the issuer does not answer."""
        now = self._clock.now()
        if known.tried_at is not None and now - known.tried_at < _REFRESH_INTERVAL:
            return
        if not self._may_ask(issuer, now):
            return
        known.tried_at = now
        try:
            known.keys, known.fetched_at = self._fetch(issuer), now
        except (TransientError, ValueError, KeyError):
            return

    def _may_ask(self, issuer: str, now: datetime) -> bool:
        minute = now.strftime("%H:%M")
        with self._lock:
            if issuer in self._proven:
                return True
        if self._is_customer(issuer):  # strangers cannot use up what the ones who work here need after a restart
            return True
        with self._lock:
            self._asked = self._asked + 1 if minute == self._minute else 1
            self._minute = minute
            return self._asked <= _STRANGERS_A_MINUTE

    def _fetch(self, issuer: str) -> dict[str, Any]:
        metadata = self._fetch_json(f"{issuer}/.well-known/openid-configuration")
        return _rsa_keys(self._fetch_json(str(metadata["jwks_uri"]))["keys"])

    def _fetch_json(self, url: str) -> dict[str, Any]:
        response = self._outbound.get(url)
        if response.status_code != requests.codes.ok:
            raise TransientError("microsoft_unavailable", f"keys: {response.status_code}")
        body: dict[str, Any] = response.json()
        return body


def _shrink(issuers: OrderedDict[str, _Issuer], most: int) -> None:
    while len(issuers) > most:
        issuers.popitem(last=False)


def _rsa_keys(published: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The keys that can have signed a token of ours; one that cannot be read costs nobody the others (RFC 7517, 5)."""
    usable = (key for key in published if key.get("kty") == "RSA" and key.get("use", "sig") == "sig" and "kid" in key)
    found = {}
    for key in usable:
        with suppress(jwt.PyJWTError):
            found[key["kid"]] = jwt.PyJWK(key, algorithm="RS256").key
    return found
