"""Notifications that still have to be delivered, and where each MSP wants them."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from tenantsync.errors import ConflictError
from tenantsync.store.records import Record, from_row, readable, to_row
from tenantsync.store.tables import Row, TableStore
from tenantsync.wire import OUTBOX_TABLE, WEBHOOKS_TABLE

_PENDING: Final = "pending"
_WEBHOOK: Final = "webhook"
_STEP: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook(Record):
    """An MSP's address for notifications; `version` counts its secrets."""

    msp_id: str
    url: str
    version: str
    updated_at: str
    updated_by: str
    last_delivery_at: str = ""
    last_problem: str = ""
    failures: int = 0
    """Deliveries that failed in a row."""
    rests_until: str = ""
    """Until then nothing is sent there: it has just failed, and others are waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification(Record):
    """One event on its way; `body` is the JSON that is sent, the same at every attempt."""

    event_id: str
    msp_id: str
    body: str
    created_at: str
    due_at: str
    attempts: int = 0


class Webhooks:
    """One address an MSP."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def read(self, msp_id: str) -> Webhook | None:
        """The MSP's address, or None."""
        row = self._tables.read(WEBHOOKS_TABLE, msp_id, _WEBHOOK)
        return from_row(Webhook, row) if row else None

    def put(self, webhook: Webhook) -> None:
        """Stores the address."""
        self._tables.upsert(WEBHOOKS_TABLE, to_row(webhook, webhook.msp_id, _WEBHOOK))

    def note(self, webhook: Webhook, at: str, problem: str, rests_until: str = "") -> None:
        """Remembers how the last delivery went, unless the address has been changed or taken away meanwhile."""
        row = self._tables.read(WEBHOOKS_TABLE, webhook.msp_id, _WEBHOOK)
        if row is None or row.text("version") != webhook.version:
            return
        failures = webhook.failures + 1 if problem else 0
        noted = replace(webhook, last_delivery_at=at, last_problem=problem, failures=failures, rests_until=rests_until)
        with suppress(ConflictError):
            self._tables.replace(WEBHOOKS_TABLE, to_row(noted, webhook.msp_id, _WEBHOOK), row.etag)

    def remove(self, msp_id: str) -> None:
        """Forgets the address."""
        self._tables.delete(WEBHOOKS_TABLE, msp_id, [_WEBHOOK])


class Outbox:
    """Events that wait for delivery; adding one twice adds it once."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def add(self, notification: Notification) -> None:
        """Stores the event unless it waits already."""
        with suppress(ConflictError):
            self._tables.insert(OUTBOX_TABLE, to_row(notification, _PENDING, notification.event_id))

    def pending(self) -> Iterator[Notification]:
        """The waiting events, read page by page, without the ones that only a newer release understands."""
        return readable(Notification, self._rows())

    def _rows(self) -> Iterator[Row]:
        after = ""
        while rows := self._tables.scan(OUTBOX_TABLE, _PENDING, after=after, limit=_STEP):
            yield from rows
            after = rows[-1].key

    def change(self, notification: Notification, **changes: Any) -> None:
        """Stores the next attempt's time."""
        self._tables.upsert(OUTBOX_TABLE, to_row(replace(notification, **changes), _PENDING, notification.event_id))

    def remove(self, notification: Notification) -> None:
        """The event was delivered, or is given up."""
        self._tables.delete(OUTBOX_TABLE, _PENDING, [notification.event_id])
