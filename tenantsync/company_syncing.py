"""Syncs of a PSA's companies: begun by people, or when they are due; resumed when their orchestration was lost."""

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from tenantsync import logs
from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.errors import ConflictError, TransientError
from tenantsync.orchestrations import Starter
from tenantsync.services import Services
from tenantsync.store.psa_connections import CompanySync, PsaConnection, StoredSync, SyncState
from tenantsync.store.records import left_to_newer_release
from tenantsync.wire import SYNC_COMPANIES, company_sync_instance_id

_INTERVAL: Final = timedelta(hours=1)
_FULL_EVERY: Final = timedelta(hours=23, minutes=30)
"""A day, less what the hourly syncs may be late."""
_OVERLAP: Final = timedelta(minutes=10)
"""Stamps of changes arrive out of order, and clocks differ."""
_SILENCE: Final = timedelta(minutes=15)
"""A running sync that says nothing for so long, beyond what it waits for, has lost its orchestration."""
_MOST_RESUMPTIONS: Final = 5


def begin_company_sync(
    connection: PsaConnection, services: Services, *, is_full: bool = False, confirmed: int = 0
) -> CompanySync:
    """The sync to start: the one that is running, else a new one.

    `confirmed` is how many companies may become inactive at once, as a person has said; such a sync is a full one. A
    sync that runs is told.
    """
    stored = services.company_syncs.read(connection.msp_id, connection.provider)
    if stored and _is_running(stored.sync, connection):
        return _confirm(stored.sync, confirmed, services)
    sync = _new_sync(connection, stored, services, is_full=is_full or confirmed > 0)
    try:
        services.company_syncs.begin(replace(sync, confirmed=confirmed), stored.etag if stored else "")
    except ConflictError:  # somebody else has begun one at this very moment
        other = services.company_syncs.read(connection.msp_id, connection.provider)
        if other is None:
            raise TransientError("storage_unavailable", "the sync's row is gone") from None
        return other.sync
    if stored:  # it may have ended without its own slice, as when the connection was changed
        services.scratch_for(stored.sync.run_id, connection.mirror_id).clear()
    return sync


def start_company_sync(sync: CompanySync, orchestrations: Starter) -> None:
    """Starts the sync's orchestration, unless it runs."""
    job = {"mspId": sync.msp_id, "provider": sync.provider, "number": sync.number}
    instance_id = company_sync_instance_id(sync.msp_id, sync.provider, sync.number)
    orchestrations.start(SYNC_COMPANIES, instance_id, job, again=True)


def start_due_company_syncs(services: Services, orchestrations: Starter) -> int:
    """Starts what is due and resumes what was lost; gives how many. Repeating it starts nothing twice."""
    if services.are_syncs_paused():
        return 0
    started = 0
    for connection in services.psa_connections.all():
        ids = {"msp_id": connection.msp_id, "provider": connection.provider}
        with logs.correlated(logs.request_id()), left_to_newer_release(**ids):
            started += _start_if_due(connection, services, orchestrations)
    return started


def _start_if_due(connection: PsaConnection, services: Services, orchestrations: Starter) -> bool:
    stored, now = services.company_syncs.read(connection.msp_id, connection.provider), services.clock.now()
    if stored and _is_running(stored.sync, connection):
        return _resume(stored, services, orchestrations)
    if stored and parse_rfc3339(stored.sync.started_at) >= _latest_slot(connection, now):
        return False
    sync = begin_company_sync(connection, services)
    start_company_sync(sync, orchestrations)
    logs.event("company_sync_due", run_id=sync.run_id, kind="full" if sync.is_full else "incremental")
    return True


def _latest_slot(connection: PsaConnection, now: datetime) -> datetime:
    """When this connection was last due: every MSP has a second of the hour of its own."""
    digest = hashlib.blake2b(f"{connection.msp_id}{connection.provider}".encode(), digest_size=4).digest()
    offset = timedelta(seconds=int.from_bytes(digest) % int(_INTERVAL.total_seconds()))
    slot = now.replace(minute=0, second=0, microsecond=0) + offset
    return slot if slot <= now else slot - _INTERVAL


def _resume(stored: StoredSync, services: Services, orchestrations: Starter) -> bool:
    sync, now = stored.sync, services.clock.now()
    moved = max(sync.updated_at, sync.waiting_until)
    if now - parse_rfc3339(moved) <= _SILENCE:
        return False
    changes: dict[str, Any] = {"resumed": sync.resumed + 1, "updated_at": to_rfc3339(now)}
    if sync.resumed >= _MOST_RESUMPTIONS:
        changes |= {"state": SyncState.FAILED, "problem_code": "internal_error", "finished_at": to_rfc3339(now)}
    try:
        services.company_syncs.checkpoint(replace(sync, **changes), stored.etag)
    except ConflictError:  # it moves after all
        return False
    if sync.resumed >= _MOST_RESUMPTIONS:
        return False
    start_company_sync(sync, orchestrations)
    logs.event("company_sync_resumed", run_id=sync.run_id, times=sync.resumed + 1)
    return True


def _new_sync(
    connection: PsaConnection, stored: StoredSync | None, services: Services, *, is_full: bool
) -> CompanySync:
    now, last = services.clock.now(), stored.sync if stored else None
    return CompanySync(
        msp_id=connection.msp_id,
        provider=connection.provider,
        number=last.number + 1 if last else 1,
        version=connection.version,
        since="" if is_full else _since(connection, last, now),
        started_at=to_rfc3339(now),
        updated_at=to_rfc3339(now),
        synced_since=last.synced_since if last else "",
        full_at=last.full_at if last else "",
        full_version=last.full_version if last else "",
    )


def _since(connection: PsaConnection, last: CompanySync | None, now: datetime) -> str:
    """Empty when everything has to be listed: once a day, and after the connection was changed."""
    if last is None or not last.full_at or last.full_version != connection.version:
        return ""
    if now - parse_rfc3339(last.full_at) >= _FULL_EVERY:
        return ""
    return to_rfc3339(parse_rfc3339(last.synced_since) - _OVERLAP)


def _confirm(sync: CompanySync, confirmed: int, services: Services) -> CompanySync:
    if confirmed <= sync.confirmed:
        return sync
    told = services.company_syncs.change(
        sync.msp_id,
        sync.provider,
        when=lambda current: current.number == sync.number and current.state == SyncState.RUNNING,
        confirmed=confirmed,
    )
    return told or sync


def _is_running(sync: CompanySync, connection: PsaConnection) -> bool:
    return sync.state == SyncState.RUNNING and sync.version == connection.version
