"""The use cases: which PSAs are connected, connecting and disconnecting one."""

from typing import Any, Final
from uuid import uuid4

import orjson

from psa_connections.describing import describe_kind, describe_psa
from psa_connections.draft import Checked, Draft, check_draft, draft_connection
from tenantsync.bodies import Body
from tenantsync.clock import to_rfc3339
from tenantsync.companies.mirror import Mirror
from tenantsync.identity.caller import Caller
from tenantsync.matching.parting import is_other_account, part_from_companies
from tenantsync.psa.port import CompanyType
from tenantsync.psa_access import find_kind, find_psa
from tenantsync.services import Services
from tenantsync.settings import Secret
from tenantsync.store.psa_connections import PsaConnection

_MOST_TYPES: Final = 200
_LONGEST_LABEL: Final = 80
"""So that all of them fit into one property of a row."""


def list_psas(caller: Caller, services: Services) -> dict[str, Any]:
    """Every kind of PSA with what a connection needs, and the connection if there is one."""
    connected = {item.provider: item for item in services.psa_connections.list_of(caller.msp_id)}
    kinds = services.psa_kinds.values()
    return {
        "items": [
            describe_psa(connected[kind.provider], kind, services)
            if kind.provider in connected
            else describe_kind(kind)
            for kind in kinds
        ]
    }


def show_psa(provider: str, caller: Caller, services: Services) -> dict[str, Any]:
    """The connection; raises RequestError `psa_not_connected`."""
    connection = find_psa(caller.msp_id, provider, services)
    return describe_psa(connection, find_kind(provider, services), services)


def connect_psa(provider: str, body: Body, caller: Caller, services: Services) -> dict[str, Any]:
    """Asks the PSA first; what was stored before stays when it refuses."""
    kind = find_kind(provider, services)
    services.connect_rate.take(caller.msp_id, services.clock.now())
    services.vault.check()
    known = services.psa_connections.read(caller.msp_id, provider)
    draft = draft_connection(kind, body, known, services)
    checked = check_draft(draft, caller.msp_id, services)
    if known is None and is_other_account(caller.msp_id, provider, checked.first_page.companies, services):
        part_from_companies(caller.msp_id, provider, services)
        services.audit_by(caller, "psa_companies_parted", provider=provider)
    connection = _store(draft, checked, caller, services)
    services.audit_by(
        caller,
        "psa_changed" if known else "psa_connected",
        provider=provider,
        credentials="kept" if draft.keeps_secrets else "new",
        customerTypes=len(draft.customer_types.split()),
    )
    found = {"received": checked.first_page.received, "expected": checked.first_page.expected}
    return {**describe_psa(connection, kind, services), "firstPage": found}


def disconnect_psa(provider: str, caller: Caller, services: Services) -> None:
    """Forgets credentials and mirrored companies; the customers stay. Repeating it is harmless.

    The connection goes last, so that what a crash has interrupted can be repeated.
    """
    find_kind(provider, services)
    connection = services.psa_connections.read(caller.msp_id, provider)
    if connection is None:
        return
    services.vault.delete(connection.secret_name)
    stored = services.company_syncs.read(connection.msp_id, provider)
    services.company_syncs.remove(connection.msp_id, provider)
    if stored:
        services.scratch_for(stored.sync.run_id, connection.mirror_id).clear()
    Mirror(services.tables, connection.mirror_id).clear()
    services.psa_connections.remove(connection)
    services.audit_by(caller, "psa_disconnected", provider=provider)


def _store(draft: Draft, checked: Checked, caller: Caller, services: Services) -> PsaConnection:
    """The new secret, then the connection that names it, then the old secret goes: nothing in between is half."""
    known, version, now = draft.known, str(uuid4()), to_rfc3339(services.clock.now())
    kept = known.secret_name if known and draft.keeps_secrets else ""
    provider = draft.kind.provider.value
    connection = PsaConnection(
        msp_id=caller.msp_id,
        provider=provider,
        mirror_id=known.mirror_id if known else str(uuid4()),
        version=version,
        values=orjson.dumps(draft.values).decode(),
        secret_name=kept or f"psa-{caller.msp_id}-{provider}-{version}",
        customer_types=draft.customer_types,
        account_name=checked.account.name,
        account_version=checked.account.version,
        types=orjson.dumps([_type_of(item) for item in checked.account.types[:_MOST_TYPES]]).decode(),
        facts=orjson.dumps(dict(checked.account.facts)).decode(),
        connected_at=known.connected_at if known else now,
        updated_at=now,
        updated_by=caller.user_id,
    )
    if not kept:
        services.vault.put(connection.secret_name, Secret(orjson.dumps(draft.secrets).decode()))
    services.psa_connections.put(connection)
    if known and known.secret_name != connection.secret_name:
        services.vault.delete(known.secret_name)
    return connection


def _type_of(item: CompanyType) -> dict[str, Any]:
    return {"id": item.type_id, "label": item.label[:_LONGEST_LABEL], "isCustomer": item.is_customer}
