"""Notifications that still have to be delivered, and where each MSP wants them."""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from tenantsync.errors import ConflictError
from tenantsync.store.records import Record, from_row, to_row
from tenantsync.store.tables import TableStore
from tenantsync.wire import OUTBOX_TABLE, WEBHOOKS_TABLE

_PENDING: Final = "pending"
_WEBHOOK: Final = "webhook"


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

    def list_pending(self, after: str, limit: int) -> list[Notification]:
        """Up to `limit` waiting events with an id above `after`."""
        rows = self._tables.scan(OUTBOX_TABLE, _PENDING, after=after, limit=limit)
        return [from_row(Notification, row) for row in rows]

    def change(self, notification: Notification, **changes: Any) -> None:
        """Stores the next attempt's time."""
        self._tables.upsert(OUTBOX_TABLE, to_row(replace(notification, **changes), _PENDING, notification.event_id))

    def remove(self, notification: Notification) -> None:
        """The event was delivered, or is given up."""
        self._tables.delete(OUTBOX_TABLE, _PENDING, [notification.event_id])
