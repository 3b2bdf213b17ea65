"""Which directory roles a person has, for the sign-ins whose token does not show them."""

from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from tenantsync.errors import ConsentError, ConsentPendingError, TenantSyncError
from tenantsync.graph.client import EVENTUAL, TenantGraph
from tenantsync.graph.paging import read_pages
from tenantsync.permissions import READS_DIRECTORY_ROLES

_ABSENT: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND})
_ROLES_PATH: Final = "/directoryRoles?$select=id"


def read_directory_roles(graph: TenantGraph, object_id: str) -> frozenset[str] | None:
    """Role template ids, the ones held through groups too; None where this Graph does not offer roles at all.

    Raises ConsentError `admin_role_unproven` when the tenant does not let us see roles, ConsentPendingError when it
    does not know the person (an account of another tenant, or a new one on its way to all replicas), else as
    `graph.failures`.
    """
    if READS_DIRECTORY_ROLES not in graph.roles():
        raise ConsentError("admin_role_unproven", f"{READS_DIRECTORY_ROLES} was not granted")
    held = f"/users/{quote(object_id)}/transitiveMemberOf/microsoft.graph.directoryRole"
    path = f"{held}?$count=true&$select=id,roleTemplateId"  # a cast counts as an advanced query
    try:
        roles = [item for page in read_pages(graph, path, EVENTUAL) for item in page.objects]
    except TenantSyncError as failure:
        if failure.cause.status not in _ABSENT:
            raise
        if not _offers_roles(graph):
            return None
        raise ConsentPendingError("admin_role_unproven", "the tenant does not know this person") from failure
    return frozenset(str(role["roleTemplateId"]) for role in roles if role.get("roleTemplateId"))


def _offers_roles(graph: TenantGraph) -> bool:
    try:
        graph.fetch_json(_ROLES_PATH)
    except TenantSyncError as failure:
        if failure.cause.status in _ABSENT:
            return False
        raise
    return True
