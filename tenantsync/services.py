"""The composition root: builds everything once per process, from the settings, on first use."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from uuid import uuid4

from tenantsync.clock import Clock, SystemClock
from tenantsync.engine import SliceBudget
from tenantsync.graph.client import TenantGraph
from tenantsync.identity.authority import Authority
from tenantsync.identity.caller import CallerIdentity
from tenantsync.identity.consent import ConsentLink
from tenantsync.identity.tokens import TokenSource
from tenantsync.outbound import Outbound
from tenantsync.settings import Settings
from tenantsync.store.callback_states import CallbackStates
from tenantsync.store.connect_rate import ConnectRate
from tenantsync.store.connections import Connections
from tenantsync.store.customers import Customers
from tenantsync.store.inventory import Inventory
from tenantsync.store.owners import TenantOwners
from tenantsync.store.runs import Runs
from tenantsync.store.scratch import Scratch
from tenantsync.store.tables import AzureTables, TableStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything a use case may need."""

    settings: Settings
    clock: Clock
    outbound: Outbound
    tables: TableStore
    authority: Authority
    callers: CallerIdentity
    tokens: TokenSource
    consent_link: ConsentLink
    connections: Connections
    callback_states: CallbackStates
    customers: Customers
    owners: TenantOwners
    connect_rate: ConnectRate
    runs: Runs
    inventory: Inventory
    slice_budget: SliceBudget

    def graph_for(self, tenant_id: str) -> TenantGraph:
        """Graph of one tenant."""
        return TenantGraph(tenant_id, self.settings.graph_endpoint, self.outbound, self.tokens)

    def scratch_for(self, run_id: str, resource: str) -> Scratch:
        """The notes of one resource's listing."""
        return Scratch(self.tables, f"{run_id}_{resource}")


def build_services(
    settings: Settings,
    *,
    tables: TableStore | None = None,
    clock: Clock | None = None,
    outbound: Outbound | None = None,
) -> Services:
    """Wires everything; tests hand in their own store, clock and HTTP."""
    clock = clock or SystemClock()
    tables = tables or AzureTables.connect(settings)
    outbound = outbound or Outbound((settings.login_endpoint, settings.graph_endpoint), settings.ca_bundle)
    return Services(
        settings=settings,
        clock=clock,
        outbound=outbound,
        tables=tables,
        authority=Authority(settings.login_endpoint, outbound),
        callers=CallerIdentity(settings, outbound, clock),
        tokens=TokenSource(settings, outbound),
        consent_link=ConsentLink(
            settings.login_endpoint, settings.graph_endpoint, settings.client_id, settings.callback_url
        ),
        connections=Connections(tables),
        callback_states=CallbackStates(tables),
        customers=Customers(tables, lambda: str(uuid4())),
        owners=TenantOwners(tables),
        connect_rate=ConnectRate(tables, settings.connect_rate_per_minute),
        runs=Runs(tables),
        inventory=Inventory(tables),
        slice_budget=SliceBudget(),
    )


_lock = Lock()
_services: list[Services] = []


def services() -> Services:
    """The process's services. Raises ConfigurationError as long as the settings are not right."""
    with _lock:
        if not _services:
            _services.append(build_services(Settings.from_env(os.environ)))
        return _services[-1]


@contextmanager
def using(replacement: Services) -> Iterator[Services]:
    """Other services for the time of a test."""
    with _lock:
        _services.append(replacement)
    try:
        yield replacement
    finally:
        with _lock:
            _services.remove(replacement)
