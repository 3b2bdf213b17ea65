"""What can be known before the administrator is sent to Microsoft. What would fail for certain is a problem."""

from typing import Final

from tenantsync.errors import RequestError
from tenantsync.identity.authority import Elsewhere, Tenant, cloud_family, name_cloud
from tenantsync.identity.caller import Caller
from tenantsync.identity.registration import Check, CheckState
from tenantsync.services import Services
from tenantsync.settings import GLOBAL_LOGIN
from tenantsync.store.connections import Connection
from tenantsync.store.owners import TenantOwner
from tenantsync.store.runs import ACTIVE_RUN_STATES, RunState
from tenantsync.store.tenants import ConsentState, ManagedTenant, TenantState

_RECONNECTABLE: Final = frozenset({RunState.FAILED, RunState.CANCELLED})


def check_tenant(name: str, cloud: str, caller: Caller, services: Services) -> tuple[Tenant, list[Check]]:
    """The tenant of a checked name, and what was checked. Raises RequestError or ConfigurationError.

    `cloud` is empty unless the technician chose one.
    """
    tenant, is_in_our_cloud = _find_tenant(name, cloud, services)
    if tenant.tenant_id == services.settings.home_tenant_id:
        raise RequestError("invalid_tenant", "This is the operator's own tenant.")
    is_free = _refuse_connected(tenant.tenant_id, caller, services)
    return tenant, [is_in_our_cloud, is_free, *services.registration.check()]


def _find_tenant(name: str, cloud: str, services: Services) -> tuple[Tenant, Check]:
    """The tenant in our own cloud, and how sure that is. Raises RequestError for another cloud, or for two."""
    elsewhere = services.authority.find_elsewhere(name)
    try:
        tenant = services.authority.fetch_tenant(name)
    except RequestError as error:
        if elsewhere.tenants:
            raise _in_other_cloud(elsewhere.tenants[0].cloud) from error
        raise
    if services.settings.login_endpoint == GLOBAL_LOGIN and cloud_family(tenant.cloud) not in ("global", "unknown"):
        raise _in_other_cloud(tenant.cloud)
    _refuse_ambiguous(cloud, tenant, elsewhere)
    return tenant, _describe(elsewhere)


def _refuse_ambiguous(chosen: str, tenant: Tenant, elsewhere: Elsewhere) -> None:
    own = cloud_family(tenant.cloud)
    others = [other for other in elsewhere.tenants if cloud_family(other.cloud) != own]
    if not others or (chosen and cloud_family(chosen) == own):
        return
    if chosen:
        raise _in_other_cloud(chosen)
    choices = [{"tenantId": found.tenant_id, "cloud": found.cloud} for found in (tenant, *others)]
    clouds = " and ".join(name_cloud(choice["cloud"]) for choice in choices)
    raise RequestError("tenant_in_two_clouds", f"It exists in {clouds}.", members={"choices": choices})


def _in_other_cloud(cloud: str) -> RequestError:
    return RequestError("tenant_in_other_cloud", f"It is in {name_cloud(cloud)}.", members={"cloud": cloud})


def _describe(elsewhere: Elsewhere) -> Check:
    if not elsewhere.asked:
        return Check("cloud", CheckState.SKIPPED, "No other cloud is configured to be asked.")
    if elsewhere.silent:
        return Check("cloud", CheckState.SKIPPED, f"Not all clouds answered: {', '.join(elsewhere.silent)}.")
    return Check("cloud", CheckState.PASSED)


def _refuse_connected(tenant_id: str, caller: Caller, services: Services) -> Check:
    """One owner a tenant: refused when another MSP has it, or when this one has it in working order."""
    owner = services.owners.read(tenant_id)
    if owner and owner.msp_id != caller.msp_id:
        raise RequestError("tenant_already_connected", "Contact support.", members={"nextAction": "Contact support."})
    known = services.tenants.read(caller.msp_id, tenant_id)
    if known and known.state == TenantState.DISCONNECTING:
        raise RequestError("tenant_disconnecting")
    latest = services.connections.read_latest(caller.msp_id, tenant_id)
    if _is_under_way(latest, services) or (owner and _is_working(owner, known, services)):
        customer_id = owner.customer_id if owner else latest.customer_id if latest else ""
        raise _already_connected(tenant_id, customer_id, caller, services)
    return Check("not_connected", CheckState.PASSED)


def _is_under_way(connection: Connection | None, services: Services) -> bool:
    run = services.runs.read(connection.run_id) if connection and connection.run_id else None
    return run is not None and run.state in ACTIVE_RUN_STATES


def _is_working(owner: TenantOwner, known: ManagedTenant | None, services: Services) -> bool:
    """Of the connection that owns the tenant, whatever became of later attempts to connect it anew."""
    if known and known.consent == ConsentState.REVOKED:
        return False
    connection = services.connections.read(owner.msp_id, owner.connection_id)
    run = services.runs.read(connection.run_id) if connection else None
    return run is None or run.kind != "initial" or run.state not in _RECONNECTABLE


def _already_connected(tenant_id: str, customer_id: str, caller: Caller, services: Services) -> RequestError:
    customer = services.customers.read(caller.msp_id, customer_id)
    name = customer.name if customer else ""
    return RequestError(
        "tenant_already_connected",
        f"It belongs to your customer {name} ({customer_id})."
        if name
        else f"It belongs to your customer {customer_id}.",
        members={"tenantId": tenant_id, "customerId": customer_id, "customerName": name or None},
    )
