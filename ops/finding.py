"""Which run a request is about, and which runs a list shows: the newest first, found without reading all of them."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

from tenantsync.errors import RequestError
from tenantsync.identity.caller import Caller
from tenantsync.reach import find_connection, find_owner
from tenantsync.runs.describing import describe_stall, updated_at
from tenantsync.runs.syncing import KEPT_RUNS
from tenantsync.services import Services
from tenantsync.store.keys import newest_first
from tenantsync.store.recent_runs import EVERYBODY
from tenantsync.store.runs import ACTIVE_RUN_STATES, UnderWay, WholeRun

_RUN_ID: Final = re.compile(r"[A-Za-z0-9-]{1,200}")
_STEP: Final = 100
_LARGE_STEP: Final = 1000
_MOST_UNDER_WAY: Final = 5
"""So many thousand runs under way are looked at; there are at most as many as tenants."""
_FEWEST_AT_ONCE: Final = 20
"""Runs are read several at once; one after the other would take as many round trips."""
_MOST_LOOKED_AT: Final = 500
"""Of one request; the next page goes on from there."""

Place = tuple[str, str]
"""A run's position, the newest first, and its id."""


def find_run(run_id: str, caller: Caller, services: Services) -> WholeRun:
    """The run; raises RequestError `run_unknown` alike for another MSP's and one that does not exist."""
    whole = services.runs.read_whole(run_id) if _RUN_ID.fullmatch(run_id) else None
    if whole is None or not caller.reaches(whole.run.msp_id):
        raise RequestError("run_unknown")
    return whole


def find_runs(
    places: Iterator[Place], top: int, services: Services, fits: Callable[[WholeRun], bool]
) -> tuple[list[WholeRun], str]:
    """Up to `top` runs that fit, and the position behind which there may be more; empty at the end."""
    found: list[WholeRun] = []
    looked_at, position = 0, ""
    while chunk := list(islice(places, max(top, _FEWEST_AT_ONCE))):
        if len(found) == top or looked_at >= _MOST_LOOKED_AT:
            return found, position
        wholes = {whole.run.run_id: whole for whole in services.runs.read_wholes([run_id for _, run_id in chunk])}
        for place, run_id in chunk:
            if len(found) == top:
                return found, position
            position, looked_at = place, looked_at + 1
            whole = wholes.get(run_id)
            if whole and place_of(whole) == place and fits(whole):
                found.append(whole)
    return found, ""


def place_of(whole: WholeRun) -> str:
    """The run's position among all."""
    return newest_first(whole.run.started_at, whole.run.run_id)


def is_active(whole: WholeRun) -> bool:
    """Whether the run is under way."""
    return whole.run.state in ACTIVE_RUN_STATES


def is_stuck(whole: WholeRun) -> bool:
    """Whether the watchdog has found it standing still, and nothing has moved since."""
    return is_active(whole) and describe_stall(whole.run, updated_at(whole.run, whole.resources)) is not None


def recent_places(after: str, caller: Caller, services: Services) -> Iterator[Place]:
    """Every run that is kept, of those the caller reaches."""
    msp_id = EVERYBODY if caller.is_operator else caller.msp_id
    while page := services.recent_runs.list_page(msp_id, after, _STEP):
        yield from page
        after = page[-1][0]


def active_places(after: str, caller: Caller, services: Services, *, only_stuck: bool = False) -> Iterator[Place]:
    """The runs under way, of those the caller reaches."""
    noted = read_under_way(caller, services)
    places = [(newest_first(run.since, run.run_id), run.run_id) for run in noted if run.is_stuck or not only_stuck]
    yield from (place for place in sorted(places) if place[0] > after)


def read_under_way(caller: Caller, services: Services) -> Sequence[UnderWay]:
    """The notes of runs under way that may be the caller's; some have ended since."""
    found, after = [], ""
    for _ in range(_MOST_UNDER_WAY):
        page = services.runs.list_under_way(after, _LARGE_STEP)
        found += [run for run in page if not run.msp_id or caller.reaches(run.msp_id)]
        if len(page) < _LARGE_STEP:
            break
        after = page[-1].run_id
    return found


def places_of_tenant(tenant_id: str, after: str, caller: Caller, services: Services) -> Iterator[Place]:
    """The runs that led to what is known of a tenant; raises RequestError `tenant_unknown`."""
    latest = find_connection(tenant_id, caller, services)
    chains = {latest.run_id, _owning_run(tenant_id, caller, services)} - {""}
    runs = {run.run_id: run for run_id in chains for run in services.runs.read_chain(run_id, KEPT_RUNS + 1)}
    places = sorted((newest_first(run.started_at, run.run_id), run.run_id) for run in runs.values())
    yield from (place for place in places if place[0] > after)


def _owning_run(tenant_id: str, caller: Caller, services: Services) -> str:
    """The latest run of the connection that owns the tenant: a newer one may still wait for consent."""
    try:
        owner = find_owner(tenant_id, caller, services)
    except RequestError:
        return ""
    connection = services.connections.read(owner.msp_id, owner.connection_id)
    return connection.run_id if connection else ""
