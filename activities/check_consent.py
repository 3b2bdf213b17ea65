"""The daily look at consent: is it still there, and is something missing that was not before?"""

from typing import Any, Final

from activities.consent import remember_consent
from tenantsync.clock import to_rfc3339
from tenantsync.errors import ConfigurationError, ConsentError, ContractError, TenantSyncError, TransientError
from tenantsync.notifications import Event
from tenantsync.services import Services
from tenantsync.store.audit import SYSTEM
from tenantsync.store.runs import ACTIVE_RUN_STATES
from tenantsync.store.tenants import ConsentState, ManagedTenant, TenantState

_AT_ONCE: Final = 20
_GONE: Final = frozenset({TenantState.DISCONNECTED, TenantState.DISCONNECTING})


def list_tenants(cursor: str, services: Services) -> dict[str, Any]:
    """`{"tenants": [{"mspId", "tenantId"}], "cursor"}`: the next few tenants of all MSPs; no cursor at the end."""
    msp_id, _, after = cursor.partition(" ")
    tenants = services.tenants.list_page(msp_id, after, _AT_ONCE) if msp_id else []
    if len(tenants) < _AT_ONCE:
        following = services.tenants.list_msps(msp_id, 1)
        next_cursor = f"{following[0]} " if following else ""
    else:
        next_cursor = f"{msp_id} {tenants[-1].tenant_id}"
    watched = [tenant for tenant in tenants if tenant.consent != ConsentState.PENDING and tenant.state not in _GONE]
    return {
        "tenants": [{"mspId": tenant.msp_id, "tenantId": tenant.tenant_id} for tenant in watched],
        "cursor": next_cursor,
    }


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
        return _lost(tenant, failure, services)
    except (TransientError, ConfigurationError, ContractError):
        return {"consent": "unknown"}
    return _granted(tenant, roles, services)


def _granted(tenant: ManagedTenant, roles: frozenset[str], services: Services) -> dict[str, Any]:
    remember_consent(tenant.msp_id, tenant.tenant_id, roles, services)
    if tenant.state == TenantState.REVOKED:
        services.note_state(tenant.msp_id, tenant.tenant_id, _state_of_run(tenant, services))
    before = frozenset(tenant.app_permissions.split())
    if tenant.consent == ConsentState.REVOKED or before != roles:
        _audit("consent_changed", tenant, services, added=sorted(roles - before), removed=sorted(before - roles))
    return {"consent": ConsentState.GRANTED.value}


def _state_of_run(tenant: ManagedTenant, services: Services) -> str:
    connection = services.connections.read_latest(tenant.msp_id, tenant.tenant_id)
    run = services.runs.read(connection.run_id) if connection and connection.run_id else None
    return run.state if run else tenant.state


def _lost(tenant: ManagedTenant, failure: TenantSyncError, services: Services) -> dict[str, Any]:
    now = to_rfc3339(services.clock.now())
    is_new = tenant.consent != ConsentState.REVOKED
    state = tenant.state if tenant.state in ACTIVE_RUN_STATES else TenantState.REVOKED.value
    changed = services.tenants.change(
        tenant.msp_id, tenant.tenant_id, consent=ConsentState.REVOKED, consent_checked_at=now, state=state
    )
    if is_new and changed:
        _audit("consent_lost", tenant, services, microsoftCode=failure.cause.provider_code)
        services.notifier.announce(Event.CONSENT_LOST, changed, f"{tenant.connection_id}-{now[:10]}", now)
    return {"consent": ConsentState.REVOKED.value}


def _audit(action: str, tenant: ManagedTenant, services: Services, **detail: object) -> None:
    services.audit.record(action, msp_id=tenant.msp_id, tenant_id=tenant.tenant_id, actor=SYSTEM, detail=detail)
