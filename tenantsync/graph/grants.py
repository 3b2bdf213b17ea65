"""What a tenant has granted to an app, read from the app's service principal there; never from the registration."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tenantsync.errors import TenantSyncError
from tenantsync.graph.client import TenantGraph
from tenantsync.graph.paging import read_pages
from tenantsync.operations import ROLE_NAMES

_NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True)
class AppGrants:
    """Permission names; an application permission this product does not know appears as Microsoft's id.

    `delegated` holds what was granted for everybody in the tenant, `personal` what was granted for single people.
    """

    application: frozenset[str] = frozenset()
    delegated: frozenset[str] = frozenset()
    personal: frozenset[str] = frozenset()


def read_grants(graph: TenantGraph, client_id: str) -> AppGrants:
    """Raises the failures of `graph.failures`; an app unknown to the tenant has no grants."""
    try:
        principal = graph.fetch_json(f"/servicePrincipals(appId='{client_id}')?$select=id")
    except TenantSyncError as failure:
        if failure.cause.status == _NOT_FOUND:
            return AppGrants()
        raise
    path = f"/servicePrincipals/{principal['id']}"
    roles = [item for page in read_pages(graph, f"{path}/appRoleAssignments") for item in page.objects]
    scopes = [item for page in read_pages(graph, f"{path}/oauth2PermissionGrants") for item in page.objects]
    return AppGrants(
        frozenset(ROLE_NAMES.get(str(role.get("appRoleId")), str(role.get("appRoleId"))) for role in roles),
        _names(scope for scope in scopes if scope.get("consentType") == "AllPrincipals"),
        _names(scope for scope in scopes if scope.get("consentType") != "AllPrincipals"),
    )


def _names(grants: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(name for grant in grants for name in str(grant.get("scope", "")).split())


def try_read_grants(graph: TenantGraph, client_id: str) -> AppGrants | None:
    """None when they cannot be read: that is "unknown", neither "granted" nor "missing"."""
    try:
        return read_grants(graph, client_id)
    except (TenantSyncError, KeyError):
        return None
