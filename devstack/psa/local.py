"""The simulated PSAs as a part of the local stack: how they are started, and what the app must know of them."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from devstack.certificates import Certificates
from devstack.psa.connections import app_settings, connection_values
from devstack.psa.spec import PsaScenario, parse_scenario
from devstack.psa.world import ORIGINS
from devstack.storage import lasting_port


@dataclass(frozen=True, slots=True)
class LocalPsa:
    """A scenario's document, and ports that stay the same when the process is started again."""

    document: Mapping[str, Any]
    ports: tuple[int, ...] = field(default_factory=lambda: tuple(lasting_port() for _ in ORIGINS))

    @property
    def scenario(self) -> PsaScenario:
        """Raises TypeError or ValueError for what does not exist."""
        return parse_scenario(self.document)

    @property
    def origins(self) -> dict[str, str]:
        """By the names of `ORIGINS`."""
        return {name: f"https://localhost:{port}" for name, port in zip(ORIGINS, self.ports, strict=True)}

    def command(self, directory: Path, certificates: Certificates) -> list[str]:
        """Writes the scenario into the directory; gives the command line."""
        scenario = directory / "psa.json"
        scenario.write_text(json.dumps(self.document))
        return [
            *(sys.executable, "-m", "devstack.psa", "--scenario", str(scenario)),
            *("--certificate", str(certificates.certificate), "--key", str(certificates.key)),
            *("--ports", *map(str, self.ports)),
        ]

    def settings(self) -> dict[str, str]:
        """The app's settings."""
        return app_settings(self.scenario, self.origins)

    def values(self) -> dict[str, dict[str, str]]:
        """What an MSP enters for its connections, by PSA."""
        return connection_values(self.scenario, self.origins)

    def ask(self, http: requests.Session, method: str, path: str, document: Mapping[str, Any] | None = None) -> Any:
        """A call below `/_simulator/` of the control origin; its JSON, None where there is none."""
        url = f"{self.origins['control']}/_simulator/{path}"
        answer = http.request(method, url, json=document, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None


def company_of(tenant: Mapping[str, Any]) -> dict[str, str]:
    """A simulated tenant's customer, as every PSA has it: an entry of `known`."""
    name = str(tenant.get("displayName", tenant["domain"])).partition(" (")[0]
    return {"name": name, "domain": tenant["domain"], "tenantId": tenant["tenantId"]}
