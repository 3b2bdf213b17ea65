"""The exact problem document of every way a request is refused, as a technician or an administrator's portal reads it.

`python3 -m tests.contract.test_problem_documents` writes the fixture anew; its diff is then read like any other text.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from devstack.microsoft365.partner import Relationship
from tenantsync.outbound import Outbound
from tenantsync.services import build_services, using
from tenantsync.settings import Settings
from tenantsync.store.owners import TenantOwner
from tests.app import Answer as Answered
from tests.app import App
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import (
    GRAPH,
    LOGIN,
    MSP,
    OTHER_MSP,
    OTHER_TENANT,
    TENANT,
    Answer,
    FakeMicrosoft,
    graph_error,
    portal_token,
)
from tests.fakes.partner import FakePartner
from tests.services import ENVIRONMENT
from tests.unit.journey import connected, query_of, state_of

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures/problem_documents.json"
CORRELATION = "12345678-1234-4234-8234-123456789012"
ROLES = ("Onboarding.Connect", "Onboarding.Read")
CUSTOMER = "cccccccc-0000-4000-8000-000000000001"
REFERENCE = ({"provider": "halopsa", "externalId": "1"},)
HOME = "55555555-5555-4555-8555-555555555555"


@dataclass
class World:
    """One MSP's view of a fresh service."""

    app: App
    microsoft: FakeMicrosoft
    clock: FakeClock
    services: Any

    def call(
        self, method: str, path: str, body: Any = None, roles: tuple[str, ...] = ROLES, msp: str = MSP
    ) -> Answered:
        headers = {"x-correlation-id": CORRELATION}
        token = portal_token(*roles, msp=msp) if roles else ""
        return self.app.call(method, f"/api/msp-portal/{path}", token, body, headers)

    def connect(self, tenant: str = "contoso.com", **more: Any) -> Answered:
        return self.call("POST", "tenants/connect", {"tenant": tenant, "customer": {"name": "Contoso"}, **more})

    def forward(self, **fields: str) -> Answered:
        return self.call("POST", "tenants/callback", fields)

    def consented(self, **fields: str) -> Answered:
        """Connects, then forwards a redirect with these fields."""
        state = state_of(self.connect().body["authUrl"])
        return self.forward(state=state, admin_consent="True", **fields)

    def signed_in(self, **claims: Any) -> Answered:
        link = self.consented(tenant=TENANT).body["signInUrl"]
        self.microsoft.nonce = query_of(link)["nonce"]
        self.microsoft.id_token_claims = claims
        return self.forward(state=state_of(link), code="once")

    def after(self, seconds: float) -> "World":
        self.clock.advance(seconds)
        return self


def other_link(world: World) -> Answered:
    state = state_of(world.connect().body["authUrl"])
    world.connect()
    return world.forward(state=state, tenant=TENANT)


def cancelled_link(world: World) -> Answered:
    state = state_of(world.connect().body["authUrl"])
    world.call("POST", f"tenants/{TENANT}/cancel")
    return world.forward(state=state, tenant=TENANT)


def expired_link(world: World) -> Answered:
    state = state_of(world.connect().body["authUrl"])
    return world.after(8 * 24 * 3600).forward(state=state, tenant=TENANT)


def used_link(world: World) -> Answered:
    state = state_of(world.connect().body["authUrl"])
    world.forward(state=state, error="access_denied")
    return world.forward(state=state, tenant=TENANT)


def owned(world: World, path: str = "", body: Any = None, method: str = "POST") -> Answered:
    """A call about a tenant that is connected."""
    connected(world.services, world.microsoft)
    return world.call(method, f"tenants/{path}", body)


def foreign(world: World) -> Answered:
    owner = TenantOwner(tenant_id=TENANT, msp_id=OTHER_MSP, customer_id="c", connection_id="x", claimed_at="t")
    world.services.owners.claim(owner)
    return world.connect()


def own(world: World) -> Answered:
    connected(world.services, world.microsoft)
    return world.connect()


def two_clouds(world: World) -> Answered:
    base = "https://login.other.test/44444444-4444-4444-8444-444444444444"
    metadata = {"issuer": f"{base}/v2.0", "token_endpoint": f"{base}/x", "cloud_instance_name": "microsoftonline.us"}
    world.microsoft.elsewhere["https://login.other.test"] = lambda asked: Answer(metadata)
    return world.connect()


def other_cloud(world: World) -> Answered:
    two_clouds(world)
    return world.connect(cloud="us_government")


def bad_credential(world: World) -> Answered:
    refusal = Answer({"error": "invalid_client", "error_codes": [7000222]}, 401)
    world.microsoft.overrides[f"/{HOME}/oauth2/v2.0/token"] = lambda asked: refusal
    return world.connect()


def bad_registration(world: World, content: dict[str, Any]) -> Answered:
    path = f"/v1.0/applications(appId='{ENVIRONMENT['CLIENT_ID']}')"
    world.microsoft.graph[path] = lambda asked: Answer(content)
    return world.connect()


def too_many(world: World) -> Answered:
    return [world.connect(), world.connect(), world.connect(), world.connect()][-1]


def outage(world: World) -> Answered:
    path = "/contoso.com/v2.0/.well-known/openid-configuration"
    world.microsoft.overrides[path] = lambda asked: Answer(b"", 503)
    return world.connect()


def partner_of(world: World) -> World:
    """The MSP is a partner that has given us its permission."""
    FakePartner(world.microsoft, world.clock)
    return world


def closed_relationship(world: World) -> Answered:
    relationship = Relationship(
        "ended", "Ended", "P1D", ("f2ef992c-3afb-46b9-b7cf-a126ee74c451",), 0.0, status="terminated"
    )
    FakePartner(world.microsoft, world.clock).relationships["ended"] = relationship
    return world.call("POST", "relationships/ended/extend", {})


def refused_relationship(world: World) -> Answered:
    FakePartner(world.microsoft, world.clock).fail.append(graph_error(400, "badRequest"))
    return world.connect(access={"model": "gdap"})


def named(world: World, *references: dict[str, str], name: str = "Contoso") -> Answered:
    return world.call("POST", "customers", {"name": name, "externalReferences": [*references]})


def changed_meanwhile(world: World) -> Answered:
    path, token = f"/api/msp-portal/customers/{named(world).body['customerId']}", portal_token(*ROLES)
    return world.app.call("PATCH", path, token, {"notes": "x"}, {"x-correlation-id": CORRELATION, "if-match": '"old"'})


CASES: dict[str, Callable[[World], Answered]] = {
    "unauthenticated": lambda world: world.call("GET", "tenants", roles=()),
    "role_missing": lambda world: world.call("GET", "tenants", roles=("Onboarding.Connect",)),
    "msp_not_allowed": lambda world: world.call("GET", "tenants", msp=OTHER_TENANT),
    "invalid_request": lambda world: world.connect(nonsense=1),
    "invalid_tenant": lambda world: world.connect("not a tenant"),
    "invalid_tenant_common": lambda world: world.connect("common"),
    "tenant_not_found": lambda world: world.connect("nobody.example"),
    "invalid_return_url": lambda world: world.connect(returnUrl="//evil.example"),
    "access_model_unsupported": lambda world: world.connect(access={"model": "dap"}),
    "partner_access_missing": lambda world: world.connect(access={"model": "gdap"}),
    "relationship_unknown": lambda world: partner_of(world).call("GET", "relationships/nobodys"),
    "relationship_closed": closed_relationship,
    "relationship_refused": refused_relationship,
    "security_group_unusable": lambda world: partner_of(world).connect(
        access={"model": "gdap", "securityGroups": [{"groupId": CUSTOMER}]}
    ),
    "dap_not_found": lambda world: partner_of(world).call("POST", "dap/moves", {"tenantIds": [TENANT]}),
    "move_unknown": lambda world: world.call("GET", f"dap/moves/{CUSTOMER}"),
    "customer_not_found": lambda world: world.call(
        "POST", "tenants/connect", {"tenant": "contoso.com", "customerId": CUSTOMER}
    ),
    "payload_too_large": lambda world: world.call("POST", "tenants/connect", b" " * 70_000),
    "rate_limited": too_many,
    "tenant_in_other_cloud": other_cloud,
    "tenant_in_two_clouds": two_clouds,
    "credential_expired": bad_credential,
    "redirect_uri_mismatch": lambda world: bad_registration(world, {"web": {"redirectUris": []}}),
    "app_not_multitenant": lambda world: bad_registration(world, {"signInAudience": "AzureADMyOrg"}),
    "already_connected_elsewhere": foreign,
    "already_connected": own,
    "microsoft_unavailable": outage,
    "invalid_state": lambda world: world.forward(state="unknown", tenant=TENANT),
    "state_used": used_link,
    "link_expired": expired_link,
    "link_replaced": other_link,
    "link_cancelled": cancelled_link,
    "consent_declined": lambda world: world.consented(
        error="access_denied", error_description="AADSTS65004: User declined to consent."
    ),
    "consent_needs_an_administrator": lambda world: world.consented(
        error="access_denied", error_description="AADSTS90094: Admin consent is required."
    ),
    "consent_without_subscription": lambda world: world.consented(
        error="invalid_client", error_description="AADSTS650052: No subscription."
    ),
    "consent_stopped_at_mfa": lambda world: world.consented(
        error="interaction_required", error_description="AADSTS50076: MFA is required."
    ),
    "consent_wrong_account": lambda world: world.consented(
        error="access_denied", error_description="AADSTS50020: User account does not exist in tenant."
    ),
    "consent_failed_for_an_unknown_reason": lambda world: world.consented(
        error="server_says_no", error_description="AADSTS999999: <script>alert(1)</script>"
    ),
    "wrong_tenant": lambda world: world.consented(tenant=OTHER_TENANT),
    "sign_in_to_another_tenant": lambda world: world.signed_in(tid=OTHER_TENANT),
    "sign_in_without_role": lambda world: world.signed_in(wids=["b79fbf4d-3ef9-4689-8143-76b194e85509"]),
    "tenant_unknown": lambda world: world.call("GET", f"tenants/{TENANT}"),
    "resource_unknown": lambda world: owned(world, f"{TENANT}/inventory/calendars", method="GET"),
    "operation_unknown": lambda world: owned(world, f"{TENANT}/permissions", {"operation": "format_disk"}),
    "operation_unavailable": lambda world: owned(world, f"{TENANT}/permissions", {"operation": "automate_users"}),
    "transfer_to_oneself": lambda world: owned(world, f"{TENANT}/transfer", {"toMspTenantId": MSP}),
    "transfer_unknown": lambda world: world.call("DELETE", f"transfers/{TENANT}"),
    "customer_exists": lambda world: [named(world), named(world)][-1],
    "customer_changed": changed_meanwhile,
    "customer_has_tenants": lambda world: world.call("DELETE", f"customers/{world.connect().body['customerId']}"),
    "reference_taken": lambda world: [named(world, *REFERENCE), named(world, *REFERENCE, name="Other")][-1],
    "suggestion_unknown": lambda world: world.call("POST", f"customers/suggestions/{TENANT}", {"action": "reject"}),
    "batch_unknown": lambda world: world.call("GET", f"tenants/connect-batches/{TENANT}"),
    "webhooks_unavailable": lambda world: world.call("PUT", "webhook", {"url": "https://hooks.example.com/in"}),
}


@contextmanager
def fresh_world() -> Iterator[World]:
    """A service of its own; ids that are made are replaced by fixed ones in what is compared."""
    microsoft, clock = FakeMicrosoft(), FakeClock()
    microsoft.domains["home.test"] = HOME
    microsoft.consented[HOME] = ("User.Read.All",)
    microsoft.elsewhere["https://login.other.test"] = lambda asked: Answer({"error": "invalid_tenant"}, 400)
    settings = Settings.from_env({**ENVIRONMENT, "HOME_TENANT_ID": HOME, "CONNECT_RATE_PER_MINUTE": "3"})
    settings = replace(settings, other_login_endpoints=("https://login.other.test",))
    outbound = Outbound((LOGIN, GRAPH, "https://login.other.test"), adapter=microsoft)
    with using(build_services(settings, tables=MemoryTables(), clock=clock, outbound=outbound)) as services:
        yield World(App(), microsoft, clock, services)


def document_of(case: str) -> Any:
    """The problem a case ends with; a made customer id becomes a fixed one."""
    with fresh_world() as world:
        answer = CASES[case](world)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.status == answer.body["status"]
        customers = {row.values["customer_id"] for row in world.services.tables.scan("Customers", MSP)}
    text = json.dumps(answer.body, sort_keys=True)
    for customer in customers:
        text = text.replace(customer, CUSTOMER)
    return json.loads(text)


@pytest.mark.parametrize("case", CASES)
def test_problem_document_is_exactly_this(case: str):
    assert document_of(case) == json.loads(FIXTURE.read_text())[case]


def test_every_document_says_whose_move_it_is_and_what_to_do():
    for case, document in json.loads(FIXTURE.read_text()).items():
        assert {"type", "title", "status", "detail", "instance", "code", "owner", "nextAction"} <= set(document), case
        assert document["correlationId"] == CORRELATION
        assert "<script>" not in json.dumps(document)


if __name__ == "__main__":
    FIXTURE.write_text(json.dumps({case: document_of(case) for case in CASES}, indent=1, sort_keys=True) + "\n")
