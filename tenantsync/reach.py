"""What a caller may touch: turns a tenant id of a URL into rows. What is out of reach looks as if it were not there."""

from tenantsync.errors import RequestError
from tenantsync.identity.authority import is_guid
from tenantsync.identity.caller import Caller
from tenantsync.services import Services
from tenantsync.store.connections import Connection
from tenantsync.store.owners import TenantOwner
from tenantsync.store.tenants import ManagedTenant


def find_owner(tenant_id: str, caller: Caller, services: Services) -> TenantOwner:
    """The owner of a tenant whose data the caller may read or change; raises RequestError `tenant_unknown`."""
    tenant_id = tenant_id.lower()
    owner = services.owners.read(tenant_id) if is_guid(tenant_id) else None
    if owner is None or not caller.reaches(owner.msp_id):
        raise RequestError("tenant_unknown")
    return owner


def find_tenant(tenant_id: str, caller: Caller, services: Services) -> ManagedTenant:
    """The caller's own row of a tenant, connected or not; for the operator's people the owner's."""
    tenant_id = tenant_id.lower()
    if not is_guid(tenant_id):
        raise RequestError("tenant_unknown")
    msp_id = _msp_of(tenant_id, caller, services)
    found = services.tenants.read(msp_id, tenant_id) if msp_id else None
    if found is None:
        raise RequestError("tenant_unknown")
    return found


def find_connection(tenant_id: str, caller: Caller, services: Services) -> Connection:
    """The latest connection of the row `find_tenant` would give."""
    tenant_id = tenant_id.lower()
    msp_id = _msp_of(tenant_id, caller, services) if is_guid(tenant_id) else ""
    found = services.connections.read_latest(msp_id, tenant_id) if msp_id else None
    if found is None:
        raise RequestError("tenant_unknown")
    return found


def _msp_of(tenant_id: str, caller: Caller, services: Services) -> str:
    if not caller.is_operator or services.connections.read_latest(caller.msp_id, tenant_id):
        return caller.msp_id
    owner = services.owners.read(tenant_id)
    return owner.msp_id if owner and caller.reaches(owner.msp_id) else ""
