"""The numbers of a tenant at a glance, from the certificates of its resources. A number not proven is null."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from tenantsync.store.progress import ResourceProgress, Verdict


def build_summary(resources: Sequence[ResourceProgress]) -> dict[str, Any]:
    """The `summary` of sync-status; `licenses.assigned` is counted over the users, not Microsoft's counter."""
    known = {item.resource: item for item in resources if item.is_ended and item.verdict == Verdict.COMPLETE}
    users, licenses = known.get("users"), known.get("licenses")
    return {
        "users": _stored(users),
        "guests": _counter(users, "guests"),
        "groups": _stored(known.get("groups")),
        "memberships": _stored(known.get("memberships")),
        "licenses": {
            "subscriptions": _stored(licenses),
            "seats": _counter(licenses, "seats"),
            "assigned": _counter(users, "assigned"),
        },
        "devices": _stored(known.get("devices")),
        "mailboxes": _stored(known.get("mailboxes")),
        "secureScore": _secure_score(known.get("secure_score")),
    }


def _stored(progress: ResourceProgress | None) -> int | None:
    return progress.stored if progress else None


def _counter(progress: ResourceProgress | None, name: str) -> int | None:
    return int(_tally(progress).get(name, 0)) if progress else None


def _secure_score(progress: ResourceProgress | None) -> dict[str, float] | None:
    if progress is None or not progress.stored:
        return None
    tally = _tally(progress)
    return {"current": tally.get("current", 0.0), "max": tally.get("max", 0.0)}


def _tally(progress: ResourceProgress) -> Mapping[str, float]:
    tally: Mapping[str, float] = orjson.loads(progress.tally) if progress.tally else {}
    return tally
