"""Running simulators for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.psa.spec import Known, PsaScenario
from tests.fakes.psa_simulators import RunningPsa, running_psa
from tests.unit.psa_simulators.clients import AutotaskClient, ConnectWiseClient, HaloClient

SCENARIO = PsaScenario(companies=120, known=(Known(name="Contoso", domain="contoso.com", tenant_id="7" * 8),))


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture
def psa(certificates: Path) -> Iterator[RunningPsa]:
    with running_psa(certificates, SCENARIO) as running:
        yield running


@pytest.fixture
def connectwise(psa: RunningPsa) -> ConnectWiseClient:
    return ConnectWiseClient(psa)


@pytest.fixture
def autotask(psa: RunningPsa) -> AutotaskClient:
    return AutotaskClient(psa)


@pytest.fixture
def halo(psa: RunningPsa) -> HaloClient:
    return HaloClient(psa)
