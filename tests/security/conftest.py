"""The app with a tenant of one MSP, and tokens of everybody who should not get at it."""

import pytest

from tenantsync.services import Services
from tenantsync.store.runs import Run
from tests.app import App
from tests.fakes.clock import FakeClock
from tests.fakes.microsoft import OTHER_MSP, OTHER_TENANT, FakeMicrosoft
from tests.fakes.partner import PARTNER_ROLES, FakePartner
from tests.unit.journey import connected


@pytest.fixture
def app(services: Services, microsoft: FakeMicrosoft, clock: FakeClock) -> App:
    """Both MSPs are partners; the first has a customer with DAP."""
    FakePartner(microsoft, clock).add_contract(OTHER_TENANT, "fabrikam.com")
    microsoft.consented[OTHER_MSP] = PARTNER_ROLES
    return App()


@pytest.fixture
def tenant(services: Services, microsoft: FakeMicrosoft) -> Run:
    """A connected tenant of the first MSP."""
    return connected(services, microsoft)
