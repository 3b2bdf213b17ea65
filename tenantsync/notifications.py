"""Tells an MSP what happened to its tenants: signed, kept until its webhook has taken it, at least once."""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Final, Protocol

import orjson

from tenantsync import logs, metrics
from tenantsync.clock import Clock, age_seconds, parse_rfc3339, to_rfc3339
from tenantsync.errors import TenantSyncError
from tenantsync.settings import Secret
from tenantsync.store.outbox import Notification, Outbox, Webhook, Webhooks
from tenantsync.store.records import left_to_newer_release
from tenantsync.store.tenants import ManagedTenant

DELAYS_MINUTES: Final = (1, 5, 15, 60, 180, 360, 720)
"""Waits between attempts, together about a day; then the event is given up, which the log and the webhook say."""
_RESTS_MINUTES: Final = (1, 2, 5, 15)
"""How long a webhook rests after failures in a row, whatever is waiting for it."""
_LONGEST_PASS: Final = timedelta(seconds=50)
"""The next pass begins every minute and must not wait for slow webhooks."""
_SUCCESS: Final = range(200, 300)


class Event(StrEnum):
    """What can be told; a tenant's `notifications` name the ones that are wanted."""

    READY = "ready"
    FAILED = "failed"
    CONSENT_LOST = "consent_lost"
    STUCK = "stuck"
    ACCESS_EXPIRING = "access_expiring"
    ACCESS_ENDED = "access_ended"


class Posts(Protocol):
    """Posts to an address people named."""

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> int: ...


class Notifier:
    """Puts events into the outbox and delivers them."""

    def __init__(
        self, outbox: Outbox, webhooks: Webhooks, clock: Clock, signing_key: Secret | None, poster: Posts
    ) -> None:
        self._outbox = outbox
        self._webhooks = webhooks
        self._clock = clock
        self._signing_key = signing_key
        self._poster = poster

    @property
    def is_set_up(self) -> bool:
        """Whether this service can sign, and so send."""
        return self._signing_key is not None

    def announce(self, event: Event, tenant: ManagedTenant, key: str, at: str) -> None:
        """Queues an event if the tenant wants it and its MSP has a webhook; the same key is one event."""
        if event not in tenant.notifications.split() or not self._webhooks.read(tenant.msp_id):
            return
        event_id = f"{key}-{event}"
        body = {
            "id": event_id,
            "type": f"tenant.{event}",
            "at": at,
            "tenantId": tenant.tenant_id,
            "tenantDomain": tenant.domain or None,
            "customerId": tenant.customer_id or None,
            "state": tenant.state or None,
            "statusUrl": f"/api/msp-portal/tenants/{tenant.tenant_id}/sync-status" if tenant.state else None,
        }
        queued = Notification(
            event_id=event_id, msp_id=tenant.msp_id, body=orjson.dumps(body).decode(), created_at=at, due_at=at
        )
        self._outbox.add(queued)

    def list_pending(self, limit: int) -> list[Notification]:
        """Up to `limit` events that wait for delivery."""
        return list(islice(self._outbox.pending(), limit))

    def deliver_due(self) -> int:
        """Sends what is due; gives how many were taken. A webhook that fails rests, the longer the more often."""
        now, oldest, taken = self._clock.now(), "", 0
        failed: set[str] = set()
        for item in self._pending(now):
            oldest = min(oldest or item.created_at, item.created_at)
            if parse_rfc3339(item.due_at) > now or item.msp_id in failed:
                continue
            is_taken = False
            with left_to_newer_release(event_id=item.event_id):
                is_taken = self._deliver(item, now)
            taken += is_taken
            if not is_taken:
                failed.add(item.msp_id)
        metrics.QUEUE_AGE.note(age_seconds(oldest, now), queue="notifications")
        return taken

    def _pending(self, began: datetime) -> Iterator[Notification]:
        """What waits, as long as the pass may last."""
        for item in self._outbox.pending():
            if self._clock.now() - began > _LONGEST_PASS:
                return
            yield item

    def secret_of(self, webhook: Webhook) -> str:
        """The webhook's signing secret: derived, so that it is stored nowhere."""
        key = self._signing_key.reveal() if self._signing_key else ""
        return _hmac(key, f"{webhook.msp_id}:{webhook.version}")

    def _deliver(self, item: Notification, now: datetime) -> bool:
        webhook = self._webhooks.read(item.msp_id)
        if webhook is None or not self.is_set_up:  # the address was taken away meanwhile
            self._outbox.remove(item)
            return False
        if webhook.rests_until and parse_rfc3339(webhook.rests_until) > now:
            return False
        problem = self._send(item, webhook, now)
        rest = timedelta(minutes=_RESTS_MINUTES[min(webhook.failures, len(_RESTS_MINUTES) - 1)])
        self._webhooks.note(webhook, to_rfc3339(now), problem, to_rfc3339(now + rest) if problem else "")
        if not problem:
            self._outbox.remove(item)
            return True
        self._postpone(item, now, problem)
        return False

    def _send(self, item: Notification, webhook: Webhook, now: datetime) -> str:
        """Empty when it was taken, else why not."""
        moment = str(int(now.timestamp()))
        signature = _hmac(self.secret_of(webhook), f"{moment}.{item.body}")
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "OpsPilot365-Connect/1.0",
            "X-OpsPilot365-Delivery": item.event_id,
            "X-OpsPilot365-Signature": f"t={moment},v1={signature}",
        }
        try:
            status = self._poster.post(webhook.url, item.body.encode(), headers)
        except TenantSyncError as failure:
            return failure.detail or failure.code
        return "" if status in _SUCCESS else f"answered {status}"

    def _postpone(self, item: Notification, now: datetime, problem: str) -> None:
        logs.event("notification_not_taken", event_id=item.event_id, attempt=item.attempts, reason=problem)
        if item.attempts >= len(DELAYS_MINUTES):
            self._outbox.remove(item)
            return
        due = now + timedelta(minutes=DELAYS_MINUTES[item.attempts])
        self._outbox.change(item, attempts=item.attempts + 1, due_at=to_rfc3339(due))


def _hmac(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
