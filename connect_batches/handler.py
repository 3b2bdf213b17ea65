"""The use cases: send a list of tenants, and see how far each of them is."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

import orjson

from connect_batches.request import BatchRequest, ListCustomers, parse_batch
from tenantsync.bodies import Body
from tenantsync.clock import to_rfc3339
from tenantsync.errors import ConflictError, RequestError
from tenantsync.identity.authority import is_guid
from tenantsync.identity.caller import Caller, Role
from tenantsync.invitations import invitation_url
from tenantsync.orchestrations import Starter
from tenantsync.paging import foreign_cursor, read_cursor, read_top, write_cursor
from tenantsync.problems import find_problem
from tenantsync.services import Services
from tenantsync.store.connect_batches import BatchItem, ConnectBatch, ItemState
from tenantsync.store.connections import Connection, ConnectionState
from tenantsync.store.suggestions import Candidate
from tenantsync.tenant_state import shown_state
from tenantsync.wire import CONNECT_BATCH, connect_batch_instance_id

_BY_KEY: Final = UUID("5b1d1a0e-6a5d-4a86-9f0a-0f0e5a6b7c11")
_REPLACED: Final = "replaced"
_SHOWN_BATCHES: Final = 50
_MOST_SHOWN: Final = 200
_LONGEST_POSITION: Final = 4


def send_batch(
    body: Body, key: str, caller: Caller, services: Services, starter: Starter, list_customers: ListCustomers
) -> dict[str, Any]:
    """Stores the list and begins with it; the same key and list again is the same batch."""
    if services.settings.state_signing_key is None:
        raise RequestError("invitations_unavailable")
    batch_id = str(uuid5(_BY_KEY, f"{caller.msp_id}/{key}")) if key else str(uuid4())
    request = parse_batch(body, caller.msp_id, services, list_customers)
    batch = services.connect_batches.read(caller.msp_id, batch_id) or _create(batch_id, request, caller, services)
    if batch.body_hash != request.digest:
        raise RequestError("idempotency_key_used")
    once = (f"{batch_id}-sent", batch.created_at)
    services.audit_by(caller, "batch_sent", once=once, batchId=batch_id, size=batch.size, dryRun=batch.is_dry_run)
    job = {"mspId": caller.msp_id, "batchId": batch_id}
    starter.start(CONNECT_BATCH, connect_batch_instance_id(batch_id), job)
    return _describe(batch, services.connect_batches.read_items(batch), services)


def list_batches(caller: Caller, services: Services) -> dict[str, Any]:
    """`{items}`: the caller's latest lists, the newest first."""
    batches = services.connect_batches.list_newest(caller.msp_id, _SHOWN_BATCHES)
    return {"items": [_describe_briefly(batch) for batch in batches]}


def show_batch(batch_id: str, params: Mapping[str, str], caller: Caller, services: Services) -> dict[str, Any]:
    """How the list stands, and a page of its items. Links are for those who may connect."""
    batch_id = batch_id.lower()
    batch = services.connect_batches.read(caller.msp_id, batch_id) if is_guid(batch_id) else None
    if batch is None:
        raise RequestError("batch_unknown")
    top, after = read_top(params, default=100, most=_MOST_SHOWN), _read_number(params)
    items = services.connect_batches.read_items(batch)
    page = items[after : after + top]
    shown = _Items(batch, page, services, may_connect=Role.CONNECT in caller.roles)
    return {
        **_describe(batch, items, services),
        "items": [shown.describe(item) for item in page],
        "nextCursor": write_cursor(str(after + top)) if after + top < len(items) else None,
    }


def _create(batch_id: str, request: BatchRequest, caller: Caller, services: Services) -> ConnectBatch:
    batch = ConnectBatch(
        msp_id=caller.msp_id,
        batch_id=batch_id,
        created_by=caller.user_id,
        created_at=to_rfc3339(services.clock.now()),
        body_hash=request.digest,
        size=len(request.items),
        source=request.source,
        is_dry_run=request.is_dry_run,
        items_key=str(uuid4()),
    )
    with suppress(ConflictError):  # the same request was faster
        services.connect_batches.create(batch, request.items)
        return batch
    return services.connect_batches.read(caller.msp_id, batch_id) or batch


def _describe_briefly(batch: ConnectBatch) -> dict[str, Any]:
    return {
        "batchId": batch.batch_id,
        "dryRun": batch.is_dry_run,
        "source": batch.source,
        "total": batch.size,
        "createdAt": batch.created_at,
        "statusUrl": f"/api/msp-portal/tenants/connect-batches/{batch.batch_id}",
    }


def _describe(batch: ConnectBatch, items: Sequence[BatchItem], services: Services) -> dict[str, Any]:
    states = _live_states(batch, items, services)
    is_running = any(item.state == ItemState.PENDING for item in items)
    return {
        **_describe_briefly(batch),
        "state": "running" if is_running else "completed",
        "counts": dict(Counter(str(states[item.number]) for item in items)),
    }


def _live_states(batch: ConnectBatch, items: Sequence[BatchItem], services: Services) -> dict[int, str]:
    """Each item's state: its own until it is linked, then the tenant's, as far as that is still about this link."""
    linked = {item.connection_id for item in items if item.state == ItemState.LINKED}
    now, found = services.clock.now(), {}
    for tenant in services.tenants.all_of(batch.msp_id) if linked else ():
        if tenant.connection_id in linked:
            found[tenant.connection_id] = shown_state(tenant, now)
    return {
        item.number: found.get(item.connection_id, _REPLACED) if item.state == ItemState.LINKED else item.state
        for item in items
    }


class _Items:
    """Items of one page, with what is read for all of them at once."""

    def __init__(
        self, batch: ConnectBatch, page: Sequence[BatchItem], services: Services, *, may_connect: bool
    ) -> None:
        self._states = _live_states(batch, page, services)
        self._settings = services.settings
        self._may_connect = may_connect
        connections = [item.connection_id for item in page if item.connection_id]
        self._connections = services.connections.read_many(batch.msp_id, connections)
        candidates = [Candidate.from_json(one) for item in page for one in orjson.loads(item.candidates)]
        ids = dict.fromkeys(
            [item.customer_id for item in page if item.customer_id] + [c.customer_id for c in candidates]
        )
        customers = services.customers.read_many(batch.msp_id, [*ids])
        self._names = {customer.customer_id: customer.name for customer in customers}

    def describe(self, item: BatchItem) -> dict[str, Any]:
        """One item as the API shows it."""
        asked, state = orjson.loads(item.body), self._states[item.number]
        connection = self._connections.get(item.connection_id)
        return {
            "number": item.number,
            "tenant": asked["tenant"] if isinstance(asked["tenant"], str) else "",
            "name": item.name or None,
            "state": state,
            "tenantId": item.tenant_id or None,
            "customerId": item.customer_id or None,
            "customerName": self._names.get(item.customer_id) or _asked_name(asked),
            "connectionId": item.connection_id or None,
            "invitationUrl": self._invitation(connection, state),
            "expiresAt": connection.expires_at if connection else None,
            "problem": _problem(item, connection),
            "candidates": [
                {**one, "name": self._names[one["customerId"]]}
                for one in orjson.loads(item.candidates)
                if one["customerId"] in self._names
            ],
        }

    def _invitation(self, connection: Connection | None, state: str) -> str | None:
        is_open = connection is not None and state == ConnectionState.AWAITING_CONSENT
        return invitation_url(connection, self._settings) if connection and is_open and self._may_connect else None


def _asked_name(asked: Mapping[str, Any]) -> str | None:
    customer = asked.get("customer")
    name = customer.get("name") if isinstance(customer, Mapping) else None
    return name if isinstance(name, str) else None


def _problem(item: BatchItem, connection: Connection | None) -> dict[str, str] | None:
    if item.problem_code:
        return find_problem(item.problem_code, item.problem_message).to_json()
    if connection and connection.problem_code:
        code, message = connection.problem_code, connection.problem_message
        return find_problem(code, message, connection.problem_microsoft_code).to_json()
    return None


def _read_number(params: Mapping[str, str]) -> int:
    position = read_cursor(params) or "0"
    if not (position.isascii() and position.isdigit() and len(position) <= _LONGEST_POSITION):
        raise foreign_cursor()
    return int(position)
