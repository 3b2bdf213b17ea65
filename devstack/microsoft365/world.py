"""What the simulator remembers: tenants, consents, codes, and how often each path was asked."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from devstack.microsoft365.partner import DAY, Relationship
from devstack.microsoft365.population import Population
from devstack.microsoft365.scenario import Fault, Scenario, TenantSpec
from devstack.microsoft365.technicians import Technicians
from devstack.microsoft365.tokens import Signer

APPLICATION_PERMISSIONS: Final = (
    "User.Read.All",
    "Group.Read.All",
    "Directory.Read.All",
    "DeviceManagementManagedDevices.Read.All",
    "SecurityEvents.Read.All",
    "Reports.Read.All",
)
DELEGATED_PERMISSIONS: Final = ("Mail.Read",)
_GLOBAL_READER: Final = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
_SEEDED_DAYS: Final = 730


@dataclass
class TenantState:
    """A tenant and what has happened to it. `consented_at` is None while the app is unknown there."""

    spec: TenantSpec
    consented_at: float | None = None
    delegated: set[str] = field(default_factory=set)
    is_writing: bool = False
    """Whether the registration for unattended changes was consented to."""
    requests: Counter[str] = field(default_factory=Counter)
    faults_used: Counter[int] = field(default_factory=Counter)
    sent: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """A few objects of the last page of each listing, for the fault that sends them again."""
    relationships: dict[str, Relationship] | None = None
    """Of a partner: its GDAP relationships by id, made from the scenario on first use."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Of the next change of `spec`."""
    _population: Population | None = None

    @property
    def population(self) -> Population:
        if self._population is None or self._population.spec is not self.spec:
            self._population = Population(self.spec)
        return self._population

    def change(self, spec: TenantSpec) -> None:
        """Other settings from now on; who waits for something of the old ones looks again."""
        if spec.faults is not self.spec.faults:  # the same faults may be given anew, to happen once more
            self.faults_used.clear()
            self.requests.clear()
        self.spec = spec
        self.changed.set()
        self.changed = asyncio.Event()

    def fault(self, path: str) -> Fault | None:
        """The fault that is due for this request of a path, counted as used."""
        self.requests[path] += 1
        for number, fault in enumerate(self.spec.faults):
            is_used_up = fault.times is not None and self.faults_used[number] >= fault.times
            if fault.path == path and not is_used_up and self.requests[path] % fault.every_nth == 0:
                self.faults_used[number] += 1
                return fault
        return None


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """An authorization code waiting to be redeemed, once."""

    tenant_id: str
    nonce: str
    challenge: str
    redirect_uri: str
    object_id: str
    expires_at: float


@dataclass
class World:
    """All state of the simulator."""

    scenario: Scenario
    login: str
    graph: str
    clock: Callable[[], float] = time.time
    signer: Signer = field(default_factory=Signer)
    tenants: dict[str, TenantState] = field(default_factory=dict)
    codes: dict[str, IssuedCode] = field(default_factory=dict)
    by_path: Counter[str] = field(default_factory=Counter)
    throttled: int = 0
    technicians: Technicians = field(init=False)

    def __post_init__(self) -> None:
        self.technicians = Technicians.of(self.scenario.msps)
        for spec in self.scenario.tenants:
            self.put_tenant(spec)

    def put_tenant(self, spec: TenantSpec) -> None:
        """Adds a tenant, or changes one that is there; faults begin anew where they are given anew."""
        known = self.tenants.get(spec.tenant_id)
        if known is None:
            granted = set(DELEGATED_PERMISSIONS) if spec.consented else set()
            self.tenants[spec.tenant_id] = TenantState(spec, 0.0 if spec.consented else None, granted)
        else:
            known.change(spec)

    def find(self, name: str) -> TenantState | None:
        """A tenant by GUID or domain."""
        name = name.lower()
        if name in self.tenants:
            return self.tenants[name]
        return next((state for state in self.tenants.values() if state.spec.domain == name), None)

    def knows_msp(self, tenant_id: str) -> bool:
        return any(msp.tenant_id == tenant_id for msp in self.scenario.msps)

    @property
    def client_ids(self) -> frozenset[str]:
        """The app's registrations."""
        app = self.scenario.app
        return frozenset({app.client_id, app.write_client_id} - {""})

    @property
    def portal_scope(self) -> str:
        """The delegated scope of the portal's API."""
        return f"{self.scenario.app.api_audience}/access_as_user"

    def asked_permissions(self, client_id: str, scope: str) -> list[str]:
        """What a consent page lists: everything of the registration, or the delegated permissions that are named."""
        if not scope.endswith("/.default") and scope:
            return [name.rsplit("/", 1)[-1] for name in scope.split()]
        if client_id != self.scenario.app.client_id:
            return list(self.scenario.app.write_permissions)
        return [*APPLICATION_PERMISSIONS, *DELEGATED_PERMISSIONS]

    def consent(self, state: TenantState, client_id: str, scope: str) -> None:
        """What pressing Accept does; consent only ever adds."""
        if client_id != self.scenario.app.client_id:
            state.is_writing = True
            return
        if scope.endswith("/.default") or not scope:
            state.delegated.update(DELEGATED_PERMISSIONS)
        else:
            state.delegated.update(self.asked_permissions(client_id, scope))
        if state.consented_at is None:
            state.consented_at = self.clock()

    def revoke(self, state: TenantState) -> None:
        """The administrator deletes the enterprise applications."""
        state.consented_at, state.is_writing = None, False
        state.delegated.clear()

    def roles_of(self, state: TenantState) -> tuple[str, ...] | None:
        """What an app token carries now: None before consent has reached the token service, first without roles."""
        if state.consented_at is None:
            return None
        waited = self.clock() - state.consented_at
        lag = state.spec.propagation_seconds
        if waited < lag / 2:
            return None
        if waited < lag:
            return ()
        granted = state.spec.granted_permissions
        return APPLICATION_PERMISSIONS if granted is None else granted

    def partner(self, state: TenantState) -> dict[str, Relationship]:
        """The GDAP relationships of a tenant that is a partner."""
        if state.relationships is None:
            state.relationships = {}
            for tenant_id in state.spec.gdap_customers:
                made = _seed_relationship(tenant_id, self.tenants[tenant_id].spec.domain, self.clock())
                state.relationships[made.relationship_id] = made
        return state.relationships

    def find_relationship(self, relationship_id: str) -> tuple[TenantState, Relationship] | None:
        """A relationship as it is now, and its partner."""
        for state in self.tenants.values():
            found = self.partner(state).get(relationship_id.lower())
            if found is not None:
                return state, found.settle(self.clock())
        return None

    def describe_requests(self) -> dict[str, Any]:
        """How often each path was asked."""
        return {"total": self.by_path.total(), "byPath": dict(self.by_path), "throttled": self.throttled}


def _seed_relationship(customer_id: str, customer_name: str, now: float) -> Relationship:
    """One that is active already, by which everything can be read."""
    return Relationship(
        relationship_id=f"{uuid4()}-{uuid4()}",
        display_name=f"Older relationship {customer_id[-12:]}",
        duration=f"P{_SEEDED_DAYS}D",
        roles=(_GLOBAL_READER,),
        created=now,
        customer_id=customer_id,
        customer_name=customer_name,
        status="active",
        since=now,
        activated=now,
        ends=now + _SEEDED_DAYS * DAY,
    )
