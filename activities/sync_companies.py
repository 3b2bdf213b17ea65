"""Moves the sync of a PSA's companies on by one slice."""

from collections.abc import Callable, Sequence
from typing import Any

from tenantsync import logs
from tenantsync.clock import to_rfc3339
from tenantsync.companies.mirror import Mirror
from tenantsync.companies.sync import CompanyTools
from tenantsync.companies.sync import sync_company_slice as run_slice
from tenantsync.errors import RequestError, TenantSyncError, TransientError
from tenantsync.matching.placing import PlacedCounts
from tenantsync.psa.port import Company, PsaAdapter
from tenantsync.psa_access import open_psa
from tenantsync.services import Services
from tenantsync.store.psa_connections import CompanySync, PsaConnection, StoredSync, SyncState

PlaceCompanies = Callable[[str, str, Sequence[Company], Services], PlacedCounts]
"""`tenantsync.matching.place_companies`."""


def sync_company_slice(
    msp_id: str, provider: str, number: int, services: Services, place: PlaceCompanies
) -> dict[str, Any]:
    """`{"ended": bool, "delaySeconds": number}`: whether, and after which wait, the next slice is due."""
    stored = services.company_syncs.read(msp_id, provider)
    if stored is None or stored.sync.number != number:  # disconnected, or replaced by a newer one
        return {"ended": True, "delaySeconds": 0}
    connection = services.psa_connections.read(msp_id, provider)
    if connection is None or connection.version != stored.sync.version:
        return _end(stored.sync, SyncState.CANCELLED, RequestError("psa_connection_changed"), services)
    try:
        adapter = open_psa(connection, services)
    except TransientError:  # the vault is away
        raise
    except TenantSyncError as failure:
        return _end(stored.sync, SyncState.FAILED, failure, services)
    with logs.about(run_id=stored.sync.run_id):
        outcome = run_slice(stored, _tools(stored, connection, adapter, services, place))
    _forget_if_left(stored.sync, connection, services)
    return outcome.to_json()


def _forget_if_left(sync: CompanySync, connection: PsaConnection, services: Services) -> None:
    """What the slice has written after the PSA was disconnected, and so after everything was forgotten."""
    current = services.psa_connections.read(connection.msp_id, connection.provider)
    if current is None or current.mirror_id != connection.mirror_id:
        services.scratch_for(sync.run_id, connection.mirror_id).clear()
        Mirror(services.tables, connection.mirror_id).clear()


def _tools(
    stored: StoredSync, connection: PsaConnection, adapter: PsaAdapter, services: Services, place: PlaceCompanies
) -> CompanyTools:
    msp_id, provider = connection.msp_id, connection.provider
    return CompanyTools(
        adapter=adapter,
        mirror=Mirror(services.tables, connection.mirror_id),
        syncs=services.company_syncs,
        notes=services.scratch_for(stored.sync.run_id, connection.mirror_id),
        place=lambda companies: place(msp_id, provider, companies, services).tally(),
        budget=services.request_budget,
        gate=services.gate,
        clock=services.clock,
    )


def _end(sync: CompanySync, state: SyncState, failure: TenantSyncError, services: Services) -> dict[str, Any]:
    now = to_rfc3339(services.clock.now())
    services.company_syncs.change(
        sync.msp_id,
        sync.provider,
        when=lambda current: current.number == sync.number and current.state == SyncState.RUNNING,
        state=state,
        finished_at=now,
        updated_at=now,
        problem_code=failure.code,
        problem_message=failure.detail,
    )
    return {"ended": True, "delaySeconds": 0}
