"""The use cases: sync a PSA's companies now, see how far it is, and see what a sync would change."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from psa_connections.describing import describe_sync
from psa_connections.draft import draft_connection, refuse_unknown_types
from tenantsync.bodies import Body
from tenantsync.companies.mirror import Mirror
from tenantsync.companies.rehearsal import Rehearsal, rehearse
from tenantsync.company_syncing import begin_company_sync, start_company_sync
from tenantsync.errors import RequestError
from tenantsync.identity.caller import Caller
from tenantsync.matching.companies import PlacedCounts, place_companies
from tenantsync.orchestrations import Starter
from tenantsync.psa.port import Company, PsaAccount
from tenantsync.psa_access import count_requests, find_kind, find_psa
from tenantsync.services import Services
from tenantsync.store.psa_connections import PsaConnection, SyncState

VOLATILE: Final = frozenset[str]()
_LONGEST_TEST: Final = timedelta(seconds=60)
"""Azure ends a request after 230."""
_POLL_SECONDS: Final = 2
_MOST_DIGITS: Final = 9


def start_sync(
    provider: str, params: Mapping[str, str], caller: Caller, services: Services, orchestrations: Starter
) -> dict[str, Any]:
    """Begins a sync, or shows the one that runs."""
    connection = find_psa(caller.msp_id, provider, services)
    is_full, confirmed = _read_kind(params), _read_number(params, "mayDeactivate")
    if services.are_syncs_paused():
        raise RequestError("service_unavailable", "Syncs are paused for maintenance.")
    sync = begin_company_sync(connection, services, is_full=is_full, confirmed=confirmed)
    services.audit_by(caller, "company_sync_started", provider=provider, runId=sync.run_id, mayDeactivate=confirmed)
    start_company_sync(sync, orchestrations)
    return {"provider": provider, **describe_sync(sync), "statusUrl": f"/api/msp-portal/psa/{provider}/sync-status"}


def show_sync(provider: str, caller: Caller, services: Services) -> dict[str, Any]:
    """How the latest sync stands; before the first one the state is `never`."""
    connection = find_psa(caller.msp_id, provider, services)
    stored = services.company_syncs.read(connection.msp_id, provider)
    return {"provider": provider, **(describe_sync(stored.sync) if stored else {"state": "never"})}


def poll_headers(status: Mapping[str, Any]) -> dict[str, str]:
    """Retry-After while there is something to wait for."""
    return {"Retry-After": str(_POLL_SECONDS)} if status["state"] == SyncState.RUNNING else {}


def rehearse_sync(provider: str, body: Body, caller: Caller, services: Services) -> dict[str, Any]:
    """What a full sync would change, with the fields of the body in place of the stored ones; writes nothing."""
    kind = find_kind(provider, services)
    known = services.psa_connections.read(caller.msp_id, provider)
    if known is None and not body:
        raise RequestError("psa_not_connected")
    services.connect_rate.take(caller.msp_id, services.clock.now())
    draft = draft_connection(kind, body, known, services)
    adapter, placing = draft.open(), _Placing(caller.msp_id, provider, services)
    try:
        account = adapter.check()
        refuse_unknown_types(draft, account)
        found = rehearse(
            adapter,
            Mirror(services.tables, known.mirror_id if known else ""),
            placing,
            services.clock,
            services.clock.now() + _LONGEST_TEST,
        )
    finally:
        count_requests(caller.msp_id, adapter, services)
    services.audit_by(caller, "psa_tested", provider=provider, pages=found.pages, isComplete=found.is_complete)
    return {"provider": provider, "requests": adapter.requests, **_describe(account, found, known), **placing.to_json()}


class _Placing:
    """What would become of the companies, of all that were rehearsed so far."""

    def __init__(self, msp_id: str, provider: str, services: Services) -> None:
        self._whose = (msp_id, provider)
        self._services = services
        self._counts = PlacedCounts()

    def __call__(self, companies: Sequence[Company]) -> None:
        self._counts += place_companies(*self._whose, companies, self._services, is_dry_run=True)

    def to_json(self) -> dict[str, Any]:
        """`placed` has the numbers, `placedNames` the first names of each kind."""
        names = {kind: list(first) for kind, first in self._counts.names.items()}
        return {"placed": self._counts.tally(), "placedNames": names}


def _describe(account: PsaAccount, found: Rehearsal, known: PsaConnection | None) -> dict[str, Any]:
    same = known is None or not known.account_name or known.account_name == account.name
    return {
        "account": {"name": account.name or None, "version": account.version or None, "facts": dict(account.facts)},
        "isSameAccount": same,
        "types": [{"id": item.type_id, "label": item.label, "isCustomer": item.is_customer} for item in account.types],
        "isComplete": found.is_complete,
        "isMassChange": found.is_mass_change,
        "pages": found.pages,
        "received": found.received,
        "expected": found.expected,
        "active": found.active,
        "counts": found.counts,
        "names": found.names,
    }


def _read_kind(params: Mapping[str, str]) -> bool:
    kind = params.get("kind", "incremental")
    if kind not in ("incremental", "full"):
        raise RequestError("invalid_request", "`kind` must be incremental or full.")
    return kind == "full"


def _read_number(params: Mapping[str, str], name: str) -> int:
    text = params.get(name, "0")
    if not text.isascii() or not text.isdigit() or len(text) > _MOST_DIGITS:
        raise RequestError("invalid_request", f"`{name}` must be a number.")
    return int(text)
