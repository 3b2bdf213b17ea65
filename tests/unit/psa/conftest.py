"""The app's services with two PSAs that can be connected."""

from base64 import b64encode
from collections.abc import Iterator

import pytest

from tenantsync.outbound import Outbound
from tenantsync.psa.port import Provider
from tenantsync.services import Services, build_services, using
from tenantsync.settings import Settings
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import GRAPH, LOGIN, FakeMicrosoft
from tests.fakes.psa import FakePsa, kinds_of
from tests.services import ENVIRONMENT

SECRETS_KEY = b64encode(bytes(range(32))).decode()


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
    outbound = Outbound((LOGIN, GRAPH), adapter=microsoft)
    built = build_services(settings, tables=tables, clock=clock, outbound=outbound, psa_kinds=kinds_of(psa, autotask))
    with using(built):
        yield built
