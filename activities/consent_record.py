"""What is remembered of a tenant's consent whenever it has been seen."""

from typing import Any, Final

from tenantsync import logs, metrics
from tenantsync.clock import to_rfc3339
from tenantsync.graph.grants import try_read_grants
from tenantsync.notifications import Event
from tenantsync.permissions import APPLICATION_PERMISSIONS
from tenantsync.runs.outcome import problem_of
from tenantsync.services import Services
from tenantsync.store.audit import SYSTEM
from tenantsync.store.tenants import ConsentState, ManagedTenant, TenantState
from tenantsync.tenant_state import SETTLED

_NOTICING: Final = frozenset({*SETTLED, TenantState.REVOKED})


def tell_lost(tenant_id: str) -> None:
    """Operations are told, once for each loss, whoever has noticed it."""
    logs.event("consent_lost", tenant_id=tenant_id)
    metrics.CONSENTS.note(1, outcome="consent_lost")


def remember_consent(msp_id: str, tenant_id: str, roles: frozenset[str], services: Services) -> None:
    """The token's roles count; delegated permissions stay as they were known when Microsoft does not show them."""
    grants = try_read_grants(services.graph_for(tenant_id), services.settings.client_id)
    delegated: dict[str, Any] = {"delegated_permissions": " ".join(sorted(grants.delegated))} if grants else {}
    services.tenants.change(
        msp_id,
        tenant_id,
        consent=ConsentState.GRANTED,
        consent_checked_at=to_rfc3339(services.clock.now()),
        app_permissions=" ".join(sorted(roles)),
        **delegated,
    )


def note_granted(msp_id: str, tenant_id: str, roles: frozenset[str], services: Services) -> None:
    """Remembers the consent; one that was lost is back, and a change of permissions is for the auditors."""
    before = services.tenants.read(msp_id, tenant_id)
    remember_consent(msp_id, tenant_id, roles, services)
    if before is None:
        return
    known = frozenset(before.app_permissions.split())
    taken_back = (known - roles) & APPLICATION_PERMISSIONS
    if taken_back and before.state in _NOTICING:
        _note_taken_back(before, services)
    elif before.state == TenantState.REVOKED or (before.state == TenantState.NEEDS_RECONSENT and roles > known):
        _note_as_the_run_left_it(before, services)
    if before.consent == ConsentState.REVOKED or known != roles:
        changes = {"added": sorted(roles - known), "removed": sorted(known - roles)}
        services.audit.record("consent_changed", msp_id=msp_id, tenant_id=tenant_id, actor=SYSTEM, detail=changes)


def _note_taken_back(tenant: ManagedTenant, services: Services) -> None:
    """A part of the consent is gone: shown, and told, before the next sync stumbles over it."""
    state, now = TenantState.NEEDS_RECONSENT, to_rfc3339(services.clock.now())
    noted = services.note_state(
        tenant.msp_id, tenant.tenant_id, state, when=lambda current: current.state == tenant.state
    )
    if noted and tenant.state != TenantState.REVOKED:  # that was told already
        services.notifier.announce(Event.CONSENT_LOST, noted, f"{tenant.connection_id}-{now[:10]}", now)


def _note_as_the_run_left_it(tenant: ManagedTenant, services: Services) -> None:
    connection = services.connections.read_latest(tenant.msp_id, tenant.tenant_id)
    run = services.runs.read(connection.run_id) if connection and connection.run_id else None
    if run is None:
        return
    why = problem_of(run, services.runs.read_resources(run.run_id))
    services.note_state(
        tenant.msp_id, tenant.tenant_id, run.state, when=lambda current: current.state == tenant.state, **why
    )
