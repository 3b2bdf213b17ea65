"""The composition root: builds everything once per process, from the settings, on first use."""

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Final
from uuid import uuid4

from tenantsync.bodies import CustomerChoice
from tenantsync.clock import Clock, SystemClock, to_rfc3339
from tenantsync.errors import RequestError
from tenantsync.graph.client import TenantGraph
from tenantsync.identity.authority import Authority
from tenantsync.identity.caller import Caller, CallerIdentity
from tenantsync.identity.consent import ConsentLink
from tenantsync.identity.registration import AppRegistration
from tenantsync.identity.tokens import TokenSource
from tenantsync.notifications import Notifier, Posts
from tenantsync.outbound import Outbound
from tenantsync.psa.port import PsaKinds
from tenantsync.psa.registry import psa_kinds as make_psa_kinds
from tenantsync.public_hosts import PublicPoster
from tenantsync.settings import Settings
from tenantsync.slices.work import SliceBudget
from tenantsync.store.audit import Audit
from tenantsync.store.callback_states import CallbackStates
from tenantsync.store.connect_batches import ConnectBatches
from tenantsync.store.connect_rate import ConnectRate
from tenantsync.store.connections import Connections
from tenantsync.store.customers import Customers
from tenantsync.store.deltas import DeltaPoints
from tenantsync.store.fingerprints import Fingerprints
from tenantsync.store.grants import Grants
from tenantsync.store.inventory import Inventory
from tenantsync.store.moves import Moves
from tenantsync.store.outbox import Outbox, Webhooks
from tenantsync.store.owners import TenantOwners
from tenantsync.store.pause import Pause
from tenantsync.store.placements import Placements
from tenantsync.store.places import Places
from tenantsync.store.psa_connections import CompanySyncs, PsaConnections
from tenantsync.store.recent_runs import RecentRuns
from tenantsync.store.relationships import Relationships
from tenantsync.store.request_budget import RequestBudget
from tenantsync.store.runs import Runs
from tenantsync.store.scratch import Scratch
from tenantsync.store.suggestions import Suggestions
from tenantsync.store.tables import AzureTables, TableStore
from tenantsync.store.tenants import LEAVING, ManagedTenant, Tenants
from tenantsync.store.throttle_gate import ThrottleGate
from tenantsync.store.ticket_notes import TicketNotes
from tenantsync.store.transfers import Transfers
from tenantsync.vault import SecretVault, open_vault

_NO_PROBLEM: Final = {"problem_code": "", "problem_message": "", "problem_microsoft_code": ""}


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
    placements: Placements
    suggestions: Suggestions
    connect_batches: ConnectBatches
    owners: TenantOwners
    connect_rate: ConnectRate
    preflight_rate: ConnectRate
    runs: Runs
    recent_runs: RecentRuns
    inventory: Inventory
    deltas: DeltaPoints
    fingerprints: Fingerprints
    gate: ThrottleGate
    places: Places
    pause: Pause
    tenants: Tenants
    grants: Grants
    transfers: Transfers
    relationships: Relationships
    moves: Moves
    audit: Audit
    webhooks: Webhooks
    notifier: Notifier
    registration: AppRegistration
    vault: SecretVault
    psa_kinds: PsaKinds
    psa_connections: PsaConnections
    company_syncs: CompanySyncs
    request_budget: RequestBudget
    ticket_notes: TicketNotes
    slice_budget: SliceBudget

    def graph_for(self, tenant_id: str) -> TenantGraph:
        """Graph of one tenant."""
        return TenantGraph(tenant_id, self.settings.graph_endpoint, self.outbound, self.tokens)

    def choose_customer(self, msp_id: str, choice: CustomerChoice) -> str:
        """The customer's id; a name makes the customer if there is none. Raises RequestError `customer_not_found`."""
        if choice.name:
            return self.customers.find_or_create(msp_id, choice.name, to_rfc3339(self.clock.now())).customer_id
        customer = self.customers.read(msp_id, choice.customer_id)
        if customer is None:
            raise RequestError("customer_not_found")
        return customer.customer_id

    def note_state(
        self,
        msp_id: str,
        tenant_id: str,
        state: str,
        *,
        when: Callable[[ManagedTenant], bool] = lambda _: True,
        **changes: str,
    ) -> ManagedTenant | None:
        """Remembers a tenant's state for lists; None if there is no such tenant, or `when` does not hold for it.

        The problem goes with the state: one that is not among `changes` (`problem_code` ...) is over.
        A tenant that is leaving stays so, whatever is still noted for it: only a new connection brings it back.
        """

        def may_change(known: ManagedTenant) -> bool:
            return when(known) and (known.state not in LEAVING or state in LEAVING)

        changes = {**_NO_PROBLEM, **changes, "state": state, "updated_at": to_rfc3339(self.clock.now())}
        return self.tenants.change(msp_id, tenant_id, when=may_change, **changes)

    def audit_by(
        self,
        caller: Caller,
        action: str,
        tenant_id: str = "",
        msp_id: str = "",
        once: tuple[str, str] | None = None,
        **detail: object,
    ) -> None:
        """Records what a person did, for their own MSP unless another is named; `once` as in `Audit.record`."""
        self.audit.record(
            action,
            msp_id=msp_id or caller.msp_id,
            actor=caller.user_id,
            actor_msp_id=caller.msp_id,
            tenant_id=tenant_id,
            detail=detail,
            once=once,
        )

    def are_syncs_paused(self) -> bool:
        """Whether no sync is to begin: by the setting, or by the operator's order."""
        return self.settings.is_sync_paused or self.pause.read().is_paused

    def scratch_for(self, run_id: str, resource: str) -> Scratch:
        """The notes of one resource's listing."""
        return Scratch(self.tables, f"{run_id}_{resource}")


def build_services(
    settings: Settings,
    *,
    tables: TableStore | None = None,
    clock: Clock | None = None,
    outbound: Outbound | None = None,
    poster: Posts | None = None,
    psa_kinds: PsaKinds | None = None,
    vault: SecretVault | None = None,
) -> Services:
    """Wires everything; tests hand in their own store, clock and HTTP."""
    clock = clock or SystemClock()
    tables = tables or AzureTables.connect(settings)
    hosts = (settings.login_endpoint, settings.graph_endpoint, *settings.other_login_endpoints)
    outbound = outbound or Outbound(hosts, settings.ca_bundle, timeout_seconds=settings.microsoft_timeout_seconds)
    tokens = TokenSource(settings, outbound)
    tenants, webhooks, home_id = Tenants(tables), Webhooks(tables), settings.home_tenant_id
    home = TenantGraph(home_id, settings.graph_endpoint, outbound, tokens) if home_id else None
    poster = poster or PublicPoster(settings.webhook_origins)
    new_id, rate = lambda: str(uuid4()), settings.connect_rate_per_minute
    return Services(
        settings=settings,
        clock=clock,
        outbound=outbound,
        tables=tables,
        authority=Authority(settings.login_endpoint, outbound, settings.other_login_endpoints),
        callers=CallerIdentity(settings, outbound, clock, partial(_knows, settings, tenants)),
        tokens=tokens,
        consent_link=ConsentLink(
            settings.login_endpoint, settings.graph_endpoint, settings.client_id, settings.callback_url
        ),
        connections=Connections(tables),
        callback_states=CallbackStates(tables),
        customers=Customers(tables, new_id),
        placements=Placements(tables),
        suggestions=Suggestions(tables),
        connect_batches=ConnectBatches(tables),
        owners=TenantOwners(tables),
        connect_rate=ConnectRate(tables, rate, new_id),
        preflight_rate=ConnectRate(tables, rate, new_id, purpose="preflight"),
        runs=Runs(tables),
        recent_runs=RecentRuns(tables),
        inventory=Inventory(tables),
        deltas=DeltaPoints(tables),
        fingerprints=Fingerprints(tables),
        gate=ThrottleGate(tables, clock),
        places=Places(tables),
        pause=Pause(tables),
        tenants=tenants,
        grants=Grants(tables),
        transfers=Transfers(tables),
        relationships=Relationships(tables),
        moves=Moves(tables),
        audit=Audit(tables, clock),
        webhooks=webhooks,
        notifier=Notifier(Outbox(tables), webhooks, clock, settings.webhook_signing_key, poster),
        registration=AppRegistration(settings, home, clock),
        vault=vault or open_vault(settings, tables),
        psa_kinds=make_psa_kinds(settings, clock) if psa_kinds is None else psa_kinds,
        psa_connections=PsaConnections(tables),
        company_syncs=CompanySyncs(tables),
        request_budget=RequestBudget(tables, clock),
        ticket_notes=TicketNotes(tables),
        slice_budget=SliceBudget(),
    )


def _knows(settings: Settings, tenants: Tenants, msp_id: str) -> bool:
    """Whether an MSP's people are expected: named in the settings, or there before."""
    named = {settings.operator_tenant_id, settings.home_tenant_id, *(settings.allowed_msp_tenants or ())}
    return msp_id in named or tenants.knows(msp_id)


_SWITCH_SECONDS: Final = 0.001
_YOUNG_OBJECTS: Final = 5_000
"""A page of 999 users is some 15,000 containers, none of them in a cycle: then it is looked at three times, not twenty.

More would be cheaper still, and let the memory of a host that syncs many pages at once grow by a quarter.
"""


def tune_interpreter() -> None:
    """Lets pages come and go without the cyclic collector walking them: a tenth of the sync's CPU (ADR 14).

    What the process has loaded by now stays for ever and is not looked at again. Cycles are still found, later. Threads
    take turns sooner, so that the next page is asked for at once while the last is still being encoded.
    """
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, 20, 20)


_lock = Lock()
_services: list[Services] = []


def services() -> Services:
    """The process's services. Raises ConfigurationError as long as the settings are not right."""
    with _lock:
        if not _services:
            _services.append(build_services(Settings.from_env(os.environ)))
            tune_interpreter()
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
