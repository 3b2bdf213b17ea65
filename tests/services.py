"""Fixtures: the app's services on fakes, without a host and without a network."""

from base64 import b64encode
from collections.abc import Iterator

import pytest

from tenantsync.outbound import Outbound
from tenantsync.psa.port import Provider
from tenantsync.services import Services, build_services, using
from tenantsync.settings import Settings
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import AUDIENCE, CLIENT_ID, GRAPH, LOGIN, MSP, OTHER_MSP, FakeMicrosoft
from tests.fakes.scripted_psa import FakePsa, kinds_of

ENVIRONMENT = {
    "LOGIN_ENDPOINT": LOGIN,
    "GRAPH_ENDPOINT": GRAPH,
    "CLIENT_ID": CLIENT_ID,
    "CLIENT_SECRET": "a-client-secret",
    "CALLBACK_URL": "https://connect.test/api/msp-portal/tenants/callback",
    "PORTAL_URL": "https://portal.test",
    "API_AUDIENCE": AUDIENCE,
    "ALLOWED_MSP_TENANTS": f"{MSP},{OTHER_MSP}",
    "STATE_SIGNING_KEY": "a-state-signing-key",
    "TABLES_CONNECTION_STRING": "UseDevelopmentStorage=true",
}
SECRETS_KEY = b64encode(bytes(range(32))).decode()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def tables() -> MemoryTables:
    return MemoryTables()


@pytest.fixture
def microsoft() -> FakeMicrosoft:
    return FakeMicrosoft()


@pytest.fixture
def psa() -> FakePsa:
    return FakePsa()


@pytest.fixture
def autotask() -> FakePsa:
    return FakePsa(provider=Provider.AUTOTASK)


@pytest.fixture
def services(
    clock: FakeClock, tables: MemoryTables, microsoft: FakeMicrosoft, psa: FakePsa, autotask: FakePsa
) -> Iterator[Services]:
    settings = Settings.from_env({**ENVIRONMENT, "SECRETS_KEY": SECRETS_KEY})
    outbound, kinds = Outbound((LOGIN, GRAPH), adapter=microsoft), kinds_of(psa, autotask)
    built = build_services(settings, tables=tables, clock=clock, outbound=outbound, psa_kinds=kinds)
    with using(built):
        yield built
