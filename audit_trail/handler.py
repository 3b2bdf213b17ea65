"""The use case: read the audit trail of one's own MSP, or, for the operator's people, of another."""

from collections.abc import Mapping
from typing import Any

import orjson

from tenantsync.errors import RequestError
from tenantsync.identity.authority import is_guid
from tenantsync.identity.caller import Caller
from tenantsync.paging import read_cursor, read_top, write_cursor
from tenantsync.services import Services
from tenantsync.store.audit import AuditEntry


def read_audit(params: Mapping[str, str], caller: Caller, services: Services) -> dict[str, Any]:
    """`{items, nextCursor}`, the newest first; filter `tenantId`, and `mspId` for the operator's people."""
    msp_id = _guid(params, "mspId") or caller.msp_id
    if not caller.reaches(msp_id):
        raise RequestError("not_found")
    top, after = read_top(params, default=50, most=200), read_cursor(params)
    entries, position = services.audit.read_page(msp_id, _guid(params, "tenantId"), top, after)
    return {
        "items": [_describe(entry) for entry in entries],
        "nextCursor": write_cursor(position) if position else None,
    }


def _guid(params: Mapping[str, str], name: str) -> str:
    value = (params.get(name) or "").lower()
    if value and not is_guid(value):
        raise RequestError("invalid_request", f"`{name}` must be a GUID.")
    return value


def _describe(entry: AuditEntry) -> dict[str, Any]:
    return {
        "id": entry.entry_id,
        "at": entry.at,
        "action": entry.action,
        "tenantId": entry.tenant_id or None,
        "actor": entry.actor,
        "actorMspTenantId": entry.actor_msp_id,
        "correlationId": entry.correlation_id or None,
        "detail": orjson.loads(entry.detail),
    }
