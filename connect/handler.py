"""The use case: check the input, find the tenant and the customer, make a consent link nobody can guess or reuse."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from tenantsync import logs
from tenantsync.clock import to_rfc3339
from tenantsync.errors import RequestError
from tenantsync.identity.authority import Tenant, is_guid, parse_tenant
from tenantsync.identity.caller import Caller
from tenantsync.identity.consent import hash_state, new_state
from tenantsync.outbound import origin_of
from tenantsync.permissions import PERMISSIONS
from tenantsync.services import Services
from tenantsync.settings import Settings
from tenantsync.store.callback_states import CallbackState, Leg
from tenantsync.store.connections import Connection
from tenantsync.store.customers import Customer
from tenantsync.store.runs import ACTIVE_RUN_STATES, RunState

LINK_LIFETIME: Final = timedelta(days=7)
"""Customers' administrators answer mails late; the link is single-use and void as soon as a newer one is made."""
_MAX_NAME: Final = 200
_MAX_TEXT: Final = 2000
_FIELDS: Final = frozenset({"customerId", "customer", "tenant", "access", "returnUrl", "ticketRef"})
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_RECONNECTABLE: Final = frozenset({RunState.FAILED, RunState.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectRequest:
    """A checked request: exactly one of `customer_id` and `customer_name` is set."""

    tenant: str
    customer_id: str = ""
    customer_name: str = ""
    return_url: str = ""
    ticket_ref: str = ""


def parse_connect_request(body: Mapping[str, Any], settings: Settings) -> ConnectRequest:
    """Raises RequestError that names the field and what it should be."""
    if unknown := sorted(set(body) - _FIELDS):
        raise RequestError("invalid_request", f"Unknown fields: {', '.join(unknown)[:_MAX_NAME]}.")
    _check_access(body.get("access"))
    customer_id, customer_name = _parse_customer(body)
    refused = frozenset({settings.home_tenant_id} - {""})
    return ConnectRequest(
        tenant=parse_tenant(_text(body, "tenant", code="invalid_tenant"), refused),
        customer_id=customer_id,
        customer_name=customer_name,
        return_url=_parse_return_url(_text(body, "returnUrl", optional=True), settings.portal_url),
        ticket_ref=_text(body, "ticketRef", optional=True),
    )


def start_connection(request: ConnectRequest, caller: Caller, services: Services) -> dict[str, Any]:
    """Stores the connection; gives the answer of the HTTP contract. Nothing is stored when it raises RequestError."""
    now = services.clock.now()
    services.connect_rate.take(caller.msp_id, now)
    tenant = services.authority.fetch_tenant(request.tenant)
    if tenant.tenant_id == services.settings.home_tenant_id:
        raise RequestError("invalid_tenant", "This is the operator's own tenant.")
    _refuse_connected(tenant.tenant_id, caller, services)
    customer = _find_customer(request, caller, services)
    connection = Connection(
        msp_id=caller.msp_id,
        connection_id=str(uuid4()),
        tenant_id=tenant.tenant_id,
        tenant_domain=tenant.domain or "",
        cloud=tenant.cloud,
        customer_id=customer.customer_id,
        created_at=to_rfc3339(now),
        updated_at=to_rfc3339(now),
        expires_at=to_rfc3339(now + LINK_LIFETIME),
        created_by=caller.user_id,
        return_url=request.return_url,
        ticket_ref=request.ticket_ref,
    )
    state = _store(connection, services)
    logs.event("connection_started", connection_id=connection.connection_id, tenant_id=tenant.tenant_id)
    return _describe(connection, tenant, services.consent_link.build(tenant.tenant_id, state))


def _store(connection: Connection, services: Services) -> str:
    state = new_state()
    bound = CallbackState(
        state_hash=hash_state(state),
        leg=Leg.CONSENT,
        msp_id=connection.msp_id,
        connection_id=connection.connection_id,
        tenant_id=connection.tenant_id,
        expires_at=connection.expires_at,
    )
    services.callback_states.create(bound)
    services.connections.create(connection)
    return state


def _describe(connection: Connection, tenant: Tenant, auth_url: str) -> dict[str, Any]:
    return {
        "connectionId": connection.connection_id,
        "tenantId": connection.tenant_id,
        "tenantDomain": tenant.domain,
        "cloud": connection.cloud,
        "customerId": connection.customer_id,
        "authUrl": auth_url,
        "expiresAt": connection.expires_at,
        "permissions": [permission.to_json() for permission in PERMISSIONS],
        "statusUrl": f"/api/msp-portal/tenants/{connection.tenant_id}/sync-status",
    }


def _refuse_connected(tenant_id: str, caller: Caller, services: Services) -> None:
    """One owner a tenant: refused when another MSP has it, or when this one has it in working order."""
    owner = services.owners.read(tenant_id)
    if owner and owner.msp_id != caller.msp_id:
        raise RequestError("tenant_already_connected", "Contact support.")
    latest = services.connections.read_latest(caller.msp_id, tenant_id)
    run = services.runs.read(latest.run_id) if latest and latest.run_id else None
    is_under_way = run is not None and run.state in ACTIVE_RUN_STATES
    is_working = owner is not None and (run is None or run.state not in _RECONNECTABLE)
    if is_under_way or is_working:
        customer_id = owner.customer_id if owner else latest.customer_id if latest else ""
        raise RequestError("tenant_already_connected", f"It belongs to your customer {customer_id}.")


def _find_customer(request: ConnectRequest, caller: Caller, services: Services) -> Customer:
    if request.customer_name:
        now = to_rfc3339(services.clock.now())
        return services.customers.find_or_create(caller.msp_id, request.customer_name, now)
    customer = services.customers.read(caller.msp_id, request.customer_id)
    if customer is None:
        raise RequestError("customer_not_found")
    return customer


def _parse_customer(body: Mapping[str, Any]) -> tuple[str, str]:
    customer = body.get("customer")
    if ("customerId" in body) == ("customer" in body):
        raise RequestError("invalid_request", "Give either `customerId` or `customer`.")
    if customer is None:
        customer_id = _text(body, "customerId").lower()
        if not is_guid(customer_id):
            raise RequestError("customer_not_found")
        return customer_id, ""
    if not isinstance(customer, dict) or set(customer) != {"name"}:
        raise RequestError("invalid_request", '`customer` must be {"name": "..."}.')
    name = " ".join(_text(customer, "name").split())
    if len(name) > _MAX_NAME:
        raise RequestError("invalid_request", f"`customer.name` may have {_MAX_NAME} characters.")
    return "", name


def _check_access(access: object) -> None:
    if access is None:
        return
    if not isinstance(access, dict) or access.get("model") not in ("direct", "gdap", "dap"):
        raise RequestError("invalid_request", "`access.model` must be direct, gdap or dap.")
    if access["model"] != "direct":
        raise RequestError("access_model_unsupported", f"`access.model` {access['model']} is not available yet.")


def _parse_return_url(url: str, portal_url: str) -> str:
    """A path of the portal or an address of its origin; anything a browser could read as another host is refused."""
    if url and not (_is_path(url) or _is_portal_address(url, portal_url)):
        raise RequestError("invalid_return_url", "`returnUrl` must be a path or an address of the portal.")
    return url


def _is_path(url: str) -> bool:
    return url.startswith("/") and not url.startswith("//") and "\\" not in url


def _is_portal_address(url: str, portal_url: str) -> bool:
    try:
        is_same_origin = origin_of(url) == origin_of(portal_url)
        return is_same_origin and "@" not in urlsplit(url).netloc and "\\" not in url
    except ValueError:
        return False


def _text(body: Mapping[str, Any], name: str, *, optional: bool = False, code: str = "invalid_request") -> str:
    value = body.get(name)
    if value is None and optional:
        return ""
    if not isinstance(value, str) or not value.strip() or len(value) > _MAX_TEXT or _CONTROL.search(value):
        raise RequestError(code, f"`{name}` must be text.")
    return value.strip()
