"""What goes wrong in one chaos run, and when: a pure function of its seed."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any, Final

SEEDS: Final = range(100)


class Happening(StrEnum):
    """What is done to a part of the stack."""

    KILL_HOST = "kill_host"
    REDEPLOY_HOST = "redeploy_host"
    KILL_SIMULATOR = "kill_simulator"
    FREEZE_STORE = "freeze_store"
    RESTART_STORE = "restart_store"
    """By SIGINT: it saves."""
    STOP_STORE = "stop_store"
    """By SIGTERM: it forgets up to 5 seconds of acknowledged writes."""
    KILL_STORE = "kill_store"
    """By SIGKILL: the same."""
    CHANGE_TENANT = "change_tenant"
    """People join or leave while the tenant is listed."""


FORGETFUL: Final = frozenset({Happening.STOP_STORE, Happening.KILL_STORE})
_QUICK_MS: Final = (40, 120, 250)
_SLOW_MS: Final = (250, 500, 700)
"""Latencies of Graph's; slow ones where the store is to have saved a part of the sync."""
_ANYTIME: Final = tuple(kind for kind in Happening if kind != Happening.CHANGE_TENANT)

USERS: Final = "/v1.0/users"
GROUPS: Final = "/v1.0/groups"
MEMBERSHIPS: Final = "/v1.0/groups/delta"
USER_CHANGES: Final = "/v1.0/users/delta"
DEVICES: Final = "/v1.0/deviceManagement/managedDevices"
COUNT: Final = "/v1.0/users/$count"
LICENSES: Final = "/v1.0/subscribedSkus"
SCORES: Final = "/v1.0/security/secureScores"
REPORT: Final = "/v1.0/reports/getMailboxUsageDetail(period='D7')"

_LISTINGS: Final = (USERS, GROUPS, MEMBERSHIPS, DEVICES)
_ANYWHERE: Final = (*_LISTINGS, COUNT, LICENSES, SCORES, REPORT)
FAULT_PATHS: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("throttle", "throttle_date", "throttle_no_header", "unavailable", "expired_token"), _ANYWHERE),
    **dict.fromkeys(("drop", "truncate"), (*_LISTINGS, LICENSES, SCORES, REPORT)),
    "hang": _LISTINGS,
    "error_in_200": _LISTINGS,
    "empty_page": (*_LISTINGS, SCORES),
    **dict.fromkeys(("duplicate", "repeat_objects"), _LISTINGS),
    **dict.fromkeys(("expired_page", "unknown_page", "repeat_page", "loop"), (USERS, MEMBERSHIPS)),
}
"""Every fault that a run must survive, and where it makes sense."""

STARTS_AGAIN: Final = frozenset({"expired_page", "unknown_page", "repeat_page", "loop"})
_CHANGES_OF: Final = {USERS: USER_CHANGES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbance:
    """Due at a share of the work or after a time of the sync, whichever it names; at its end at the latest."""

    kind: Happening
    at_percent: int = 0
    at_seconds: float = 0.0
    lasts_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncPlan:
    """One sync: `users` the tenant has at its beginning, Graph's faults, what happens meanwhile."""

    users: int
    faults: tuple[tuple[str, str, int], ...]
    """Kind, path, and the number of the request that it strikes, once."""
    disturbances: tuple[Disturbance, ...]
    changed_users: int = 0
    """How many the tenant has after CHANGE_TENANT."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChaosPlan:
    """A whole run: connect and sync, and in a share of the seeds a second sync that takes only the changes."""

    seed: int
    latency_ms: int
    first: SyncPlan
    second: SyncPlan | None

    @property
    def syncs(self) -> tuple[SyncPlan, ...]:
        return (self.first, self.second) if self.second else (self.first,)

    def fault_documents(self, sync: SyncPlan) -> list[dict[str, Any]]:
        """The faults as the simulator's scenario has them."""
        return [
            {"kind": kind, "path": path, "everyNth": nth, "times": 1, "retryAfterSeconds": 1}
            for kind, path, nth in sync.faults
        ]


def make_plan(seed: int) -> ChaosPlan:
    """The same seed gives the same plan; in turn, every kind of happening and fault comes first in some seed."""
    random = Random(seed)
    first_kind, first_fault = _in_turn(seed, tuple(Happening)), _in_turn(seed, tuple(FAULT_PATHS))
    users = random.randrange(300, 1600)
    is_changed = first_kind == Happening.CHANGE_TENANT
    first = SyncPlan(
        users=users,
        faults=_faults(random, first_fault),
        disturbances=_disturbances(random, [first_kind, *_others(random, 0, 2)]),
        changed_users=_other_size(random, users) if is_changed else 0,
    )
    needs_second = is_changed or random.random() < 0.4
    second = _second(random, first) if needs_second else None
    syncs = (first, second) if second else (first,)
    forgets = any(item.kind in FORGETFUL for sync in syncs for item in sync.disturbances)
    return ChaosPlan(
        seed=seed,
        latency_ms=random.choice(_SLOW_MS if forgets else _QUICK_MS),
        first=first,
        second=second,
    )


def _second(random: Random, first: SyncPlan) -> SyncPlan:
    """On the delta paths, too. Microsoft loses pages in one of the syncs only: a listing may start again twice."""
    has_lost_pages = any(event.kind == Happening.KILL_SIMULATOR for event in first.disturbances)
    kinds = [kind for kind in _others(random, 1, 2) if not (has_lost_pages and kind == Happening.KILL_SIMULATOR)]
    fault = random.choice([kind for kind in FAULT_PATHS if kind not in STARTS_AGAIN])
    faults = tuple((kind, _CHANGES_OF.get(path, path), 1) for kind, path, _ in _faults(random, fault))
    now = first.changed_users or first.users
    return SyncPlan(
        users=now if first.changed_users else _other_size(random, now),
        faults=tuple(fault for fault in faults if fault[0] not in STARTS_AGAIN),
        disturbances=_disturbances(random, kinds),
    )


def _in_turn(seed: int, kinds: tuple[Any, ...]) -> Any:
    return kinds[seed % len(kinds)]


def _others(random: Random, least: int, most: int) -> list[Happening]:
    return [random.choice(_ANYTIME) for _ in range(random.randint(least, most))]


def _disturbances(random: Random, kinds: list[Happening]) -> tuple[Disturbance, ...]:
    """Microsoft loses its pages once a sync at most; see `_second`."""
    distinct = [kind for n, kind in enumerate(kinds) if kind != Happening.KILL_SIMULATOR or kind not in kinds[:n]]
    return tuple(_disturbance(random, kind) for kind in distinct)


def _disturbance(random: Random, kind: Happening) -> Disturbance:
    """The store saves every five seconds: most often something of the sync is saved by the time it forgets the rest."""
    lasts = round(random.uniform(0.2, 4.0), 1)
    is_late = kind in FORGETFUL and random.random() < 0.8
    if random.random() < 0.6:
        percent = random.randrange(30 if is_late else 1, 101)
        return Disturbance(kind=kind, at_percent=percent, lasts_seconds=lasts)
    seconds = random.uniform(5.0, 12.0) if is_late else random.uniform(0.0, 6.0)
    return Disturbance(kind=kind, at_seconds=round(seconds, 1), lasts_seconds=lasts)


def _faults(random: Random, first: str) -> tuple[tuple[str, str, int], ...]:
    """A handful, no two that make a listing start again on one path, and one answer that never comes at most."""
    chosen: dict[tuple[str, str], tuple[str, str, int]] = {}
    for kind in (first, *(random.choice(tuple(FAULT_PATHS)) for _ in range(random.randrange(1, 6)))):
        path = random.choice(FAULT_PATHS[kind])
        is_rare = kind == "hang" or kind in STARTS_AGAIN
        nth = 2 if kind in STARTS_AGAIN else random.randrange(1, 4) if path in _LISTINGS else 1
        chosen.setdefault(
            ("starts again" if kind in STARTS_AGAIN else kind, "" if is_rare else path), (kind, path, nth)
        )
    return tuple(chosen.values())


def _other_size(random: Random, users: int) -> int:
    return users + random.randrange(1, 300) if random.random() < 0.5 else max(100, users - random.randrange(1, 200))
