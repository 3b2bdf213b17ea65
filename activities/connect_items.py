"""Works on a list of tenants: each is checked and, unless it is a dry run, connected. One never stops the others."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any, Final
from uuid import UUID, uuid5

import orjson

from connect.handler import start_connection
from connect.preflight import check_tenant
from connect.request import ConnectRequest, parse_connect_request
from tenantsync import logs
from tenantsync.bodies import MAX_NAME
from tenantsync.errors import RequestError, TenantSyncError, ThrottledError, TransientError
from tenantsync.identity.authority import Tenant, parse_tenant
from tenantsync.identity.caller import Caller, Role
from tenantsync.matching.names import business_name
from tenantsync.matching.tenants import TenantMatcher
from tenantsync.services import Services
from tenantsync.store.connect_batches import BatchItem, ConnectBatch, ItemState
from tenantsync.store.connections import Connection
from tenantsync.store.suggestions import Candidate
from tenantsync.ticket_texts import link_made
from tenantsync.tickets import Step, tell_ticket

_AT_ONCE: Final = 10
_LONGEST: Final = timedelta(seconds=30)
"""Each item asks Microsoft a few things, which takes a moment, or minutes on a bad day: then fewer go at once."""
_SHARE: Final = 2
"""Lists take half of what an MSP may connect a minute: people go on working."""
_TRIES: Final = 8
_TRY_AGAIN_SECONDS: Final = 60
_MOST_CANDIDATES: Final = 3
_DONE: Final = frozenset({ItemState.READY, ItemState.LINKED})


def connect_items(msp_id: str, batch_id: str, services: Services) -> dict[str, Any]:
    """One slice: `{"ended": true}`, or `{"ended": false, "delaySeconds"}`."""
    batch = services.connect_batches.read(msp_id, batch_id)
    if batch is None:
        return {"ended": True}
    return _Slice(batch, services).work()


class _Slice:
    """The next few items of a list."""

    def __init__(self, batch: ConnectBatch, services: Services) -> None:
        self._batch = batch
        self._services = services
        self._caller = Caller(batch.msp_id, batch.created_by, frozenset({Role.CONNECT}))
        self._items = services.connect_batches.read_items(batch)
        self._is_delayed = False

    def work(self) -> dict[str, Any]:
        waiting = [item for item in self._items if item.state == ItemState.PENDING]
        waiting.sort(key=lambda item: (item.attempts, item.number))  # one that makes trouble gets behind the others
        deadline, done = self._services.clock.now() + _LONGEST, 0
        for item in waiting[:_AT_ONCE]:
            if done and self._services.clock.now() >= deadline:
                break
            if wait := self._try(item):
                return {"ended": False, "delaySeconds": wait}
            done += 1
        is_left = done < len(waiting) or self._is_delayed
        return {"ended": False, "delaySeconds": self._pause()} if is_left else {"ended": True}

    def _pause(self) -> float:
        if self._is_delayed:
            return _TRY_AGAIN_SECONDS
        rate = self._services.settings.connect_rate_per_minute / _SHARE
        return 0 if self._batch.is_dry_run else round(_AT_ONCE * 60 / rate, 1)

    def _try(self, item: BatchItem) -> float:
        """Seconds to wait before anything else is tried. The attempt is counted first: it may be this worker's last."""
        if item.attempts >= _TRIES:
            self._fail(item, RequestError(item.problem_code or "internal_error", item.problem_message))
            return 0
        self._note(item, attempts=item.attempts + 1)
        try:
            self._do(item)
        except (TransientError, ThrottledError) as failure:
            self._note(item, problem_code=failure.code, problem_message=failure.detail)
            self._is_delayed = True
        except TenantSyncError as failure:
            if isinstance(failure, RequestError) and failure.code == "rate_limited":
                self._note(item, attempts=item.attempts)
                return float(failure.headers["Retry-After"])
            self._fail(item, failure)
        return 0

    def _do(self, item: BatchItem) -> None:
        if made := self._find_made(item):
            tell_ticket(made, Step.LINK_MADE, link_made(made), self._services)
            self._link(item, made.customer_id, made.connection_id)
            return
        asked = orjson.loads(item.body)
        tenant = self._services.authority.fetch_tenant(parse_tenant(_tenant_of(asked)))
        self._refuse_repeated(tenant)
        known_as = (tenant.tenant_id, tenant.domain or "")
        candidates = self._matcher.suggest(*known_as, name=item.name) if _is_open(asked) else []
        self._note(item, tenant_id=tenant.tenant_id, candidates=_to_json(candidates))
        request = parse_connect_request(self._with_customer(asked, item, tenant), self._services.settings)
        self._check(request)
        if self._batch.is_dry_run:
            self._done(item, state=ItemState.READY, customer_id=self._known_customer(request))
            return
        connected = start_connection(request, self._caller, self._services, self._connection_id(item))
        self._link(item, connected["customerId"], connected["connectionId"])

    def _find_made(self, item: BatchItem) -> Connection | None:
        """The item's connection that a worker made as its last deed."""
        made = self._services.connections.read(self._batch.msp_id, self._connection_id(item))
        tenant = self._services.tenants.read(made.msp_id, made.tenant_id) if made else None
        return made if made and tenant and tenant.connection_id == made.connection_id else None

    def _connection_id(self, item: BatchItem) -> str:
        return str(uuid5(UUID(self._batch.batch_id), str(item.number)))

    def _link(self, item: BatchItem, customer_id: str, connection_id: str) -> None:
        self._done(item, state=ItemState.LINKED, customer_id=customer_id, connection_id=connection_id)

    def _with_customer(self, asked: Mapping[str, Any], item: BatchItem, tenant: Tenant) -> dict[str, Any]:
        """The customer that was named, else the one it is for certain, else one of the tenant's own name."""
        if not _is_open(asked):
            return dict(asked)
        exact = self._matcher.find_exact(tenant.tenant_id, tenant.domain or "")
        if len(exact) == 1:
            return {**asked, "customerId": exact.pop()}
        if item.name and not exact and not self._is_known_name(item):
            return {**asked, "customer": {"name": item.name[:MAX_NAME]}}
        raise RequestError("customer_unclear")

    def _is_known_name(self, item: BatchItem) -> bool:
        """A name alone proves nothing: neither that it is the customer of that name, nor that it is another one."""
        own = business_name(item.name)
        others = (business_name(other.name) for other in self._items if other.state in _DONE and other.name)
        return self._matcher.knows_name(item.name) or own in others

    def _check(self, request: ConnectRequest) -> None:
        """What connect would refuse; all of it, and first of all, so that a dry run and a real one say the same."""
        check_tenant(request.tenant, request.cloud, self._caller, self._services)
        customer_id = request.customer.customer_id
        if customer_id and self._services.customers.read(self._batch.msp_id, customer_id) is None:
            raise RequestError("customer_not_found")

    def _known_customer(self, request: ConnectRequest) -> str:
        known = self._services.customers.find_named(self._batch.msp_id, request.customer.name)
        return request.customer.customer_id or (known.customer_id if known else "")

    def _refuse_repeated(self, tenant: Tenant) -> None:
        done = {other.tenant_id for other in self._items if other.state in _DONE}
        if tenant.tenant_id in done:
            raise RequestError("tenant_repeated")

    def _fail(self, item: BatchItem, failure: TenantSyncError) -> None:
        logs.event("batch_item_failed", batch_id=self._batch.batch_id, number=item.number, problem=failure.code)
        self._note(item, state=ItemState.FAILED, problem_code=failure.code, problem_message=failure.detail)

    def _done(self, item: BatchItem, **changes: Any) -> None:
        self._note(item, problem_code="", problem_message="", **changes)

    def _note(self, item: BatchItem, **changes: Any) -> None:
        known = self._items[item.number]
        self._items[item.number] = self._services.connect_batches.change(self._batch, known, **changes)

    @cached_property
    def _matcher(self) -> TenantMatcher:
        return TenantMatcher(self._batch.msp_id, self._services)


def _tenant_of(asked: Mapping[str, Any]) -> str:
    tenant = asked["tenant"]
    if not isinstance(tenant, str):
        raise RequestError("invalid_tenant", "`tenant` must be text.")
    return tenant


def _is_open(asked: Mapping[str, Any]) -> bool:
    """Whether nobody has said whose the tenant is."""
    return "customerId" not in asked and "customer" not in asked


def _to_json(candidates: list[Candidate]) -> str:
    return orjson.dumps([item.to_json() for item in candidates[:_MOST_CANDIDATES]]).decode()
