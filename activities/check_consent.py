"""The daily look at consent: is it still there, and is something missing that was not before?"""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from activities.consent_record import note_granted, tell_lost
from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.errors import ConfigurationError, ConsentError, ContractError, TenantSyncError, TransientError
from tenantsync.notifications import Event
from tenantsync.runs.outcome import is_gone
from tenantsync.services import Services
from tenantsync.store.audit import SYSTEM
from tenantsync.store.connections import ConnectionState
from tenantsync.store.owners import removal_job
from tenantsync.store.records import left_to_newer_release
from tenantsync.store.runs import ACTIVE_RUN_STATES
from tenantsync.store.tenants import LEAVING, ConsentState, ManagedTenant, TenantState
from tenantsync.tenant_state import shown_state
from tenantsync.wire import CORRELATION

_AT_ONCE: Final = 20
_LONGEST_REMOVAL: Final = timedelta(hours=6)
_LOOKS: Final = UUID("c1f4f0cb-6a53-4c55-9d0e-3f0b8a5d9c41")
"""The namespace of the correlation ids of looks."""
_BUSY: Final = frozenset({*ACTIVE_RUN_STATES, ConnectionState.AWAITING_CONSENT})
"""Something is being done about it already; its outcome is the better word."""


def list_tenants(cursor: str, services: Services) -> dict[str, Any]:
    """`{"tenants", "leaving", "cursor"}`: the next few tenants of all MSPs to look at; no cursor at the end.

    `leaving` are the removals that should have ended long ago: their orchestration was never started, or got lost.
    """
    msp_id, _, after = cursor.partition(" ")
    ids = services.tenants.list_ids(msp_id, after, _AT_ONCE) if msp_id else []
    if len(ids) < _AT_ONCE:
        following = services.tenants.list_msps(msp_id, 1)
        next_cursor = f"{following[0]} " if following else ""
    else:
        next_cursor = f"{msp_id} {ids[-1]}"
    watched: list[dict[str, str]] = []
    leaving: list[dict[str, str]] = []
    for tenant_id in ids:
        with left_to_newer_release(tenant_id=tenant_id):
            tenant = services.tenants.read(msp_id, tenant_id)
            if tenant and tenant.consent != ConsentState.PENDING and tenant.state not in LEAVING:
                watched.append(_look(tenant, services))
            leaving += _overdue_removals(tenant, services) if tenant else []
    return {"tenants": watched, "leaving": leaving, "cursor": next_cursor}


def _look(tenant: ManagedTenant, services: Services) -> dict[str, str]:
    """A look at one tenant, with an id of its own: the day's, so that a page that is listed again asks for the same."""
    day = to_rfc3339(services.clock.now())[:10]
    cause = str(uuid5(_LOOKS, f"{tenant.msp_id} {tenant.tenant_id} {day}"))
    return {"mspId": tenant.msp_id, "tenantId": tenant.tenant_id, CORRELATION: cause}


def _overdue_removals(tenant: ManagedTenant, services: Services) -> list[dict[str, str]]:
    """By the owner's row alone: it is the first thing a disconnect writes, whatever interrupts it afterwards."""
    owner = services.owners.read(tenant.tenant_id)
    if owner is None or owner.msp_id != tenant.msp_id or not owner.leaving_since:
        return []
    is_overdue = services.clock.now() - parse_rfc3339(owner.leaving_since) > _LONGEST_REMOVAL
    return [removal_job(owner)] if is_overdue else []


def check_consent(msp_id: str, tenant_id: str, services: Services) -> dict[str, Any]:
    """`{"consent": "granted" | "revoked" | "unknown"}`; unknown changes nothing: "could not check" is not "revoked"."""
    tenant, owner = services.tenants.read(msp_id, tenant_id), services.owners.read(tenant_id)
    if tenant is None or owner is None or owner.msp_id != msp_id:
        return {"consent": "unknown"}
    try:
        roles = services.tokens.fetch_app_token(tenant_id, fresh=True).roles
        if not roles:
            raise ConsentError("consent_lost", "the token carries no permissions")
    except ConsentError as failure:
        if not is_gone(failure.code, failure.cause.provider_code):
            return {"consent": "unknown"}
        return _lost(tenant, failure, services)
    except (TransientError, ConfigurationError, ContractError):
        return {"consent": "unknown"}
    note_granted(msp_id, tenant_id, roles, services)
    return {"consent": ConsentState.GRANTED.value}


def _lost(tenant: ManagedTenant, failure: TenantSyncError, services: Services) -> dict[str, Any]:
    now = to_rfc3339(services.clock.now())
    is_new = tenant.consent != ConsentState.REVOKED
    is_busy = shown_state(tenant, services.clock.now()) in _BUSY
    state = tenant.state if is_busy else TenantState.REVOKED.value
    changed = services.note_state(
        tenant.msp_id, tenant.tenant_id, state, consent=ConsentState.REVOKED.value, consent_checked_at=now
    )
    if is_new and changed:
        tell_lost(tenant.tenant_id)
        _audit("consent_lost", tenant, services, microsoftCode=failure.cause.provider_code)
        services.notifier.announce(Event.CONSENT_LOST, changed, f"{tenant.connection_id}-{now[:10]}", now)
    return {"consent": ConsentState.REVOKED.value}


def _audit(action: str, tenant: ManagedTenant, services: Services, **detail: object) -> None:
    services.audit.record(action, msp_id=tenant.msp_id, tenant_id=tenant.tenant_id, actor=SYSTEM, detail=detail)
