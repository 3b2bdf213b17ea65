"""Connects a fake PSA and plays the orchestration of its syncs by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from activities.sync_companies import sync_company_slice
from psa_connections.handler import connect_psa
from tenantsync.companies.mirror import Mirror
from tenantsync.company_syncing import begin_company_sync
from tenantsync.matching.placing import PlacedCounts
from tenantsync.psa.port import Company
from tenantsync.services import Services
from tenantsync.store.psa_connections import CompanySync
from tests.fakes.clock import FakeClock
from tests.fakes.microsoft import MSP
from tests.fakes.scripted_psa import BODY
from tests.unit.journey import TECHNICIAN


@dataclass
class Placing:
    """Stands for the customers: remembers every company it was given; `failures` are raised one a call."""

    calls: list[list[Company]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    def __call__(self, msp_id: str, provider: str, companies: Sequence[Company], services: Services) -> PlacedCounts:
        if self.failures:
            raise self.failures.pop(0)
        self.calls.append(list(companies))
        return PlacedCounts(created=len(companies))

    @property
    def names(self) -> list[str]:
        return [company.name for call in self.calls for company in call]


def connect(services: Services, provider: str = "connectwise", **more: Any) -> dict[str, Any]:
    return connect_psa(provider, {**BODY, **more}, TECHNICIAN, services)


def begin(services: Services, provider: str = "connectwise", **options: Any) -> CompanySync:
    connection = services.psa_connections.read(MSP, provider)
    assert connection
    return begin_company_sync(connection, services, **options)


def slice_of(sync: CompanySync, services: Services, place: Placing) -> dict[str, Any]:
    return sync_company_slice(sync.msp_id, sync.provider, sync.number, services, place)


def play(sync: CompanySync, services: Services, clock: FakeClock, place: Placing) -> CompanySync:
    """Slices with their waits until the sync has ended; the sync as it is then."""
    for _ in range(100):
        outcome = slice_of(sync, services, place)
        clock.advance(outcome["delaySeconds"])
        if outcome["ended"]:
            return latest(services, sync.provider)
    raise AssertionError("it does not end")


def run(services: Services, clock: FakeClock, place: Placing, **options: Any) -> CompanySync:
    return play(begin(services, **options), services, clock, place)


def latest(services: Services, provider: str = "connectwise") -> CompanySync:
    stored = services.company_syncs.read(MSP, provider)
    assert stored
    return stored.sync


def mirrored(services: Services, provider: str = "connectwise") -> dict[str, bool]:
    """Whether each company is active, by its id."""
    connection = services.psa_connections.read(MSP, provider)
    assert connection
    known = Mirror(services.tables, connection.mirror_id).read_known()
    return {key: item.is_active for key, item in known.items()}
