"""The use cases: where an MSP wants its notifications. The signing secret is shown once, when the address is set."""

from typing import Any
from uuid import uuid4

from tenantsync.bodies import Body, read_text, refuse_unknown
from tenantsync.clock import to_rfc3339
from tenantsync.errors import RequestError
from tenantsync.identity.caller import Caller
from tenantsync.public_hosts import check_public_url
from tenantsync.services import Services
from tenantsync.store.outbox import Webhook


def set_webhook(body: Body, caller: Caller, services: Services) -> dict[str, Any]:
    """Stores the address with a new secret; the old secret is void at once."""
    refuse_unknown(body, frozenset({"url"}))
    if not services.notifier.is_set_up:
        raise RequestError("webhooks_unavailable")
    url = check_public_url(read_text(body, "url"), services.settings.webhook_origins)
    now = to_rfc3339(services.clock.now())
    webhook = Webhook(msp_id=caller.msp_id, url=url, version=str(uuid4()), updated_at=now, updated_by=caller.user_id)
    services.webhooks.put(webhook)
    services.audit_by(caller, "webhook_set")
    return {**_describe(webhook), "secret": services.notifier.secret_of(webhook)}


def show_webhook(caller: Caller, services: Services) -> dict[str, Any]:
    """The address and how the last delivery went; raises RequestError `not_found`."""
    webhook = services.webhooks.read(caller.msp_id)
    if webhook is None:
        raise RequestError("not_found", "No webhook is set.")
    return _describe(webhook)


def remove_webhook(caller: Caller, services: Services) -> None:
    """Ends notifications; repeating it is harmless."""
    services.webhooks.remove(caller.msp_id)
    services.audit_by(caller, "webhook_removed")


def _describe(webhook: Webhook) -> dict[str, Any]:
    return {
        "url": webhook.url,
        "updatedAt": webhook.updated_at,
        "lastDeliveryAt": webhook.last_delivery_at or None,
        "lastProblem": webhook.last_problem or None,
    }
