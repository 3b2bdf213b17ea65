"""A tenant whose run is under way, and calls as ops of an MSP or of the operator."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from devstack.host.management import _project_history
from tenantsync.clock import to_rfc3339
from tenantsync.identity.caller import CallerIdentity
from tenantsync.services import Services, using
from tenantsync.store.runs import Run, RunState
from tests.app import Answer, App
from tests.fakes.microsoft import MSP, FakeMicrosoft, portal_token
from tests.unit.journey import connected, resource

ROOT = Path(__file__).resolve().parents[3]
OPERATOR = "44444444-4444-4444-8444-444444444444"
DOCUMENT: dict[str, Any] = yaml.load((ROOT / "openapi.yaml").read_text(), yaml.CSafeLoader)


@dataclass
class Ops:
    """What somebody with the role sees and does."""

    app: App
    msp: str = MSP

    def get(self, path: str) -> Answer:
        return self.call("GET", path)

    def post(self, path: str) -> Answer:
        return self.call("POST", path)

    def call(self, method: str, path: str) -> Answer:
        return self.app.call(method, f"/api/ops/{path}", portal_token("Onboarding.Ops", msp=self.msp))

    def runs(self, query: str = "") -> list[str]:
        """The ids of a list."""
        return [item["runId"] for item in self.get(f"runs{query}").body["items"]]


@pytest.fixture
def ops() -> Ops:
    return Ops(App())


@pytest.fixture
def operator(services: Services, ops: Ops, microsoft: FakeMicrosoft) -> Iterator[Ops]:
    """The operator's ops, on the same app."""
    microsoft.domains["operator.test"] = OPERATOR
    settings = replace(services.settings, operator_tenant_id=OPERATOR)
    with using(
        replace(services, settings=settings, callers=CallerIdentity(settings, services.outbound, services.clock))
    ):
        yield Ops(ops.app, OPERATOR)


@pytest.fixture
def run(services: Services, microsoft: FakeMicrosoft) -> Run:
    """A run that syncs one resource, with a checkpoint of just now."""
    found = connected(services, microsoft, RunState.SYNCING)
    services.runs.change(found.run_id, finished_at="")
    services.runs.plan([resource(found, updated_at=to_rfc3339(services.clock.now()))])
    return replace(found, finished_at="")


def recorded(name: str) -> list[dict[str, Any]]:
    """A recorded history as Durable's management API gives it."""
    events = json.loads((ROOT / f"tests/fixtures/histories/1.0/{name}.json").read_text())["events"]
    return _project_history(events, outputs=True)


def keeps(schema: str, body: Any) -> bool:
    """Whether an answer is what the contract says."""
    reference = {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
    jsonschema_rs.validate(reference, body)
    return True
