"""Which directory roles a person has, for the sign-ins whose token does not show them."""

from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from tenantsync.errors import ConsentError, TenantSyncError
from tenantsync.graph.client import TenantGraph
from tenantsync.graph.paging import read_pages
from tenantsync.permissions import READS_DIRECTORY_ROLES

_UNKNOWN: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND})


def read_directory_roles(graph: TenantGraph, object_id: str) -> frozenset[str] | None:
    """Role template ids, the ones held through groups too; None when Graph does not know the person.

    Raises ConsentError `admin_role_unproven` when this tenant does not let us see roles, else as `graph.failures`.
    """
    if READS_DIRECTORY_ROLES not in graph.roles():
        raise ConsentError("admin_role_unproven", f"{READS_DIRECTORY_ROLES} was not granted")
    path = f"/users/{quote(object_id)}/transitiveMemberOf/microsoft.graph.directoryRole?$select=id,roleTemplateId"
    try:
        roles = [item for page in read_pages(graph, path) for item in page.objects]
    except TenantSyncError as failure:
        if failure.cause.status in _UNKNOWN:
            return None
        raise
    return frozenset(str(role["roleTemplateId"]) for role in roles if role.get("roleTemplateId"))
