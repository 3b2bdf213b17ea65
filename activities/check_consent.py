"""The daily look at consent: is it still there, and is something missing that was not before?"""

from typing import Any, Final

from activities.consent_record import is_gone, note_granted
from tenantsync.clock import to_rfc3339
from tenantsync.errors import ConfigurationError, ConsentError, ContractError, TenantSyncError, TransientError
from tenantsync.notifications import Event
from tenantsync.services import Services
from tenantsync.store.audit import SYSTEM
from tenantsync.store.connections import ConnectionState
from tenantsync.store.runs import ACTIVE_RUN_STATES
from tenantsync.store.tenants import ConsentState, ManagedTenant, TenantState

_AT_ONCE: Final = 20
_BUSY: Final = frozenset({*ACTIVE_RUN_STATES, ConnectionState.AWAITING_CONSENT})
"""Something is being done about it already; its outcome is the better word."""
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
    state = tenant.state if tenant.state in _BUSY else TenantState.REVOKED.value
    changed = services.tenants.change(
        tenant.msp_id, tenant.tenant_id, consent=ConsentState.REVOKED, consent_checked_at=now, state=state
    )
    if is_new and changed:
        _audit("consent_lost", tenant, services, microsoftCode=failure.cause.provider_code)
        services.notifier.announce(Event.CONSENT_LOST, changed, f"{tenant.connection_id}-{now[:10]}", now)
    return {"consent": ConsentState.REVOKED.value}


def _audit(action: str, tenant: ManagedTenant, services: Services, **detail: object) -> None:
    services.audit.record(action, msp_id=tenant.msp_id, tenant_id=tenant.tenant_id, actor=SYSTEM, detail=detail)
