"""The whole stack as processes: real host, real MSAL, real Azurite, the simulator behind TLS."""

from collections.abc import Iterator

import pytest

from devstack.psa.local import LocalPsa, company_of
from devstack.stack import OTHER_MSP, Stack
from devstack.storage import lasting_port
from tests.e2e.tenants import LEGACY, PSA_CUSTOMERS, TENANTS

HOOK_PORT = lasting_port()
ENVIRONMENT = {
    "DEVSTACK_REPLAY_TWICE": "1",
    "WEBHOOK_LOOPBACK_ORIGINS": f"http://127.0.0.1:{HOOK_PORT}",
    "OPERATOR_TENANT_ID": OTHER_MSP,
}


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One stack for all journeys; every journey has a tenant of its own."""
    contracts = [item["tenantId"] for item in TENANTS if item["domain"] in LEGACY]
    directory, partner = tmp_path_factory.mktemp("stack"), {"contracts": contracts}
    known = [company_of(item) for item in TENANTS if item["domain"] in PSA_CUSTOMERS]
    psa = LocalPsa({"companies": 60, "known": known})
    with Stack(directory, TENANTS, extra_environment=ENVIRONMENT, partner=partner, psa=psa, is_traced=True) as running:
        yield running
