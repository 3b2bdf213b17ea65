"""The numbers of a tenant at a glance, from the certificates of its resources. A number not proven is null."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from tenantsync.store.progress import ResourceProgress, Verdict

_MOST_PRODUCTS: Final = 50
_BASES: Final = ("AllTenants", "TotalSeats", "IndustryTypes")


def build_summary(resources: Sequence[ResourceProgress]) -> dict[str, Any]:
    """The `summary` of sync-status; `licenses.assigned` is counted over the users, not Microsoft's counter."""
    known = {item.resource: item for item in resources if item.is_ended and item.verdict == Verdict.COMPLETE}
    users, licenses, devices = known.get("users"), known.get("licenses"), known.get("devices")
    return {
        "users": _stored(users),
        "guests": _counter(users, "guests"),
        "groups": _stored(known.get("groups")),
        "memberships": _stored(known.get("memberships")),
        "licenses": {
            "subscriptions": _stored(licenses),
            "seats": _counter(licenses, "seats"),
            "assigned": _counter(users, "assigned"),
            "bySku": _products(licenses),
        },
        "devices": _stored(devices),
        "devicesByPlatform": _counters(devices, "os"),
        "devicesByCompliance": _counters(devices, "compliance"),
        "mailboxes": _stored(known.get("mailboxes")),
        "secureScore": _secure_score(known.get("secure_score")),
    }


def _stored(progress: ResourceProgress | None) -> int | None:
    return progress.stored if progress else None


def _counter(progress: ResourceProgress | None, name: str) -> int | None:
    return int(_tally(progress).get(name, 0)) if progress else None


def _counters(progress: ResourceProgress | None, kind: str) -> dict[str, int] | None:
    """The counters `kind:name` by name, the largest first."""
    if progress is None:
        return None
    found = {name.partition(":")[2]: int(n) for name, n in _tally(progress).items() if name.startswith(f"{kind}:")}
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _products(licenses: ResourceProgress | None) -> list[dict[str, Any]] | None:
    """The products with the most seats; None also when they were counted before products were told apart."""
    enabled, consumed = _counters(licenses, "enabled"), _counters(licenses, "consumed") or {}
    if enabled is None or (licenses and licenses.stored and not enabled):
        return None
    largest = list(enabled.items())[:_MOST_PRODUCTS]
    return [{"skuPartNumber": name, "enabled": seats, "consumed": consumed.get(name, 0)} for name, seats in largest]


def _secure_score(progress: ResourceProgress | None) -> dict[str, Any] | None:
    if progress is None or not progress.stored:
        return None
    tally = _tally(progress)
    known = {basis: tally.get(f"average:{basis}") for basis in _BASES}
    averages = [{"basis": basis, "score": score} for basis, score in known.items() if score is not None]
    return {"current": tally.get("current", 0.0), "max": tally.get("max", 0.0), "averages": averages}


def _tally(progress: ResourceProgress) -> Mapping[str, float]:
    tally: Mapping[str, float] = orjson.loads(progress.tally) if progress.tally else {}
    return tally
