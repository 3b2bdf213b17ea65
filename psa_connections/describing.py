"""How the API shows a connection and the sync of its companies. Nothing here knows a secret."""

from collections.abc import Mapping
from typing import Any

import orjson

from tenantsync.problems import find_problem
from tenantsync.psa.port import PsaKind
from tenantsync.services import Services
from tenantsync.store.psa_connections import CompanySync, PsaConnection, SyncState


def describe_kind(kind: PsaKind) -> dict[str, Any]:
    """A PSA that could be connected."""
    fields = [
        {"name": item.name, "title": item.title, "isSecret": item.is_secret, "isRequired": item.is_required}
        for item in kind.fields
    ]
    return {"provider": kind.provider.value, "title": kind.title, "isConnected": False, "fields": fields}


def describe_psa(connection: PsaConnection, kind: PsaKind, services: Services) -> dict[str, Any]:
    """A PSA that is connected."""
    chosen = connection.customer_types.split()
    stored = services.company_syncs.read(connection.msp_id, connection.provider)
    return {
        **describe_kind(kind),
        "isConnected": True,
        "values": orjson.loads(connection.values),
        "account": {
            "name": connection.account_name or None,
            "version": connection.account_version or None,
            "facts": orjson.loads(connection.facts),
        },
        "customerTypes": chosen,
        "types": [
            {**item, "isCustomer": item["id"] in chosen if chosen else item["isCustomer"]}
            for item in orjson.loads(connection.types)
        ],
        "connectedAt": connection.connected_at,
        "updatedAt": connection.updated_at,
        "updatedBy": connection.updated_by,
        "sync": describe_sync(stored.sync) if stored else None,
    }


def describe_sync(sync: CompanySync) -> dict[str, Any]:
    """The latest sync of companies; `result` while it runs is what it has done so far."""
    is_running = sync.state == SyncState.RUNNING
    return {
        "runId": sync.run_id,
        "kind": "full" if sync.is_full else "incremental",
        "state": sync.state,
        "processed": sync.received,
        "expected": sync.expected,
        "pages": sync.pages,
        "startedAt": sync.started_at,
        "updatedAt": sync.updated_at,
        "finishedAt": sync.finished_at or None,
        "waiting": _waiting(sync) if is_running else None,
        "problem": _problem(sync),
        "result": _result(sync),
        "lastFullAt": sync.full_at or None,
    }


def _waiting(sync: CompanySync) -> dict[str, str] | None:
    return {"reason": sync.waiting_reason, "until": sync.waiting_until} if sync.waiting_reason else None


def _problem(sync: CompanySync) -> dict[str, str] | None:
    return find_problem(sync.problem_code, sync.problem_message).to_json() if sync.problem_code else None


def _result(sync: CompanySync) -> dict[str, Any]:
    placed: Mapping[str, int] = orjson.loads(sync.placed)
    return {
        "created": sync.created,
        "changed": sync.changed,
        "unchanged": sync.unchanged,
        "deactivated": sync.deactivated,
        "leaving": sync.leaving,
        "duplicates": sync.duplicates,
        "unusable": sync.unusable,
        "requests": sync.requests,
        "placed": placed,
    }
