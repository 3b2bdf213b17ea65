"""What an MSP wishes for single resources of a tenant: left out altogether, or synced at another interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from tenantsync.clock import parse_rfc3339
from tenantsync.store.progress import ResourceProgress
from tenantsync.store.tenants import ManagedTenant


@dataclass(frozen=True, slots=True)
class ResourceWish:
    """`every_hours` None means as often as the tenant, 0 only when somebody asks for it."""

    is_on: bool = True
    every_hours: int | None = None


def read_wishes(tenant: ManagedTenant | None) -> dict[str, ResourceWish]:
    """By resource; the ones nobody wished anything for are not in it."""
    stored = orjson.loads(tenant.resource_wishes) if tenant and tenant.resource_wishes else {}
    return {key: ResourceWish(wish.get("on", True), wish.get("everyHours")) for key, wish in stored.items()}


def write_wishes(wishes: Mapping[str, ResourceWish]) -> str:
    """The inverse of `read_wishes`."""
    kept = {key: wish for key, wish in wishes.items() if wish != ResourceWish()}
    return orjson.dumps(
        {key: {"on": wish.is_on, "everyHours": wish.every_hours} for key, wish in kept.items()}
    ).decode()


def due_resources(
    tenant: ManagedTenant, keys: Sequence[str], earlier: Mapping[str, ResourceProgress], now: datetime
) -> list[str]:
    """The resources whose interval has passed since they were last looked at; ones never looked at are due."""
    wishes = read_wishes(tenant)
    return [key for key in keys if _is_due(tenant, wishes.get(key, ResourceWish()), earlier.get(key), now)]


def shortest_interval(tenant: ManagedTenant, keys: Sequence[str]) -> timedelta:
    """How often something is due, at most."""
    hours = [_hours(tenant, read_wishes(tenant).get(key, ResourceWish())) for key in keys]
    return timedelta(hours=min((number for number in hours if number), default=0))


def _hours(tenant: ManagedTenant, wish: ResourceWish) -> int:
    """0 means only when somebody asks for it."""
    if not wish.is_on:
        return 0
    return tenant.sync_every_hours if wish.every_hours is None else wish.every_hours


def _is_due(tenant: ManagedTenant, wish: ResourceWish, earlier: ResourceProgress | None, now: datetime) -> bool:
    hours = _hours(tenant, wish)
    if not hours:
        return False
    if earlier is None or not earlier.updated_at:
        return True
    return now - parse_rfc3339(earlier.updated_at) >= timedelta(hours=hours)
