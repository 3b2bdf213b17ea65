"""What the product and an MSP have to be told to use the simulated PSAs."""

from collections.abc import Mapping
from typing import Final

from devstack.psa.spec import PsaScenario

_NOT_FOR_THE_APP: Final = "control"


def app_settings(scenario: PsaScenario, origins: Mapping[str, str]) -> dict[str, str]:
    """Settings: what an MSP may name although it is on loopback, and the product's own registrations."""
    return {
        "PSA_LOOPBACK_ORIGINS": ",".join(origin for name, origin in origins.items() if name != _NOT_FOR_THE_APP),
        "AUTOTASK_ZONE_ENDPOINT": origins["autotask"],
        "CONNECTWISE_CLIENT_ID": scenario.connectwise.client_id,
        "AUTOTASK_INTEGRATION_CODE": scenario.autotask.integration_code,
    }


def connection_values(scenario: PsaScenario, origins: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """By PSA, what the MSP enters for its connection: the body of `PUT /api/msp-portal/psa/{kind}`."""
    connectwise, autotask, halopsa = scenario.connectwise, scenario.autotask, scenario.halopsa
    return {
        "connectwise": {
            "host": origins["connectwise"],
            "companyId": connectwise.company_id,
            "publicKey": connectwise.public_key,
            "privateKey": connectwise.private_key,
        },
        "autotask": {"userName": autotask.user_name, "secret": autotask.secret},
        "halopsa": {
            "host": origins["halopsa"],
            "clientId": halopsa.client_id,
            "clientSecret": halopsa.client_secret,
        },
    }
