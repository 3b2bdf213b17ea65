"""The use case: check everything that can be known, then make a consent link nobody can guess or reuse."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from connect.preflight import check_tenant
from connect.request import ConnectRequest
from connect.ticket import find_provider
from tenantsync import logs
from tenantsync.admin_links import begin_consent
from tenantsync.clock import to_rfc3339
from tenantsync.errors import RequestError
from tenantsync.identity.authority import Tenant
from tenantsync.identity.caller import Caller
from tenantsync.identity.registration import Check
from tenantsync.partner.describing import describe_access
from tenantsync.partner.noting import remember_access
from tenantsync.partner.offering import Offer, offer_relationship
from tenantsync.permissions import ASKED, PERMISSIONS
from tenantsync.services import Services
from tenantsync.store.callback_states import CallbackState
from tenantsync.store.connections import Connection
from tenantsync.store.relationships import OwnRelationship
from tenantsync.store.tenants import ManagedTenant
from tenantsync.ticket_texts import link_made
from tenantsync.tickets import Step, tell_ticket


def start_connection(
    request: ConnectRequest, caller: Caller, services: Services, connection_id: str = ""
) -> dict[str, Any]:
    """Stores the connection; gives the answer of the HTTP contract. Nothing is stored when it raises.

    Whoever may have to do it again gives the `connection_id`, so that it stays one connection.
    """
    now = services.clock.now()
    services.connect_rate.take(caller.msp_id, now)
    tenant, checks = check_tenant(request.tenant, request.cloud, caller, services)
    ticket_provider = find_provider(request.ticket, caller, services)
    relationship = _open_access(request, tenant, caller, services)
    customer_id = services.choose_customer(caller.msp_id, request.customer)
    connection = Connection(
        msp_id=caller.msp_id,
        connection_id=connection_id or str(uuid4()),
        tenant_id=tenant.tenant_id,
        tenant_domain=tenant.domain or "",
        cloud=tenant.cloud,
        customer_id=customer_id,
        created_at=to_rfc3339(now),
        updated_at=to_rfc3339(now),
        expires_at=to_rfc3339(now + timedelta(seconds=services.settings.consent_link_seconds)),
        created_by=caller.user_id,
        return_url=request.return_url,
        ticket_ref=request.ticket.reference,
        ticket_provider=ticket_provider,
        ticket_closes=request.ticket.closes,
        correlation_id=logs.correlation_id(),
    )
    state = _store(connection, caller, services)
    if relationship:
        remember_access(relationship, services)
    logs.event("connection_started", connection_id=connection.connection_id, tenant_id=tenant.tenant_id)
    described = _describe(connection, tenant, services.consent_link.build(tenant.tenant_id, state), checks)
    return {**described, "access": describe_access(relationship, services.settings) if relationship else None}


def _open_access(request: ConnectRequest, tenant: Tenant, caller: Caller, services: Services) -> OwnRelationship | None:
    """The GDAP relationship that was asked for, before anything else is stored: without it nothing is half-made."""
    if request.gdap is None:
        return None
    if tenant.tenant_id == caller.msp_id:
        raise RequestError("invalid_tenant", "Nobody is a partner of his own tenant.")
    if request.customer.customer_id:
        services.choose_customer(caller.msp_id, request.customer)
    offer = Offer(
        msp_id=caller.msp_id,
        tenant_id=tenant.tenant_id,
        customer_name=tenant.domain or request.customer.name or tenant.tenant_id,
        wish=request.gdap,
        asked_by=caller.user_id,
    )
    return offer_relationship(offer, services)


def _store(connection: Connection, caller: Caller, services: Services) -> str:
    errand = CallbackState(
        msp_id=connection.msp_id,
        connection_id=connection.connection_id,
        tenant_id=connection.tenant_id,
        expires_at=connection.expires_at,
    )
    state = begin_consent(errand, services)
    services.connections.create(connection)
    services.tenants.open(_managed(connection))
    tell_ticket(connection, Step.LINK_MADE, link_made(connection), services)
    services.audit_by(
        caller,
        "connection_started",
        connection.tenant_id,
        connectionId=connection.connection_id,
        customerId=connection.customer_id,
    )
    return state


def _managed(connection: Connection) -> ManagedTenant:
    return ManagedTenant(
        msp_id=connection.msp_id,
        tenant_id=connection.tenant_id,
        customer_id=connection.customer_id,
        connection_id=connection.connection_id,
        domain=connection.tenant_domain,
        cloud=connection.cloud,
        state=connection.state,
        asked_permissions=ASKED,
        created_at=connection.created_at,
        updated_at=connection.updated_at,
        expires_at=connection.expires_at,
    )


def _describe(connection: Connection, tenant: Tenant, auth_url: str, checks: list[Check]) -> dict[str, Any]:
    return {
        "connectionId": connection.connection_id,
        "tenantId": connection.tenant_id,
        "tenantDomain": tenant.domain,
        "cloud": connection.cloud,
        "customerId": connection.customer_id,
        "authUrl": auth_url,
        "expiresAt": connection.expires_at,
        "permissions": [permission.to_json() for permission in PERMISSIONS],
        "preflight": [check.to_json() for check in checks],
        "statusUrl": f"/api/msp-portal/tenants/{connection.tenant_id}/sync-status",
    }
