"""Which run may sync now: first syncs before what people ask for, that before the nightly ones; none waits for ever.

How many go at once, and that a tenant has one at most, is held by the keys of `store/places.py`. Here is who is next.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Final

from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.services import Services
from tenantsync.store.places import Holder, Turn
from tenantsync.store.records import left_to_newer_release
from tenantsync.store.runs import ACTIVE_RUN_STATES, Run

_ASKED_AFTER: Final = timedelta(minutes=10)
_SCHEDULED_AFTER: Final = timedelta(hours=1)
"""So much later than a first sync such a run stands in the line: behind all that come in that time, and no others."""
_RESERVED_SHARE: Final = 4
"""One place in so many is never given to a scheduled sync, so that people do not wait for a night's work to end."""
_SHORTEST_DELAY_SECONDS: Final = 2.0
_LONGEST_DELAY_SECONDS: Final = 30.0
_SETTLED_AFTER: Final = timedelta(seconds=10)
"""Longer than a page takes: a worker of a run that was cancelled meanwhile stores the one it holds, and no other."""
_OWN_TENANT_DELAY_SECONDS: Final = 10.0
_NEW_FOR: Final = timedelta(minutes=5)
"""So long after it got its place a run goes before the ones that were there already."""
_SILENT_AFTER: Final = timedelta(minutes=2)
"""A run whose next look is overdue for so long is not being worked on, and keeps nobody waiting."""


def admit(run: Run, services: Services) -> float:
    """0 when the run has its place, else the seconds until it should ask again. Asking twice takes one place."""
    if not _has_tenant(run, services):
        return _OWN_TENANT_DELAY_SECONDS
    turn = turn_of(run)
    line = services.places.read_line()  # before the places: whoever leaves the line is in a place by then
    taken = services.places.read_taken()
    if any(holder.run_id == run.run_id for holder in taken.values()):
        services.places.leave_line(turn)
        return 0.0
    ahead = [other for other in line if other.key < turn.key and other.run_id != run.run_id]
    if _take(turn, ahead, taken, services):
        for own in (turn, *(other for other in line if other.run_id == run.run_id)):
            services.places.leave_line(own)
        return 0.0
    services.places.line_up(turn)
    _clear_away(ahead, taken.values(), services)
    return _delay_seconds(len(ahead), taken.values(), services)


def release(run: Run, services: Services, *, has_settled: bool = True) -> None:
    """The run has ended: its place is free for the next one, and so is its tenant, unless a worker may still write."""
    services.places.give_back(run.run_id)
    for turn in (turn_of(run), *(other for other in services.places.read_line() if other.run_id == run.run_id)):
        services.places.leave_line(turn)
    if has_settled:
        services.places.release_tenant(run.tenant_id, run.run_id)


def rest_seconds(run_id: str, worked: timedelta, services: Services) -> float:
    """How long a run that has worked rests before it goes on: as long again while a newer one has just begun.

    So a tenant that syncs for hours takes half of what it could, as long as small ones come and go beside it.
    """
    taken = services.places.read_taken().values()
    since = min((holder.since for holder in taken if holder.run_id == run_id), default="")
    newest = max((holder.since for holder in taken), default="")
    is_giving_way = since and newest > since and services.clock.now() - parse_rfc3339(newest) < _NEW_FOR
    return min(round(worked.total_seconds(), 1), _LONGEST_DELAY_SECONDS) if is_giving_way else 0.0


def turn_of(run: Run) -> Turn:
    """Where a run stands in the line: by the time it began, later by what it can wait."""
    later = timedelta(0) if run.kind == "initial" else _SCHEDULED_AFTER if run.is_scheduled else _ASKED_AFTER
    at = to_rfc3339(parse_rfc3339(run.started_at) + later)
    return Turn(run_id=run.run_id, at=at, is_scheduled=run.is_scheduled)


def _has_tenant(run: Run, services: Services) -> bool:
    holder = services.places.claim_tenant(run.tenant_id, run.run_id)
    if holder != run.run_id and _has_settled(services.runs.read(holder), services.clock.now()):
        services.places.release_tenant(run.tenant_id, holder)
        holder = services.places.claim_tenant(run.tenant_id, run.run_id)
    return holder == run.run_id


def _take(turn: Turn, ahead: Sequence[Turn], taken: Collection[int], services: Services) -> bool:
    """Takes a free place unless those are for the ones ahead."""
    limit = services.settings.runs_at_once
    free = [number for number in range(limit) if number not in taken]
    reserved = [number for number in free if number < limit // _RESERVED_SHARE]
    unreserved = [number for number in free if number not in reserved]
    scheduled = sum(other.is_scheduled for other in ahead)
    if turn.is_scheduled:
        candidates = unreserved if len(ahead) < len(unreserved) else []
    else:
        left = len(reserved) + max(0, len(unreserved) - scheduled)
        candidates = free if len(ahead) - scheduled < left else []
    now = to_rfc3339(services.clock.now())
    return any(services.places.take(number, turn.run_id, now) for number in candidates)


def _clear_away(ahead: Sequence[Turn], taken: Collection[Holder], services: Services) -> None:
    """Runs that have ended in a crash must not stand in the way: the first in the line looks at who has the places.

    A run that only a newer release understands keeps its place, and its turn not: it lines up anew with that release.
    """
    if ahead:
        if not _is_waiting(ahead[0].run_id, services):
            services.places.leave_line(ahead[0])
        return
    for run_id in {holder.run_id for holder in taken}:
        with left_to_newer_release(run_id=run_id):
            if _has_ended(services.runs.read(run_id)):
                services.places.give_back(run_id)


def _is_waiting(run_id: str, services: Services) -> bool:
    with left_to_newer_release(run_id=run_id):
        run = services.runs.read(run_id)
        return not _has_ended(run) and not _is_silent(run, services.clock.now())
    return False


def _delay_seconds(ahead: int, taken: Collection[Holder], services: Services) -> float:
    """Half of the time in which so many places should come free, judged by how long ago half of them were taken."""
    now = services.clock.now()
    ages = [(now - parse_rfc3339(holder.since)).total_seconds() for holder in taken]
    estimate = (ahead + 1) * median(ages or [0.0]) / services.settings.runs_at_once
    return round(min(max(estimate, _SHORTEST_DELAY_SECONDS), _LONGEST_DELAY_SECONDS), 1)


def _has_ended(run: Run | None) -> bool:
    return run is None or run.state not in ACTIVE_RUN_STATES


def _has_settled(run: Run | None, now: datetime) -> bool:
    if run is None:
        return True
    return bool(run.finished_at) and now - parse_rfc3339(run.finished_at) > _SETTLED_AFTER


def _is_silent(run: Run | None, now: datetime) -> bool:
    return run is not None and bool(run.waiting_until) and now - parse_rfc3339(run.waiting_until) > _SILENT_AFTER
