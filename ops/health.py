"""The use case: how the parts are that runs depend on, each asked now and timed.

Whatever counts the work of all MSPs is for the operator; an MSP's ops see their own part of it, or no number.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any, Final

from ops.finding import is_active, read_under_way
from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.errors import TenantSyncError
from tenantsync.identity.caller import Caller
from tenantsync.orchestrations import InstanceState, Orchestrations
from tenantsync.runs.describing import describe_problem
from tenantsync.services import Services
from tenantsync.store.runs import UnderWay

_SLOW_ANSWER_MS: Final = 1000
_MOST: Final = 1000
"""Of a queue; more are told as so many, at least."""
_MOST_INSTANCES: Final = 100
_FEW_RUNS: Final = 100
"""So many are read each; among more, those that have just ended weigh little."""
_PENDING_SINCE: Final = timedelta(days=7)
_OLD: Final[Mapping[str, timedelta]] = {
    "durable": timedelta(minutes=1),
    "admission": timedelta(hours=2),
    "notifications": timedelta(hours=1),
    "ticket_notes": timedelta(hours=1),
    "watchdog": timedelta(minutes=11),
}
"""What waits longer than this makes its part slow. The watchdog looks every five minutes."""
_OPERATORS_ONLY: Final = "How many wait on the whole platform is shown to the operator."


class PartState(StrEnum):
    """How a part is."""

    OK = "ok"
    SLOW = "slow"
    """It answers late, or something waits in it for too long."""
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class Found:
    """What one look has found; `oldest` is the RFC 3339 time of what waits longest. None: not to be told."""

    pending: int | None = None
    oldest: str = ""
    detail: str = ""


def read_parts(
    caller: Caller,
    services: Services,
    orchestrations: Orchestrations,
    stopwatch: Callable[[], float] = time.perf_counter,
) -> dict[str, Any]:
    """`{checkedAt, parts}`; a part that fails says so and never keeps the others from being looked at.

    `stopwatch` gives seconds since any moment.
    """
    looks: Mapping[str, Callable[[], Found]] = {
        "data_tables": lambda: _tables(services),
        "durable": lambda: _durable(caller, services, orchestrations),
        "runs": lambda: _runs(caller, services),
        "watchdog": lambda: _watchdog(services),
        "admission": lambda: _admission(caller, services),
        "notifications": lambda: _notifications(caller, services),
        "ticket_notes": lambda: _ticket_notes(caller, services),
        "vault": lambda: _vault(services),
    }
    now = services.clock.now()
    return {
        "checkedAt": to_rfc3339(now),
        "parts": [_look_at(name, look, now, stopwatch) for name, look in looks.items()],
    }


def _look_at(name: str, look: Callable[[], Found], now: datetime, stopwatch: Callable[[], float]) -> dict[str, Any]:
    found, problem, began = Found(), None, stopwatch()
    try:
        found = look()
    except TenantSyncError as failure:
        problem = describe_problem(failure.code, "", "")
    milliseconds = round((stopwatch() - began) * 1000)
    age = max(timedelta(0), now - parse_rfc3339(found.oldest)) if found.oldest else None
    is_slow = milliseconds > _SLOW_ANSWER_MS or (age is not None and age > _OLD.get(name, timedelta.max))
    return {
        "name": name,
        "state": PartState.FAILING if problem else PartState.SLOW if is_slow else PartState.OK,
        "milliseconds": milliseconds,
        "pending": found.pending,
        "oldestAgeSeconds": None if age is None else round(age.total_seconds()),
        "detail": found.detail or None,
        "problem": problem,
    }


def _tables(services: Services) -> Found:
    services.tables.check()
    services.runs.read_watch()
    return Found()


def _durable(caller: Caller, services: Services, orchestrations: Orchestrations) -> Found:
    """Instances that nobody has taken up yet: the backlog, whatever storage Durable uses."""
    since = services.clock.now() - _PENDING_SINCE
    waiting = orchestrations.list_instances(states=[InstanceState.PENDING], since=since)
    if not caller.is_operator:
        return Found(detail=_OPERATORS_ONLY)
    oldest = min((instance.created_at for instance in waiting), default="")
    return Found(len(waiting), oldest, _at_least(len(waiting), _MOST_INSTANCES))


def _runs(caller: Caller, services: Services) -> Found:
    """Runs under way; while they are few, those are left out that have ended since they were noted."""
    noted = _under_way(caller, services)
    if len(noted) <= _FEW_RUNS:
        wholes = services.runs.read_wholes([run.run_id for run in noted])
        active = {whole.run.run_id for whole in wholes if is_active(whole)}
        noted = [run for run in noted if run.run_id in active]
    stuck = sum(run.is_stuck for run in noted)
    return Found(len(noted), detail=f"{stuck} noted as standing still." if stuck else "")


def _under_way(caller: Caller, services: Services) -> list[UnderWay]:
    return [run for run in read_under_way(caller, services) if caller.reaches(run.msp_id)]


def _watchdog(services: Services) -> Found:
    at = services.runs.read_watch()
    return Found(oldest=at, detail="Its last pass." if at else "It has not looked yet.")


def _admission(caller: Caller, services: Services) -> Found:
    """Runs that wait for their turn."""
    line = {turn.run_id for turn in services.places.read_line()}
    waiting = [run for run in _under_way(caller, services) if run.run_id in line]
    oldest = min((run.since for run in waiting), default="")
    return Found(len(waiting), oldest, _at_least(len(line), _MOST))


def _notifications(caller: Caller, services: Services) -> Found:
    return _queue(((item.msp_id, item.created_at) for item in services.notifier.list_pending(_MOST)), caller)


def _ticket_notes(caller: Caller, services: Services) -> Found:
    pending = islice(services.ticket_notes.pending(), _MOST)
    return _queue(((note.msp_id, note.created_at) for note in pending), caller)


def _queue(waiting: Iterable[tuple[str, str]], caller: Caller) -> Found:
    """Of MSPs and times the ones the caller may know of."""
    everybodys = list(waiting)
    times = [at for msp_id, at in everybodys if caller.reaches(msp_id)]
    return Found(len(times), min(times, default=""), _at_least(len(everybodys), _MOST))


def _vault(services: Services) -> Found:
    settings = services.settings
    if not (settings.key_vault_url or settings.secrets_keys):
        return Found(detail="No vault is set up.")
    services.vault.read("health")
    return Found()


def _at_least(number: int, most: int) -> str:
    return "There are more than were counted." if number >= most else ""
