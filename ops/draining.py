"""The use cases of a drain: no sync begins any more, what is in flight ends, and everybody sees when it has."""

from typing import Any, Final

from tenantsync.clock import to_rfc3339
from tenantsync.errors import RequestError
from tenantsync.identity.caller import Caller
from tenantsync.orchestrations import InstanceState, Orchestrations
from tenantsync.services import Services
from tenantsync.store.pause import Order
from tenantsync.wire import ENDING_PREFIXES

_IN_FLIGHT: Final = (InstanceState.PENDING, InstanceState.RUNNING, InstanceState.SUSPENDED, InstanceState.CONTINUED)
_COUNTED: Final = 100
"""Durable lists no more at once."""


def show_drain(caller: Caller, services: Services, orchestrations: Orchestrations) -> dict[str, Any]:
    """Whether syncs are paused, and what Durable still has under way, by what it is about.

    Watches of GDAP relationships do not count: they may take years, and are begun again wherever they are missing.
    """
    _refuse_others(caller)
    order, by_setting = services.pause.read(), services.settings.is_sync_paused
    counts = {prefix.rstrip("-"): _count(prefix, orchestrations) for prefix in ENDING_PREFIXES}
    in_flight = [{"work": work, "count": count, "isMore": count >= _COUNTED} for work, count in counts.items() if count]
    is_paused = by_setting or order.is_paused
    return {
        "paused": is_paused,
        "bySetting": by_setting,
        "orderedAt": order.given_at or None,
        "inFlight": in_flight,
        "isDrained": is_paused and not in_flight,
    }


def change_drain(
    caller: Caller, services: Services, orchestrations: Orchestrations, *, is_paused: bool
) -> dict[str, Any]:
    """Pauses all syncs of all MSPs, or ends that; then as `show_drain`. What was held back begins within minutes."""
    _refuse_others(caller)
    if services.pause.read().is_paused != is_paused:
        now = to_rfc3339(services.clock.now())
        services.pause.put(Order(is_paused=is_paused, given_at=now, given_by=caller.user_id))
        services.audit_by(caller, "syncs_paused" if is_paused else "syncs_resumed")
    return show_drain(caller, services, orchestrations)


def _refuse_others(caller: Caller) -> None:
    if not caller.is_operator:
        raise RequestError("operator_only")


def _count(prefix: str, orchestrations: Orchestrations) -> int:
    return len(orchestrations.list_instances(prefix=prefix, states=_IN_FLIGHT))
