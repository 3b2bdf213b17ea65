"""What is remembered of a tenant's consent whenever it has been seen."""

from tenantsync.clock import to_rfc3339
from tenantsync.graph.grants import try_read_grants
from tenantsync.services import Services
from tenantsync.store.tenants import ConsentState


def remember_consent(msp_id: str, tenant_id: str, roles: frozenset[str], services: Services) -> None:
    """The token's roles count; delegated permissions stay as they were known when Microsoft does not show them."""
    grants = try_read_grants(services.graph_for(tenant_id), services.settings.client_id)
    delegated = {"delegated_permissions": " ".join(sorted(grants.delegated))} if grants else {}
    services.tenants.change(
        msp_id,
        tenant_id,
        consent=ConsentState.GRANTED,
        consent_checked_at=to_rfc3339(services.clock.now()),
        app_permissions=" ".join(sorted(roles)),
        **delegated,
    )
