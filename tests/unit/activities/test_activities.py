"""Verify, plan and finish, each as one activity."""

from dataclasses import replace

import pytest

from activities.edge import enveloped
from activities.finish_run import finish_run
from activities.plan_sync import plan_sync
from activities.verify_consent import DELAYS_SECONDS, verify_consent
from tenantsync.errors import ThrottledError
from tenantsync.operations import ROLE_NAMES
from tenantsync.resources.registry import RESOURCES
from tenantsync.services import Services
from tenantsync.store.inventory import Listing
from tenantsync.store.owners import TenantOwner
from tenantsync.store.progress import ResourceProgress, ResourceState
from tenantsync.store.runs import Run, RunState
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import (
    ALL_ROLES,
    CLIENT_ID,
    MSP,
    OTHER_MSP,
    OTHER_TENANT,
    TENANT,
    Answer,
    FakeMicrosoft,
    app_token,
    graph_error,
    graph_page,
)
from tests.unit.journey import onboard, put_run

TOKEN_PATH = f"/{TENANT}/oauth2/v2.0/token"


@pytest.fixture
def run(services: Services, microsoft: FakeMicrosoft) -> Run:
    return onboard(services, microsoft)


def stored(services: Services, run: Run) -> Run:
    found = services.runs.read(run.run_id)
    assert found is not None
    return found


def token_answer(token: str) -> Answer:
    return Answer({"access_token": token, "token_type": "Bearer", "expires_in": 3600})


def test_verified_consent_claims_the_tenant(services: Services, run: Run):
    assert verify_consent(run.run_id, 0, services) == {"state": "verified"}
    owner = services.owners.read(TENANT)
    assert owner is not None
    assert (owner.msp_id, owner.connection_id) == (MSP, run.connection_id)
    assert stored(services, run).state == RunState.SYNCING


@pytest.mark.parametrize(
    "answer",
    [
        Answer({"error": "unauthorized_client", "error_codes": [700016]}, 400),
        Answer({"error": "invalid_client", "error_codes": [7000229]}, 401),
        Answer({"error": "invalid_grant", "error_codes": [65001]}, 400),
        Answer("down", 503),
        token_answer(app_token(TENANT, ())),
        token_answer(app_token(TENANT, ALL_ROLES[:3])),
    ],
)
def test_consent_on_its_way_is_waited_for_and_shown(
    services: Services, microsoft: FakeMicrosoft, run: Run, answer: Answer
):
    microsoft.overrides[TOKEN_PATH] = lambda asked: answer
    assert verify_consent(run.run_id, 0, services) == {"state": "waiting", "delaySeconds": DELAYS_SECONDS[0]}
    waiting = stored(services, run)
    assert (waiting.state, waiting.waiting_reason, waiting.waiting_until) == (
        RunState.VERIFYING,
        "propagation",
        "2026-03-02T09:00:02.000Z",
    )
    del microsoft.overrides[TOKEN_PATH]
    assert verify_consent(run.run_id, 1, services) == {"state": "verified"}
    assert stored(services, run).waiting_reason == ""


def test_consent_that_never_comes_is_a_clear_problem(services: Services, microsoft: FakeMicrosoft, run: Run):
    microsoft.consented = {}
    outcome = verify_consent(run.run_id, len(DELAYS_SECONDS), services)
    assert (outcome["state"], outcome["problem"]["code"]) == ("failed", "consent_not_found")
    assert services.owners.read(TENANT) is None


def test_token_with_some_roles_is_enough_after_a_while(services: Services, microsoft: FakeMicrosoft, run: Run):
    microsoft.consented[TENANT] = ALL_ROLES[:3]
    assert verify_consent(run.run_id, 3, services) == {"state": "verified"}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (token_answer(app_token(OTHER_TENANT, ALL_ROLES)), "token_mismatch"),
        (token_answer(app_token(TENANT, ALL_ROLES, appid="another-app")), "token_mismatch"),
        (Answer({"error": "invalid_client", "error_codes": [7000215]}, 401), "credential_rejected"),
        (Answer({"error": "invalid_client", "error_codes": [7000222]}, 401), "credential_rejected"),
    ],
)
def test_token_that_proves_nothing_ends_the_run_at_once(
    services: Services, microsoft: FakeMicrosoft, run: Run, answer: Answer, code: str
):
    microsoft.overrides[TOKEN_PATH] = lambda asked: answer
    outcome = verify_consent(run.run_id, 0, services)
    assert (outcome["state"], outcome["problem"]["code"]) == ("failed", code)
    assert services.owners.read(TENANT) is None


@pytest.mark.parametrize("organizations", [[], [{"id": OTHER_TENANT}], [{"id": TENANT}, {"id": OTHER_TENANT}]])
def test_graph_of_another_organization_proves_nothing(
    services: Services, microsoft: FakeMicrosoft, run: Run, organizations: list[dict[str, str]]
):
    microsoft.graph["/v1.0/organization"] = lambda asked: Answer({"value": organizations})
    assert verify_consent(run.run_id, 0, services)["state"] == "failed"
    assert services.owners.read(TENANT) is None


def test_graph_that_lags_behind_the_token_is_waited_for(services: Services, microsoft: FakeMicrosoft, run: Run):
    microsoft.graph["/v1.0/organization"] = lambda asked: graph_error(403, "Authorization_RequestDenied")
    assert verify_consent(run.run_id, 0, services)["state"] == "waiting"


def test_fresh_token_is_asked_for_on_every_try(services: Services, microsoft: FakeMicrosoft, run: Run):
    before = microsoft.count(TOKEN_PATH)
    for attempt in range(3):
        verify_consent(run.run_id, attempt, replace(services))
        put_run(services, run)
    assert microsoft.count(TOKEN_PATH) == before + 3


def test_tenant_that_another_msp_owns_cannot_be_claimed(services: Services, run: Run):
    other = TenantOwner(tenant_id=TENANT, msp_id=OTHER_MSP, customer_id="c", connection_id="x", claimed_at="t")
    services.owners.claim(other)
    outcome = verify_consent(run.run_id, 0, services)
    assert outcome["problem"] == {
        "code": "tenant_already_connected",
        "message": "Contact support.",
        "microsoftCode": "",
    }
    assert services.owners.read(TENANT) == other


def test_late_repetition_does_not_reopen_an_ended_run(services: Services, run: Run):
    put_run(services, replace(run, state=RunState.COMPLETED))
    assert verify_consent(run.run_id, 0, services) == {"state": "verified"}
    assert stored(services, run).state == RunState.COMPLETED


def test_plan_lists_every_resource_once_also_when_repeated(services: Services, run: Run):
    keys = [spec.key for spec in RESOURCES]
    planned = plan_sync(run.run_id, services)
    assert plan_sync(run.run_id, services) == planned
    assert planned["resources"] == keys
    assert [item.resource for item in services.runs.read_resources(run.run_id)] == keys


def test_plan_has_few_lanes_with_turns_the_longest_resources_apart(services: Services, run: Run):
    planned = plan_sync(run.run_id, services)
    assert planned["turns"] is True
    assert planned["lanes"] == [
        ["users", "groups"],
        ["memberships", "organization", "secure_score"],
        ["devices", "mailboxes", "licenses"],
    ]


def test_plan_skips_what_the_token_does_not_allow(services: Services, microsoft: FakeMicrosoft, run: Run):
    microsoft.consented[TENANT] = ("Directory.Read.All",)
    planned = plan_sync(run.run_id, services)["resources"]
    skipped = {item.resource: item for item in services.runs.read_resources(run.run_id) if item.is_ended}
    assert set(skipped) == {"devices", "mailboxes", "secure_score"}
    assert not set(planned) & set(skipped)
    assert skipped["mailboxes"].problem_message == "Exchange mailboxes needs Reports.Read.All."


def progress(run: Run, key: str, state: ResourceState, **more: str) -> ResourceProgress:
    return ResourceProgress(run_id=run.run_id, resource=key, position=0, weight=1, state=state, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("states", "verdict"),
    [
        ([("completed", ""), ("completed", "no_baseline_yet")], "completed"),
        ([("completed", ""), ("skipped", "not_licensed")], "completed"),
        ([("completed", ""), ("skipped", "permission_missing")], "completed_with_issues"),
        ([("completed", ""), ("partial", "count_mismatch")], "completed_with_issues"),
        ([("completed", ""), ("failed", "unexpected_answer")], "completed_with_issues"),
        ([("failed", "consent_lost"), ("failed", "consent_lost")], "failed"),
    ],
)
def test_run_ends_as_its_resources_did(services: Services, run: Run, states: list[tuple[str, str]], verdict: str):
    items = [progress(run, f"r{n}", ResourceState(s), problem_code=code) for n, (s, code) in enumerate(states)]
    put_run(services, replace(run, state=RunState.SYNCING))
    services.runs.plan(items)
    assert finish_run(run.run_id, services)["state"] == verdict
    ended = stored(services, run)
    assert (ended.state, bool(ended.finished_at), bool(ended.summary)) == (verdict, True, True)


@pytest.mark.parametrize(("state", "domains"), [("completed", "contoso.com contoso.de"), ("failed", "")])
def test_verified_domains_are_remembered_of_a_tenant_that_is_ours(
    services: Services, run: Run, state: str, domains: str
):
    """A run that failed may be about another MSP's tenant, whose inventory is nobody else's business."""
    organization = {"id": TENANT, "verifiedDomains": [{"name": "Contoso.com"}, {"name": "contoso.de"}]}
    services.inventory.write(Listing(TENANT, "organization", "s"), {TENANT: organization})
    put_run(services, replace(run, state=RunState.SYNCING))
    services.runs.plan([progress(run, "users", ResourceState(state))])
    assert finish_run(run.run_id, services)["state"] == state
    tenant = services.tenants.read(MSP, TENANT)
    assert tenant
    assert tenant.verified_domains == domains


def test_finish_names_what_has_not_ended_and_changes_nothing(services: Services, run: Run):
    put_run(services, replace(run, state=RunState.SYNCING))
    services.runs.plan(
        [progress(run, "users", ResourceState.RUNNING), progress(run, "groups", ResourceState.COMPLETED)]
    )
    assert finish_run(run.run_id, services) == {"unfinished": ["users"]}
    assert stored(services, run).state == RunState.SYNCING


def test_finish_by_force_gives_up_what_has_not_ended(services: Services, run: Run):
    put_run(services, replace(run, state=RunState.SYNCING))
    services.runs.plan(
        [progress(run, "users", ResourceState.RUNNING), progress(run, "groups", ResourceState.COMPLETED)]
    )
    assert finish_run(run.run_id, services, force=True)["state"] == "completed_with_issues"
    users = services.runs.read_resource(run.run_id, "users")
    assert users is not None
    assert (users.progress.state, users.progress.problem_code) == ("failed", "internal_error")


def test_edge_turns_failures_and_bugs_into_envelopes():
    def throttled() -> dict[str, object]:
        raise ThrottledError("throttled")

    def bug() -> dict[str, object]:
        raise KeyError("secret detail")

    assert enveloped("deed", {}, lambda: {"n": 1}) == {"ok": True, "n": 1}
    assert enveloped("deed", {}, throttled) == {"ok": False, "code": "throttled", "action": "wait"}
    assert enveloped("deed", {}, bug) == {"ok": False, "code": "internal_error", "action": "stop"}


def test_store_that_fails_is_an_envelope_to_retry(services: Services, tables: MemoryTables, run: Run):
    tables.fail_next = 1
    assert enveloped("deed", {}, lambda: plan_sync(run.run_id, services))["action"] == "retry"


def test_permission_that_is_assigned_but_not_in_the_token_yet_is_waited_for(
    services: Services, microsoft: FakeMicrosoft, run: Run
):
    """Microsoft's directory shows it: then it is on its way, however long that takes."""
    microsoft.consented[TENANT] = tuple(role for role in ALL_ROLES if role != "Reports.Read.All")
    microsoft.graph[f"/v1.0/servicePrincipals(appId='{CLIENT_ID}')"] = lambda asked: Answer({"id": "sp"})
    microsoft.graph["/v1.0/servicePrincipals/sp/oauth2PermissionGrants"] = lambda asked: graph_page([])
    assigned = [{"appRoleId": role_id} for role_id in ROLE_NAMES]
    microsoft.graph["/v1.0/servicePrincipals/sp/appRoleAssignments"] = lambda asked: graph_page(assigned)
    for attempt in range(len(DELAYS_SECONDS)):
        assert verify_consent(run.run_id, attempt, services)["state"] == "waiting"
    assert verify_consent(run.run_id, len(DELAYS_SECONDS), services)["state"] == "verified"


def test_permission_that_was_not_granted_is_not_waited_for_long(services: Services, microsoft: FakeMicrosoft, run: Run):
    microsoft.consented[TENANT] = tuple(role for role in ALL_ROLES if role != "Reports.Read.All")
    assert verify_consent(run.run_id, 2, services)["state"] == "waiting"
    assert verify_consent(run.run_id, 3, services)["state"] == "verified"


def test_what_an_activity_records_carries_the_id_of_its_job(services: Services):
    def deed() -> dict[str, object]:
        services.audit.record("something", msp_id=MSP, actor="system")
        return {}

    enveloped("deed", {"runId": "run-1"}, deed)
    (entry,), _ = services.audit.read_page(MSP, "", 10, "")
    assert entry.correlation_id == "run-1"


def test_roles_that_arrive_one_by_one_are_waited_for_a_minute(services: Services, microsoft: FakeMicrosoft, run: Run):
    """Without Directory.Read.All what was granted cannot be looked at; it may itself be on its way."""
    microsoft.consented[TENANT] = ("User.Read.All",)
    microsoft.graph[f"/v1.0/servicePrincipals(appId='{CLIENT_ID}')"] = lambda asked: graph_error(
        403, "Authorization_RequestDenied"
    )
    for attempt in range(6):
        assert verify_consent(run.run_id, attempt, services)["state"] == "waiting"
    microsoft.consented[TENANT] = ALL_ROLES
    assert verify_consent(run.run_id, 6, services)["state"] == "verified"


def test_token_service_that_answers_no_json_is_waited_for(services: Services, microsoft: FakeMicrosoft, run: Run):
    microsoft.overrides[TOKEN_PATH] = lambda asked: Answer("Too many requests", 429)
    assert verify_consent(run.run_id, 1, services)["state"] == "waiting"
