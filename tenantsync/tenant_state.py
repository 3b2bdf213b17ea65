"""A tenant's state as people see it: what was noted, and what follows from time and from newer permissions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from tenantsync.clock import parse_rfc3339
from tenantsync.permissions import APPLICATION_PERMISSIONS
from tenantsync.problems import Problem, find_problem
from tenantsync.store.connections import ConnectionState
from tenantsync.store.runs import RunState
from tenantsync.store.tenants import ConsentState, ManagedTenant, TenantState

SETTLED: Final = frozenset({RunState.COMPLETED, RunState.COMPLETED_WITH_ISSUES})
"""States of a tenant whose last sync has brought something."""
OVERRIDING: Final = frozenset({TenantState.DISCONNECTED, TenantState.REVOKED, TenantState.NEEDS_RECONSENT})
"""States that say more than the last run's."""
_PROBLEMS: Final[Mapping[str, str]] = {
    TenantState.EXPIRED: "link_expired",
    TenantState.REVOKED: "consent_lost",
    TenantState.NEEDS_RECONSENT: "needs_reconsent",
}
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


def shown_problem(tenant: ManagedTenant, now: datetime) -> Problem | None:
    """Why a tenant is in the state that is shown; None when nothing is wrong."""
    state = shown_state(tenant, now)
    if state == tenant.state and tenant.problem_code:
        return find_problem(tenant.problem_code, tenant.problem_message, tenant.problem_microsoft_code)
    return problem_of_state(state, tenant)


def problem_of_state(state: str, tenant: ManagedTenant) -> Problem | None:
    """What a state says by itself, whatever came before it."""
    if state not in _PROBLEMS:
        return None
    missing = sorted(APPLICATION_PERMISSIONS.difference(tenant.app_permissions.split()))
    return find_problem(_PROBLEMS[state], ", ".join(missing) if state == TenantState.NEEDS_RECONSENT else "")


def new_permissions(tenant: ManagedTenant) -> list[str]:
    """Application permissions the product asks for today and did not when this tenant consented, still not granted."""
    if tenant.consent != ConsentState.GRANTED:
        return []
    known = {*tenant.asked_permissions.split(), *tenant.app_permissions.split()}
    return sorted(APPLICATION_PERMISSIONS - known)
