"""Legacy DAP is seen and said; customers are moved to GDAP one by one, and nobody's failure stops the others."""

from typing import Any

import pytest

from activities.check_relationship import check_relationship
from activities.move_tenant import move_tenant
from tenantsync.errors import TransientError
from tenantsync.services import Services
from tests.app import App
from tests.fakes.clock import FakeClock
from tests.fakes.microsoft import MSP, OTHER_MSP, OTHER_TENANT, TENANT, Answer, FakeMicrosoft, graph_error, portal_token
from tests.fakes.partner import GROUP, FakePartner
from tests.unit.journey import connected

TOKEN = portal_token("Onboarding.Connect", "Onboarding.Read")
PATH = "/api/msp-portal/dap"
THIRD = "33333333-3333-4333-8333-333333333333"


@pytest.fixture
def partner(partner: FakePartner) -> FakePartner:
    """A reseller of three customers."""
    for tenant_id, domain in ((TENANT, "contoso.com"), (OTHER_TENANT, "fabrikam.com"), (THIRD, "adatum.com")):
        partner.add_contract(tenant_id, domain)
    return partner


def call(method: str, path: str = "", body: Any = None, app: App | None = None, **token: str) -> tuple[int, Any]:
    bearer = portal_token("Onboarding.Connect", "Onboarding.Read", **token) if token else TOKEN
    answer = (app or App()).call(method, PATH + path, bearer, body)
    return answer.status, answer.body


def begin(services: Services, app: App | None = None, **body: Any) -> str:
    status, begun = call("POST", "/moves", {"all": True, **body}, app)
    assert status == 202, begun
    return str(begun["moveId"])


def run(services: Services, move_id: str, **job: Any) -> int:
    """The orchestration's steps to the end; how many."""
    job, steps = {"mspId": MSP, "moveId": move_id, "after": "", **job}, 0
    while not (outcome := move_tenant(job, services))["ended"]:
        job, steps = {**job, "after": outcome["after"]}, steps + 1
    return steps


def test_every_contract_is_shown_with_what_to_do(services: Services, partner: FakePartner, microsoft: FakeMicrosoft):
    connected(services, microsoft)
    status, body = call("GET")
    assert (status, body["legacy"], len(body["items"])) == (200, 3, 3)
    first = next(item for item in body["items"] if item["tenantId"] == TENANT)
    assert (first["isConnected"], first["gdap"], first["contractType"]) == (True, None, "ResellerPartner")
    assert first["problem"]["code"] == "dap_legacy"
    shown = App().call("GET", f"/api/msp-portal/tenants/{TENANT}", TOKEN).body["access"]
    assert (shown["model"], shown["legacy"]) == ("direct", True)


def test_dry_run_tells_what_would_happen_and_does_nothing(services: Services, partner: FakePartner):
    app = App()
    status, body = call("POST", "/moves", {"all": True, "dryRun": True, "roleTemplate": "helpdesk"}, app)
    assert (status, body["moveId"], body["asked"], body["dryRun"]) == (200, None, 3, True)
    assert {item["action"] for item in body["items"]} == {"ask"}
    assert "Helpdesk Administrator" in {role["name"] for role in body["roles"]}
    assert (partner.relationships, app.client.instances) == ({}, {})


def test_move_asks_every_customer_once_and_shows_its_progress(
    services: Services, partner: FakePartner, clock: FakeClock
):
    app = App()
    move_id = begin(services, app)
    assert app.client.started[f"move-{move_id}"] == ("move_to_gdap", {"mspId": MSP, "moveId": move_id, "after": ""})
    assert call("GET", f"/moves/{move_id}")[1]["counts"] == {"pending": 3}
    assert (run(services, move_id), run(services, move_id)) == (3, 3)
    assert len(partner.relationships) == 3
    first = next(item for item in partner.relationships.values() if item.customer_id == TENANT)
    partner.approve(first)
    (own,) = services.relationships.list_of_tenant(MSP, TENANT)
    check_relationship({"mspId": MSP, "tenantId": TENANT, "key": own.key}, services)
    body = call("GET", f"/moves/{move_id}")[1]
    assert (body["counts"], body["isDone"], body["total"]) == ({"asked": 2, "active": 1}, False, 3)
    waiting = next(item for item in body["items"] if item["state"] == "asked")
    assert waiting["access"]["approvalUrl"].startswith("https://admin.microsoft.com/")
    assert call("GET")[1]["legacy"] == 2


def test_customers_on_their_way_are_skipped_with_the_reason(services: Services, partner: FakePartner, clock: FakeClock):
    run(services, begin(services, tenantIds=[TENANT, OTHER_TENANT], all=False))
    partner.approve(next(item for item in partner.relationships.values() if item.customer_id == TENANT))
    _, body = call("POST", "/moves", {"all": True, "dryRun": True})
    reasons = {item["tenantId"]: item["reason"] for item in body["items"]}
    assert reasons == {TENANT: "gdap_active", OTHER_TENANT: "approval_pending", THIRD: None}
    assert (body["asked"], body["skipped"]) == (1, 2)


def test_one_failure_never_stops_the_rest(services: Services, partner: FakePartner):
    move_id = begin(services)
    partner.fail.append(graph_error(400, "badRequest"))
    run(services, move_id)
    body = call("GET", f"/moves/{move_id}")[1]
    assert body["counts"] == {"failed": 1, "asked": 2}
    failed = next(item for item in body["items"] if item["state"] == "failed")
    assert (failed["problem"]["code"], failed["problem"]["owner"]) == ("relationship_refused", "technician")


def test_what_may_pass_is_tried_again_and_given_up_in_the_end(services: Services, partner: FakePartner):
    move_id = begin(services)
    partner.fail.append(Answer(b"", 503))
    with pytest.raises(TransientError):
        run(services, move_id)
    assert call("GET", f"/moves/{move_id}")[1]["counts"] == {"pending": 3}
    job = {"mspId": MSP, "moveId": move_id, "after": "", "lost": 10, "code": "microsoft_unavailable"}
    assert move_tenant(job, services) == {"ended": False, "after": TENANT}
    run(services, move_id)
    assert call("GET", f"/moves/{move_id}")[1]["counts"] == {"failed": 1, "asked": 2}


def test_tenant_without_a_contract_is_named(services: Services, partner: FakePartner):
    status, body = call("POST", "/moves", {"tenantIds": [TENANT, OTHER_MSP]})
    assert (status, body["code"], OTHER_MSP in body["detail"]) == (404, "dap_not_found", True)
    assert not partner.relationships


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"all": True, "tenantIds": [TENANT]},
        {"all": "yes"},
        {"tenantIds": []},
        {"tenantIds": ["contoso.com"]},
        {"tenantIds": TENANT},
        {"all": True, "dryRun": 1},
        {"all": True, "surprise": 1},
        {"all": True, "duration": "P9Y"},
    ],
)
def test_bad_moves_are_refused(services: Services, partner: FakePartner, body: dict[str, Any]):
    assert call("POST", "/moves", body)[1]["code"] == "invalid_request"


def test_groups_are_checked_before_anybody_is_asked(services: Services, partner: FakePartner):
    partner.groups = {}
    _, body = call("POST", "/moves", {"all": True, "securityGroups": [{"groupId": GROUP}]})
    assert body["code"] == "security_group_unusable"


def test_move_of_another_msp_is_not_there(services: Services, partner: FakePartner):
    move_id = begin(services)
    assert call("GET", f"/moves/{move_id}", msp=OTHER_MSP)[1]["code"] == "move_unknown"
    assert call("GET", "/moves/nonsense")[1]["code"] == "move_unknown"


def test_dap_without_our_permission_is_a_problem_of_operations(
    services: Services, partner: FakePartner, microsoft: FakeMicrosoft
):
    microsoft.graph["/v1.0/contracts"] = lambda asked: graph_error(403, "Authorization_RequestDenied")
    status, body = call("GET")
    assert (status, body["code"], body["owner"]) == (409, "partner_access_missing", "msp_ops")


def test_customer_whose_request_was_withdrawn_is_asked_again(services: Services, partner: FakePartner):
    run(services, begin(services, tenantIds=[TENANT], all=False))
    App().call("DELETE", f"/api/msp-portal/relationships/{partner.only.relationship_id}", TOKEN)
    status, body = call("POST", "/moves", {"tenantIds": [TENANT], "dryRun": True})
    assert (status, body["items"][0]["action"]) == (200, "ask")


def test_customer_whose_relationship_is_ending_is_asked_again(services: Services, partner: FakePartner):
    run(services, begin(services, tenantIds=[TENANT], all=False))
    relationship = partner.approve()
    App().call("DELETE", f"/api/msp-portal/relationships/{relationship.relationship_id}", TOKEN)
    _, body = call("POST", "/moves", {"tenantIds": [TENANT], "dryRun": True})
    assert body["items"][0]["action"] == "ask"


def test_draft_nobody_can_approve_holds_no_move_back(services: Services, partner: FakePartner):
    run(services, begin(services, tenantIds=[TENANT], all=False))
    partner.only.status = "created"
    _, body = call("POST", "/moves", {"tenantIds": [TENANT], "dryRun": True})
    assert body["items"][0]["action"] == "ask"


def test_move_is_found_however_its_id_is_written(services: Services, partner: FakePartner):
    assert call("GET", f"/moves/{begin(services).upper()}")[0] == 200


def test_large_move_is_shown_with_few_reads(services: Services, partner: FakePartner, monkeypatch: pytest.MonkeyPatch):
    move_id = begin(services)
    run(services, move_id)
    reads: list[Any] = []
    monkeypatch.setattr(services.relationships, "read", lambda *args: reads.append(args))
    counts = call("GET", f"/moves/{move_id}")[1]["counts"]
    assert (counts, reads) == ({"asked": 3}, [])
