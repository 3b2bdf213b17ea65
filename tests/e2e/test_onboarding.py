"""Journeys of a technician and an administrator, over HTTP and the simulated Microsoft pages only."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from devstack.demo.journey import AdminBrowser, JourneyError, Portal
from devstack.stack import OTHER_MSP, Stack
from tests.e2e.steps import inventory_ids, onboard, spread, true_ids
from tests.e2e.tenants import CERTIFIED, tenant_id

TOKEN = re.compile(rb"eyJ[\w-]{8}")
"""As they begin; the file of a database has checksums in it, which may be anything as short as three letters."""
CALLBACK = "/api/msp-portal/tenants/callback"


def status_of(stack: Stack, domain: str, **token: Any) -> requests.Response:
    url = f"{stack.api}/api/msp-portal/tenants/{tenant_id(domain)}/sync-status"
    return stack.http.get(url, headers={"Authorization": f"Bearer {stack.portal_token('Read', **token)}"}, timeout=30)


def post_callback(stack: Stack, fields: dict[str, str], **token: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {stack.portal_token('Connect', **token)}"}
    return stack.http.post(f"{stack.api}{CALLBACK}", json=fields, headers=headers, timeout=30)


def fields_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def state_of(url: str) -> str:
    return fields_of(url)["state"]


@pytest.fixture(scope="module", autouse=True)
def begun_early(stack: Stack) -> None:
    """The journeys that wait to be sure of a refusal, up to half a minute: they do so while the others go on."""
    for domain in ("refused.test", "partial.test"):
        connected = Portal(stack).connect(domain, domain)
        AdminBrowser(stack).open(connected["authUrl"])


def test_onboarding_proves_every_number(stack: Stack):
    status = onboard(stack, "happy.test")
    assert (status["state"], status["percent"]) == ("completed", 100)
    assert {item["certificate"]["verdict"] for item in status["resources"].values()} == {"complete"}
    assert status["summary"] == stack.truth(tenant_id("happy.test"))


@pytest.mark.parametrize("resource", CERTIFIED)
def test_inventory_holds_exactly_microsofts_objects(stack: Stack, resource: str):
    if status_of(stack, "happy.test").status_code == 404:
        onboard(stack, "happy.test")
    stored = inventory_ids(stack, tenant_id("happy.test"), resource)
    assert sorted(stored) == sorted(true_ids(stack, tenant_id("happy.test"), resource))


def test_tenant_without_intune_skips_devices_and_completes(stack: Stack):
    status = onboard(stack, "nointune.test")
    devices = status["resources"]["devices"]
    assert (status["state"], devices["state"], devices["problem"]["code"]) == ("completed", "skipped", "not_licensed")
    assert status["summary"]["devices"] is None


def test_concealed_names_keep_the_count_and_are_said(stack: Stack):
    status = onboard(stack, "concealed.test")
    mailboxes = status["resources"]["mailboxes"]
    assert (status["state"], mailboxes["state"]) == ("completed", "completed")
    assert mailboxes["problem"]["code"] == "names_concealed"
    assert status["summary"]["mailboxes"] == stack.truth(tenant_id("concealed.test"))["mailboxes"]


def test_slow_propagation_is_waited_for_and_shown(stack: Stack):
    portal = Portal(stack)
    connected = portal.connect("slow.test", "Slow")
    AdminBrowser(stack).open(connected["authUrl"])
    states: list[str] = []
    for status in portal.follow(connected["tenantId"]):
        states.append(status["state"])
        if status["state"] == "verifying" and status["waiting"]:
            assert status["waiting"]["reason"] == "propagation"
            spread(stack, connected["tenantId"])
    assert (states[0], states[-1]) == ("verifying", "completed")


def test_missing_permissions_degrade_only_their_resources(stack: Stack):
    status = list(Portal(stack).follow(tenant_id("partial.test")))[-1]
    states = {name: item["state"] for name, item in status["resources"].items()}
    assert status["state"] == "completed_with_issues"
    assert {name for name, state in states.items() if state == "skipped"} == {"devices", "mailboxes", "secure_score"}
    problem = status["resources"]["mailboxes"]["problem"]
    assert (problem["code"], problem["owner"], "Reports.Read.All" in problem["message"]) == (
        "permission_missing",
        "customer_admin",
        True,
    )


def test_new_tenant_has_no_score_yet_and_completes(stack: Stack):
    status = onboard(stack, "new.test")
    assert (status["state"], status["summary"]["secureScore"]) == ("completed", None)
    assert status["resources"]["secure_score"]["problem"]["code"] == "no_baseline_yet"


def test_storm_of_faults_ends_with_exact_counts(stack: Stack):
    status = onboard(stack, "storm.test")
    resources = status["resources"]
    assert (status["state"], status["summary"]) == ("completed", stack.truth(tenant_id("storm.test")))
    assert sum(item["throttledSeconds"] for item in resources.values()) >= 4
    assert sum(item["retries"] for item in resources.values()) >= 4
    assert resources["groups"]["certificate"]["duplicates"] == 5
    assert sorted(inventory_ids(stack, tenant_id("storm.test"), "memberships")) == sorted(
        true_ids(stack, tenant_id("storm.test"), "memberships")
    )


def test_refused_resource_never_takes_the_others_down(stack: Stack):
    status = list(Portal(stack).follow(tenant_id("refused.test")))[-1]
    states = {name: item["state"] for name, item in status["resources"].items()}
    assert status["state"] == "completed_with_issues"
    assert states.pop("memberships") == "skipped"
    assert set(states.values()) == {"completed"}


def test_resource_that_waits_lets_the_others_of_its_lane_go_on(stack: Stack):
    portal = Portal(stack)
    connected = portal.connect("turns.test", "Turns")
    AdminBrowser(stack).open(connected["authUrl"])
    path = f"tenants/{connected['tenantId']}"

    def only_waits(status: dict[str, Any]) -> bool:
        return {item["state"] for item in status["resources"].values()} == {"waiting", "completed"}

    resources = portal.wait_for(f"{path}/sync-status", only_waits)["resources"]
    assert [key for key, item in resources.items() if item["state"] == "waiting"] == ["devices"]
    portal.call("POST", f"{path}/cancel")


def test_declined_consent_is_said_and_nothing_starts(stack: Stack):
    portal = Portal(stack)
    connected = portal.connect("decline.test", "Declining")
    landed = AdminBrowser(stack).open(connected["authUrl"], action="cancel")
    status = status_of(stack, "decline.test").json()
    assert landed.endswith(f"/connect/{connected['connectionId']}?result=declined")
    assert (status["state"], status["runId"], status["problem"]["owner"]) == ("declined", None, "customer_admin")


def test_consent_of_another_tenant_is_refused_and_named(stack: Stack):
    connected = Portal(stack).connect("asked.test", "Asked")
    other = tenant_id("answered.test")
    fields = {"state": state_of(connected["authUrl"]), "admin_consent": "True", "tenant": other}
    landed = stack.http.get(f"{stack.api}{CALLBACK}", params=fields, allow_redirects=False, timeout=30)
    status = status_of(stack, "asked.test").json()
    assert landed.headers["Location"].endswith("?result=wrong_tenant")
    assert (status["state"], other in status["problem"]["message"]) == ("wrong_tenant", True)


def test_second_callback_starts_nothing_twice(stack: Stack):
    portal = Portal(stack)
    connected = portal.connect("twice.test", "Twice")
    browser = AdminBrowser(stack)
    browser.open(connected["authUrl"])
    again = {"state": state_of(connected["authUrl"]), "admin_consent": "True", "tenant": connected["tenantId"]}
    reloaded = stack.http.get(f"{stack.api}{CALLBACK}", params=again, allow_redirects=False, timeout=30)
    posted = post_callback(stack, again)
    final = list(portal.follow(connected["tenantId"]))[-1]
    assert reloaded.headers["Location"].endswith("?result=verifying")
    assert (posted.status_code, posted.json()["code"]) == (409, "state_used")
    # one page of users, and one look at what has changed meanwhile
    assert (final["state"], final["resources"]["users"]["pages"]) == ("completed", 2)


def test_forged_callback_is_a_clean_page_and_a_problem(stack: Stack):
    forged = {"state": "forged", "admin_consent": "True", "tenant": tenant_id("forged.test")}
    page = stack.http.get(f"{stack.api}{CALLBACK}", params=forged, allow_redirects=False, timeout=30)
    posted = post_callback(stack, forged)
    assert (page.status_code, page.headers["Location"]) == (303, f"{stack.api}/connect?result=invalid_link")
    assert (posted.status_code, posted.json()["code"]) == (400, "invalid_state")


def test_portal_can_forward_both_redirects(stack: Stack):
    portal = Portal(stack)
    connected = portal.connect("posted.test", "Posted")
    admin = requests.Session()
    admin.trust_env = False
    admin.verify = str(stack.certificates.ca)
    accepted = admin.post(connected["authUrl"], data={"action": "accept"}, allow_redirects=False, timeout=30)
    fields = fields_of(accepted.headers["Location"])
    stranger = post_callback(stack, fields, msp=OTHER_MSP)
    first = post_callback(stack, fields)
    chosen = {"action": "accept", "account_tenant": connected["tenantId"]}
    signed_in = admin.post(first.json()["signInUrl"], data=chosen, allow_redirects=False, timeout=30)
    second = post_callback(stack, fields_of(signed_in.headers["Location"]))
    assert (stranger.status_code, stranger.json()["code"]) == (400, "invalid_state")
    assert first.status_code == 200
    assert (second.status_code, second.json()["state"]) == (202, "verifying")
    assert list(portal.follow(connected["tenantId"]))[-1]["state"] == "completed"


def test_tenant_belongs_to_one_msp(stack: Stack):
    onboard(stack, "owned.test")
    other = {"Authorization": f"Bearer {stack.portal_token('Connect', 'Read', msp=OTHER_MSP)}"}
    base = f"{stack.api}/api/msp-portal/tenants"
    body = {"tenant": "owned.test", "customer": {"name": "Mine"}}
    connect = stack.http.post(f"{base}/connect", json=body, headers=other, timeout=30)
    users = stack.http.get(f"{base}/{tenant_id('owned.test')}/inventory/users", headers=other, timeout=30)
    assert (connect.status_code, connect.json()["code"]) == (409, "tenant_already_connected")
    assert "customer" not in connect.json()["detail"]
    assert status_of(stack, "owned.test", msp=OTHER_MSP).status_code == 404
    assert users.status_code == 404
    with pytest.raises(JourneyError, match="tenant_already_connected"):
        Portal(stack).connect("owned.test", "Again")


def test_status_answers_304_until_something_changes(stack: Stack):
    if status_of(stack, "owned.test").status_code == 404:
        onboard(stack, "owned.test")
    first = status_of(stack, "owned.test")
    token = stack.portal_token("Read")
    headers = {"Authorization": f"Bearer {token}", "If-None-Match": first.headers["ETag"]}
    again = stack.http.get(first.url, headers=headers, timeout=30)
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["Cache-Control"] == "private, no-cache"


def test_histories_and_logs_hold_no_secrets(stack: Stack):
    connected = Portal(stack).connect("forged.test", "Forged")
    AdminBrowser(stack).open(connected["authUrl"])
    list(Portal(stack).follow(connected["tenantId"]))
    history = (stack.directory / "host" / "history.sqlite").read_bytes()
    history += (stack.directory / "host" / "history.sqlite-wal").read_bytes()
    log = (stack.logs / "host.log").read_bytes()
    assert not TOKEN.search(history + log)
    for secret in (state_of(connected["authUrl"]).encode(), b"@forged.test", b"simulated-client-secret"):
        assert secret not in history
        assert secret not in log
