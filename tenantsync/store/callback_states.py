"""The single-use `state` values of consent and sign-in links, stored under their hash until they are long expired."""

from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from tenantsync.errors import ConflictError
from tenantsync.store.records import Record, from_row, to_row
from tenantsync.store.tables import TableStore
from tenantsync.wire import CALLBACK_STATES_TABLE

_MOST_RELOADS: Final = 20
_HEX: Final = "0123456789abcdef"
_PARTITIONS: Final = tuple(first + second for first in _HEX for second in _HEX)


class Leg(StrEnum):
    """Which redirect of Microsoft's a state belongs to."""

    CONSENT = "consent"
    SIGN_IN = "sign_in"


class Purpose(StrEnum):
    """What the administrator was sent to Microsoft for."""

    CONNECT = "connect"
    GRANT = "grant"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackState(Record):
    """What a state is bound to. `flow` is MSAL's sign-in flow as JSON (verifier and nonce), empty for consent.

    A sign-in whose flow is gone begins anew: its code may have been redeemed, or refused.
    """

    state_hash: str = ""
    """Set, like the leg, when a link is made for it."""
    leg: str = Leg.CONSENT
    msp_id: str
    connection_id: str
    tenant_id: str
    expires_at: str = ""
    purpose: str = Purpose.CONNECT
    subject_id: str = ""
    """The ledger entry or the transfer, when the purpose is not to connect."""
    flow: str = ""
    used_at: str = ""
    reloads: int = 0
    """How many further sign-ins were begun with a used consent link."""
    correlation_id: str = ""
    """Of the request that began it all: what comes of the link carries it on."""


@dataclass(frozen=True, slots=True)
class FoundState:
    """A state and the ETag that lets exactly one callback use it."""

    state: CallbackState
    etag: str


class CallbackStates:
    """States by hash; using one is a conditional write, so of two concurrent callbacks exactly one wins."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def create(self, state: CallbackState) -> None:
        """Stores a new state."""
        self._tables.insert(CALLBACK_STATES_TABLE, _to_row(state))

    def find(self, state_hash: str) -> FoundState | None:
        """The state, used or not, or None if there never was one."""
        row = self._tables.read(CALLBACK_STATES_TABLE, _partition(state_hash), state_hash)
        return FoundState(from_row(CallbackState, row), row.etag) if row else None

    def use(self, found: FoundState, used_at: str) -> FoundState:
        """Marks the state as used and forgets its flow; ConflictError when another callback was first."""
        used = replace(found.state, used_at=used_at, flow="")
        etag = self._tables.replace(CALLBACK_STATES_TABLE, _to_row(used), found.etag)
        return FoundState(used, etag)

    def give_back(self, found: FoundState, used: FoundState) -> None:
        """Undoes `use` after a passing failure, so that the admin can simply try again."""
        self._tables.replace(CALLBACK_STATES_TABLE, _to_row(found.state), used.etag)

    def reopen(self, used: FoundState) -> None:
        """Makes a sign-in's state good for a new sign-in, the old one being spent."""
        self._tables.replace(CALLBACK_STATES_TABLE, _to_row(replace(used.state, used_at="", flow="")), used.etag)

    def count_reload(self, found: FoundState) -> bool:
        """Whether one more sign-in may be begun with this used state: anybody who has the link could go on for ever."""
        if found.state.reloads >= _MOST_RELOADS:
            return False
        with suppress(ConflictError):  # another reload counts for this one, too
            counted = replace(found.state, reloads=found.state.reloads + 1)
            self._tables.replace(CALLBACK_STATES_TABLE, _to_row(counted), found.etag)
        return True

    def purge(self, expired_before: str) -> int:
        """Forgets the states that expired before a time; gives how many."""
        purged = 0
        for partition in _PARTITIONS:
            after = ""
            while rows := self._tables.scan(CALLBACK_STATES_TABLE, partition, after=after, columns=("expires_at",)):
                after = rows[-1].key
                old = [row.key for row in rows if row.text("expires_at") < expired_before]
                self._tables.delete(CALLBACK_STATES_TABLE, partition, old)
                purged += len(old)
        return purged


def _partition(state_hash: str) -> str:
    return state_hash[:2]


def _to_row(state: CallbackState) -> dict[str, Any]:
    return to_row(state, _partition(state.state_hash), state.state_hash)
