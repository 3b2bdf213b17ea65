"""A tenant's state as people see it: what was noted, and what follows from time and from newer permissions."""

from datetime import datetime
from typing import Final

from tenantsync.clock import parse_rfc3339
from tenantsync.permissions import APPLICATION_PERMISSIONS
from tenantsync.store.connections import ConnectionState
from tenantsync.store.runs import RunState
from tenantsync.store.tenants import ConsentState, ManagedTenant, TenantState

SETTLED: Final = frozenset({RunState.COMPLETED, RunState.COMPLETED_WITH_ISSUES})
"""States of a tenant whose last sync has brought something."""
OVERRIDING: Final = frozenset({TenantState.DISCONNECTED, TenantState.REVOKED, TenantState.NEEDS_RECONSENT})
"""States that say more than the last run's."""
ALL_STATES: Final = (
    *(state.value for state in ConnectionState if state != ConnectionState.STARTED),
    *(state.value for state in RunState if state not in (RunState.FAILED, RunState.CANCELLED)),
    *(state.value for state in (TenantState.EXPIRED, *sorted(OVERRIDING))),
)


def shown_state(tenant: ManagedTenant, now: datetime) -> str:
    """One of the states of the HTTP contract."""
    if tenant.state == TenantState.DISCONNECTING:
        return TenantState.DISCONNECTED
    is_waiting = tenant.state == ConnectionState.AWAITING_CONSENT
    if is_waiting and tenant.expires_at and now >= parse_rfc3339(tenant.expires_at):
        return TenantState.EXPIRED
    return TenantState.NEEDS_RECONSENT if tenant.state in SETTLED and new_permissions(tenant) else tenant.state


def new_permissions(tenant: ManagedTenant) -> list[str]:
    """Application permissions the product asks for today and did not when this tenant consented, still not granted."""
    if tenant.consent != ConsentState.GRANTED:
        return []
    known = {*tenant.asked_permissions.split(), *tenant.app_permissions.split()}
    return sorted(APPLICATION_PERMISSIONS - known)
