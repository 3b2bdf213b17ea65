"""Which ways to a tenant are open, as far as that is known beforehand: Microsoft is asked for a token at most."""

from typing import Any, Final

from tenantsync.errors import ConsentError, TenantSyncError
from tenantsync.partner.access import DIRECT, GDAP
from tenantsync.services import Services
from tenantsync.store.relationships import USABLE, OwnRelationship

_MANAGES: Final = "DelegatedAdminRelationship.ReadWrite.All"


def foresee_access(msp_id: str, tenant_id: str, services: Services) -> dict[str, Any]:
    """`{recommended, gdapReady, legacy, relationship}`.

    `gdapReady` is whether GDAP can be asked for: None when Microsoft did not say. `legacy` is DAP that was seen while
    there is no active GDAP. `relationship` is the one this service has made that is active, else on its way.
    """
    own = _find_relationship(msp_id, tenant_id, services)
    known = services.tenants.read(msp_id, tenant_id)
    is_ready = tenant_id != msp_id and _may_manage(msp_id, services)
    return {
        "recommended": GDAP if is_ready else DIRECT,
        "gdapReady": is_ready,
        "legacy": bool(known and known.has_dap) and not (own and own.status in USABLE),
        "relationship": {"status": own.status, "expiresAt": own.expires_at or None} if own else None,
    }


def _find_relationship(msp_id: str, tenant_id: str, services: Services) -> OwnRelationship | None:
    current = [item for item in services.relationships.list_of_tenant(msp_id, tenant_id) if not item.is_over]
    return min(current, key=lambda item: item.status not in USABLE, default=None)


def _may_manage(msp_id: str, services: Services) -> bool | None:
    """Whether the MSP has granted the permission in its own tenant; a token from before the grant does not count."""
    try:
        return any(_MANAGES in services.tokens.fetch_app_token(msp_id, fresh=fresh).roles for fresh in (False, True))
    except ConsentError:
        return False
    except TenantSyncError:
        return None
