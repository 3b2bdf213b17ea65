"""Everything a redirect may carry, true or forged, and everything that may happen between two of them."""

from collections.abc import Callable
from typing import Any

import pytest

from callback.handler import receive_forwarded, receive_redirect
from callback.outcome import CallbackRefusedError, accept_callback
from tenantsync.clock import to_rfc3339
from tenantsync.errors import ConfigurationError, ConsentError, ContractError, TransientError
from tenantsync.identity.caller import Caller, Role
from tenantsync.identity.consent import CallbackFields, hash_state
from tenantsync.runs.cancelling import cancel_work
from tenantsync.services import Services
from tenantsync.store.connections import Connections, ConnectionState
from tenantsync.store.runs import Run, RunState
from tests.app import App
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import MSP, OTHER_MSP, OTHER_TENANT, TENANT, Answer, FakeMicrosoft, portal_token
from tests.fakes.orchestrations import Started
from tests.unit.journey import (
    TECHNICIAN,
    connect,
    finish_sign_in,
    query_of,
    redirect,
    sign_in_link,
    state_of,
)

STRANGER = Caller(OTHER_MSP, "stranger", frozenset({Role.CONNECT}))


@pytest.fixture
def started() -> Started:
    return Started()


def result_of(reply_location: str) -> str:
    return query_of(reply_location)["result"]


def test_consent_leads_to_a_sign_in_bound_by_pkce_and_nonce(services: Services, started: Started):
    link = sign_in_link(services, connect(services), started)
    query = query_of(link)
    assert link.startswith(f"https://login.test/{TENANT}/oauth2/v2.0/authorize?")
    assert (query["response_type"], query["response_mode"]) == ("code", "query")
    assert (query["code_challenge_method"], query["redirect_uri"]) == ("S256", services.settings.callback_url)
    assert query["nonce"]
    assert "offline_access" not in query["scope"]
    assert started.runs == []


def test_sign_in_starts_the_run_once_and_lands_on_the_portal(
    services: Services, microsoft: FakeMicrosoft, started: Started
):
    connected = connect(services)
    reply = finish_sign_in(services, microsoft, sign_in_link(services, connected, started), started)
    assert reply.status == 303
    assert reply.headers["Location"] == f"https://portal.test/connect/{connected['connectionId']}?result=verifying"
    assert started.runs == [f"onboard-{connected['connectionId']}"]


def test_sign_in_is_remembered_with_the_admins_roles(services: Services, microsoft: FakeMicrosoft, started: Started):
    microsoft.id_token_claims = {"wids": ["62e90394-69f5-4237-9190-012177145e10"]}
    connected = connect(services)
    finish_sign_in(services, microsoft, sign_in_link(services, connected, started), started)
    connection = services.connections.read(MSP, connected["connectionId"])
    assert connection is not None
    assert connection.admin_object_id == "00000000-0000-4000-8000-0000000000ad"
    assert connection.admin_directory_roles == "62e90394-69f5-4237-9190-012177145e10"


@pytest.mark.parametrize("state", ["", "unknown", "x" * 600, "\x00"])
def test_unknown_state_lands_on_a_page_without_connection(services: Services, started: Started, state: str):
    reply = redirect(services, started, state=state, admin_consent="True", tenant=TENANT)
    assert reply.headers["Location"] == "https://portal.test/connect?result=invalid_link"


def test_raw_state_is_what_counts(services: Services, started: Started):
    state = state_of(connect(services)["authUrl"])
    for changed in (state.swapcase(), f" {state}", f"{state}="):
        assert result_of(redirect(services, started, state=changed).headers["Location"]) == "invalid_link"


def test_expired_link_is_told_apart(services: Services, started: Started, clock: FakeClock):
    connected = connect(services)
    clock.advance(8 * 24 * 3600)
    reply = redirect(services, started, state=state_of(connected["authUrl"]), tenant=TENANT)
    assert result_of(reply.headers["Location"]) == "expired"


def test_newer_link_replaces_the_older(services: Services, started: Started):
    older, newer = connect(services), connect(services)
    assert result_of(redirect(services, started, state=state_of(older["authUrl"])).headers["Location"]) == "expired"
    assert sign_in_link(services, newer, started)


@pytest.mark.parametrize(
    ("fields", "state", "code", "result"),
    [
        (
            {"error": "access_denied", "error_description": "AADSTS65004: declined"},
            "declined",
            "consent_declined",
            "declined",
        ),
        ({"error": "access_denied"}, "declined", "consent_declined", "declined"),
        ({"error": "access_denied", "error_subcode": "cancel"}, "declined", "consent_declined", "declined"),
        (
            {"error": "access_denied", "error_description": "AADSTS50020: other directory"},
            "failed",
            "consent_failed",
            "error",
        ),
    ],
)
def test_error_comes_first_even_with_admin_consent_true(
    services: Services, started: Started, fields: dict[str, str], state: str, code: str, result: str
):
    connected = connect(services)
    link_state = state_of(connected["authUrl"])
    reply = redirect(services, started, state=link_state, admin_consent="True", tenant=TENANT, **fields)
    connection = services.connections.read(MSP, connected["connectionId"])
    assert connection is not None
    assert (connection.state, connection.problem_code, result_of(reply.headers["Location"])) == (state, code, result)
    again = redirect(services, started, state=link_state, admin_consent="True", tenant=TENANT)
    assert result_of(again.headers["Location"]) == "expired"
    assert started.runs == []


def test_error_description_is_never_shown_raw(services: Services, started: Started):
    connected = connect(services)
    fields = {"error": "<script>", "error_description": "<img src=x onerror=alert(1)> secret-detail"}
    redirect(services, started, state=state_of(connected["authUrl"]), **fields)
    connection = services.connections.read(MSP, connected["connectionId"])
    assert connection is not None
    assert connection.problem_message == "Microsoft said script."


def test_endless_code_in_a_forged_redirect_is_not_kept():
    forged = CallbackFields.parse({"error": "access_denied", "error_description": "AADSTS" + "1" * 50_000})
    assert forged.error_code == "access_denied"


def test_consent_of_another_tenant_is_refused_and_named(services: Services, started: Started):
    connected = connect(services)
    reply = redirect(services, started, state=state_of(connected["authUrl"]), tenant=OTHER_TENANT)
    connection = services.connections.read(MSP, connected["connectionId"])
    assert connection is not None
    assert (result_of(reply.headers["Location"]), connection.state) == ("wrong_tenant", ConnectionState.WRONG_TENANT)
    assert OTHER_TENANT in connection.problem_message


def test_sign_in_to_another_tenant_is_refused(services: Services, microsoft: FakeMicrosoft, started: Started):
    """An MSP that posts its own state when another MSP's consent arrives fails here: its admin is of no such tenant."""
    connected = connect(services)
    link = sign_in_link(services, connected, started)
    microsoft.signing_in = OTHER_TENANT
    reply = finish_sign_in(services, microsoft, link, started)
    assert result_of(reply.headers["Location"]) in ("wrong_tenant", "error")
    assert started.runs == []
    assert services.owners.read(TENANT) is None


def test_sign_in_with_another_nonce_is_refused(services: Services, microsoft: FakeMicrosoft, started: Started):
    link = sign_in_link(services, connect(services), started)
    microsoft.nonce = "another"
    reply = redirect(services, started, state=state_of(link), code="stolen")
    assert result_of(reply.headers["Location"]) == "error"
    assert started.runs == []


def test_code_on_the_consent_state_starts_nothing(services: Services, started: Started):
    connected = connect(services)
    reply = redirect(services, started, state=state_of(connected["authUrl"]), code="forged", tenant=TENANT)
    assert "/oauth2/v2.0/authorize" in reply.headers["Location"]
    assert started.runs == []


def test_reload_after_success_is_verifying_again_and_starts_nothing_twice(
    services: Services, microsoft: FakeMicrosoft, started: Started
):
    connected = connect(services)
    link = sign_in_link(services, connected, started)
    finish_sign_in(services, microsoft, link, started)
    for state in (state_of(link), state_of(connected["authUrl"])):
        reply = redirect(services, started, state=state, tenant=TENANT, code="again")
        assert result_of(reply.headers["Location"]) == "verifying"
    assert set(started.runs) == {f"onboard-{connected['connectionId']}"}


def test_reload_before_the_sign_in_begins_it_again(services: Services, microsoft: FakeMicrosoft, started: Started):
    connected = connect(services)
    sign_in_link(services, connected, started)
    second = sign_in_link(services, connected, started)
    assert result_of(finish_sign_in(services, microsoft, second, started).headers["Location"]) == "verifying"


def test_sign_in_service_down_leaves_the_link_usable(services: Services, microsoft: FakeMicrosoft, started: Started):
    link = sign_in_link(services, connect(services), started)
    path = f"/{TENANT}/oauth2/v2.0/token"
    microsoft.overrides[path] = lambda asked: Answer("down", 503)
    assert result_of(finish_sign_in(services, microsoft, link, started).headers["Location"]) == "error"
    del microsoft.overrides[path]
    again = redirect(services, started, state=state_of(link), code="perhaps redeemed").headers["Location"]
    assert result_of(finish_sign_in(services, microsoft, again, started).headers["Location"]) == "verifying"


def test_orchestration_that_cannot_start_is_started_by_a_reload(
    services: Services, microsoft: FakeMicrosoft, started: Started
):
    link = sign_in_link(services, connect(services), started)
    microsoft.nonce = query_of(link)["nonce"]

    class Broken(Started):
        def start(self, name: str, instance_id: str, job: object, *, again: bool = False) -> None:
            raise TransientError("service_unavailable")

    fields = CallbackFields.parse({"state": state_of(link), "code": "once"})
    with pytest.raises(TransientError):
        accept_callback(fields, services, Broken())
    reply = receive_redirect(fields, services, started)
    assert result_of(reply.headers["Location"]) == "verifying"
    assert len(started.runs) == 1


def test_concurrent_callback_that_loses_does_not_start_a_second_run(
    services: Services, microsoft: FakeMicrosoft, started: Started
):
    link = sign_in_link(services, connect(services), started)
    found = services.callback_states.find(hash_state(state_of(link)))
    assert found is not None
    services.callback_states.use(found, "2026-03-02T09:00:00.000Z")
    reply = finish_sign_in(services, microsoft, link, started)
    assert result_of(reply.headers["Location"]) == "verifying"
    assert started.runs == []


def test_post_of_another_msp_is_refused_and_does_not_use_the_state(services: Services, started: Started):
    connected = connect(services)
    fields = CallbackFields.parse({"state": state_of(connected["authUrl"]), "tenant": TENANT})
    with pytest.raises(CallbackRefusedError, match="invalid_state"):
        receive_forwarded(fields, STRANGER, services, started)
    assert receive_forwarded(fields, TECHNICIAN, services, started).status == 200


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"state": "unknown"}, "invalid_state", 400),
        ({"tenant": OTHER_TENANT}, "wrong_tenant", 409),
        ({"error": "access_denied"}, "consent_declined", 400),
    ],
)
def test_post_answers_problems(services: Services, started: Started, change: dict[str, str], code: str, status: int):
    state = state_of(connect(services)["authUrl"])
    fields = CallbackFields.parse({"state": state, "tenant": TENANT, **change})
    with pytest.raises(CallbackRefusedError) as raised:
        receive_forwarded(fields, TECHNICIAN, services, started)
    assert (raised.value.code, raised.value.problem().status) == (code, status)


def test_post_takes_the_fields_of_a_portal_that_has_types_for_them(services: Services):
    """What is not there is null, and a true is no text."""
    fields = {"state": state_of(connect(services)["authUrl"]), "tenant": TENANT, "admin_consent": True, "error": None}
    posted = App().call("POST", "/api/msp-portal/tenants/callback", portal_token("Onboarding.Connect"), fields)
    assert (posted.status, set(posted.body)) == (200, {"connectionId", "signInUrl"})


def test_post_after_success_says_that_the_link_was_used(services: Services, microsoft: FakeMicrosoft, started: Started):
    link = sign_in_link(services, connect(services), started)
    finish_sign_in(services, microsoft, link, started)
    fields = CallbackFields.parse({"state": state_of(link), "code": "again"})
    with pytest.raises(CallbackRefusedError, match="state_used"):
        receive_forwarded(fields, TECHNICIAN, services, started)


def cancel(services: Services, connected: dict[str, object]) -> None:
    connection = services.connections.read(MSP, str(connected["connectionId"]))
    assert connection is not None
    assert cancel_work(connection, services, Started())


def while_redeeming(monkeypatch: pytest.MonkeyPatch, services: Services, act: Callable[[], object]) -> None:
    """Something happens while Microsoft is asked about the code."""
    original = services.tokens.finish_sign_in

    def slowly(*arguments: Any) -> Any:
        admin = original(*arguments)
        act()
        return admin

    monkeypatch.setattr(services.tokens, "finish_sign_in", slowly)


def test_link_cancelled_during_the_sign_in_stays_cancelled(
    services: Services, microsoft: FakeMicrosoft, started: Started, monkeypatch: pytest.MonkeyPatch
):
    connected = connect(services)
    link = sign_in_link(services, connected, started)
    while_redeeming(monkeypatch, services, lambda: cancel(services, connected))
    assert result_of(finish_sign_in(services, microsoft, link, started).headers["Location"]) == "expired"
    connection = services.connections.read(MSP, connected["connectionId"])
    assert connection is not None
    assert (connection.state, connection.run_id, started.runs) == (ConnectionState.CANCELLED, "", [])


def test_link_replaced_during_the_sign_in_starts_nothing(
    services: Services, microsoft: FakeMicrosoft, started: Started, monkeypatch: pytest.MonkeyPatch
):
    link = sign_in_link(services, connect(services), started)
    while_redeeming(monkeypatch, services, lambda: connect(services))
    assert result_of(finish_sign_in(services, microsoft, link, started).headers["Location"]) == "expired"
    assert started.runs == []


def test_sign_in_at_the_moment_of_cancelling_is_cancelled_too(
    services: Services, microsoft: FakeMicrosoft, started: Started, monkeypatch: pytest.MonkeyPatch
):
    """The administrator comes back between the look at the link and the write that cancels it."""
    connected = connect(services)
    link, change = sign_in_link(services, connected, started), Connections.change

    def raced(self: Connections, *arguments: Any, **more: Any) -> Any:
        monkeypatch.setattr(Connections, "change", change)
        finish_sign_in(services, microsoft, link, started)
        return change(self, *arguments, **more)

    monkeypatch.setattr(Connections, "change", raced)
    cancel(services, connected)
    run = services.runs.read(started.runs[0])
    assert run is not None
    assert run.state == RunState.CANCELLED


def test_second_tab_that_fails_does_not_harm_the_first(
    services: Services, microsoft: FakeMicrosoft, started: Started, monkeypatch: pytest.MonkeyPatch
):
    connected = connect(services)
    first, second = sign_in_link(services, connected, started), sign_in_link(services, connected, started)
    original = services.tokens.finish_sign_in

    def redeem(tenant_id: str, flow: Any, fields: Any) -> Any:
        if fields["state"] == state_of(second):
            finish_sign_in(services, microsoft, first, started)
            raise ConsentError("sign_in_failed", "the code was redeemed")
        return original(tenant_id, flow, fields)

    monkeypatch.setattr(services.tokens, "finish_sign_in", redeem)
    redirect(services, started, state=state_of(second), code="second")
    connection = services.connections.read(MSP, connected["connectionId"])
    assert connection is not None
    assert (connection.state, connection.problem_code) == (ConnectionState.STARTED, "")
    assert connection.run_id == started.runs[0]


def test_store_that_fails_after_the_code_was_redeemed_costs_a_sign_in_and_no_link(
    services: Services, microsoft: FakeMicrosoft, started: Started, monkeypatch: pytest.MonkeyPatch
):
    connected = connect(services)
    link = sign_in_link(services, connected, started)

    def broken(*arguments: object) -> None:
        raise TransientError("storage_unavailable", "pulled out")

    with monkeypatch.context() as patch:
        patch.setattr(services.runs, "create", broken)
        landed = finish_sign_in(services, microsoft, link, started).headers["Location"]
    assert landed == f"https://portal.test/connect/{connected['connectionId']}?result=error"
    again = redirect(services, started, state=state_of(link), code="redeemed already").headers["Location"]
    assert again.startswith(f"https://login.test/{TENANT}/oauth2/v2.0/authorize?")
    assert result_of(finish_sign_in(services, microsoft, again, started).headers["Location"]) == "verifying"
    assert len(started.runs) == 1


def test_callback_lost_in_a_crash_begins_the_sign_in_again(
    services: Services, microsoft: FakeMicrosoft, started: Started, clock: FakeClock
):
    link = sign_in_link(services, connect(services), started)
    found = services.callback_states.find(hash_state(state_of(link)))
    assert found is not None
    services.callback_states.use(found, to_rfc3339(clock.now()))
    clock.advance(180)
    again = redirect(services, started, state=state_of(link), code="once").headers["Location"]
    assert "/oauth2/v2.0/authorize" in again
    assert result_of(finish_sign_in(services, microsoft, again, started).headers["Location"]) == "verifying"


@pytest.mark.parametrize(
    "failure",
    [
        ConfigurationError("credential_rejected", "CLIENT_CERTIFICATE_PATH cannot be read"),
        ContractError("unexpected_answer", "a new kind of answer"),
        TransientError("microsoft_unavailable"),
    ],
)
def test_browser_lands_on_the_connections_page_whatever_fails(
    services: Services, started: Started, monkeypatch: pytest.MonkeyPatch, failure: Exception
):
    connected = connect(services)

    def broken(*arguments: object) -> None:
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(services.tokens, "begin_sign_in", broken)
        reply = redirect(services, started, state=state_of(connected["authUrl"]), tenant=TENANT)
    assert reply.status == 303
    assert reply.headers["Location"] == f"https://portal.test/connect/{connected['connectionId']}?result=error"
    assert sign_in_link(services, connected, started)  # the link is as good as before


def test_sign_in_service_that_slows_us_down_is_no_unknown_tenant(
    services: Services, microsoft: FakeMicrosoft, started: Started
):
    connected = connect(services)
    path = f"/{TENANT}/v2.0/.well-known/openid-configuration"
    microsoft.overrides[path] = lambda asked: Answer({"error": "throttled"}, 429)
    fields = CallbackFields.parse({"state": state_of(connected["authUrl"]), "tenant": TENANT})
    with pytest.raises(TransientError, match="microsoft_unavailable"):
        receive_forwarded(fields, TECHNICIAN, services, started)


def test_our_own_dead_credential_does_not_close_the_customers_link(
    services: Services, microsoft: FakeMicrosoft, started: Started
):
    link = sign_in_link(services, connect(services), started)
    path = f"/{TENANT}/oauth2/v2.0/token"
    microsoft.overrides[path] = lambda asked: Answer({"error": "invalid_client", "error_codes": [7000222]}, 401)
    assert result_of(finish_sign_in(services, microsoft, link, started).headers["Location"]) == "error"
    del microsoft.overrides[path]
    assert result_of(finish_sign_in(services, microsoft, link, started).headers["Location"]) == "verifying"


def test_table_does_not_hold_what_makes_a_callback(services: Services, tables: MemoryTables, started: Started):
    link = sign_in_link(services, connect(services), started)
    flows = [str(row.values["flow"]) for row in tables.rows("CallbackStates") if row.values["leg"] == "sign_in"]
    assert len(flows) == 1
    assert state_of(link) not in flows[0]
    assert "auth_uri" not in flows[0]


def test_account_is_always_asked_for(services: Services, started: Started):
    assert query_of(sign_in_link(services, connect(services), started))["prompt"] == "select_account"


def test_states_that_expired_long_ago_are_forgotten(services: Services, tables: MemoryTables, clock: FakeClock):
    for _ in range(3):
        connect(services)
    clock.advance(10 * 24 * 3600)
    kept = connect(services)
    assert services.callback_states.purge(to_rfc3339(clock.now())) == 3
    assert len(tables.rows("CallbackStates")) == 1
    assert services.callback_states.find(hash_state(state_of(kept["authUrl"])))


def test_second_tab_that_comes_later_is_told_that_it_is_under_way(
    services: Services, microsoft: FakeMicrosoft, started: Started, monkeypatch: pytest.MonkeyPatch
):
    """Both tabs sign in; the first is through while the second's code is still being redeemed."""
    connected = connect(services)
    first, second = sign_in_link(services, connected, started), sign_in_link(services, connected, started)
    original = services.tokens.finish_sign_in

    def redeem(tenant_id: str, flow: Any, fields: Any) -> Any:
        admin = original(tenant_id, flow, fields)
        if fields["state"] == state_of(second):
            finish_sign_in(services, microsoft, first, started)
        return admin

    monkeypatch.setattr(services.tokens, "finish_sign_in", redeem)
    assert result_of(finish_sign_in(services, microsoft, second, started).headers["Location"]) == "verifying"
    assert len(set(started.runs)) == 1


def test_bug_of_ours_shows_the_browser_a_page_and_no_document(services: Services, monkeypatch: pytest.MonkeyPatch):
    state = state_of(connect(services)["authUrl"])

    def bug(*arguments: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(services.callback_states, "find", bug)
    answer = App().call("GET", f"/api/msp-portal/tenants/callback?state={state}&tenant={TENANT}")
    assert (answer.status, answer.headers["Location"]) == (303, "https://portal.test/connect?result=error")


@pytest.mark.parametrize("refusal", [54005, 70008])
def test_code_that_was_spent_in_an_outage_costs_no_link(
    services: Services, microsoft: FakeMicrosoft, started: Started, refusal: int
):
    """The answer got lost after Microsoft had redeemed the code, or the code has expired meanwhile."""
    connected = connect(services)
    link = sign_in_link(services, connected, started)
    path = f"/{TENANT}/oauth2/v2.0/token"
    microsoft.overrides[path] = lambda asked: Answer(b"", 503)
    finish_sign_in(services, microsoft, link, started)
    microsoft.overrides[path] = lambda asked: Answer({"error": "invalid_grant", "error_codes": [refusal]}, 400)
    again = redirect(services, started, state=state_of(link), code="spent").headers["Location"]
    assert "/oauth2/v2.0/authorize" in again
    del microsoft.overrides[path]
    assert result_of(finish_sign_in(services, microsoft, again, started).headers["Location"]) == "verifying"


def test_answer_that_is_no_json_is_a_passing_failure(services: Services, microsoft: FakeMicrosoft, started: Started):
    connected = connect(services)
    link = sign_in_link(services, connected, started)
    microsoft.overrides[f"/{TENANT}/oauth2/v2.0/token"] = lambda asked: Answer("Too many requests", 429)
    assert result_of(finish_sign_in(services, microsoft, link, started).headers["Location"]) == "error"
    connection = services.connections.read(MSP, connected["connectionId"])
    assert connection is not None
    assert connection.state == ConnectionState.AWAITING_CONSENT


@pytest.mark.parametrize("leg", ["consent", "sign_in"])
def test_refusal_that_could_not_be_stored_is_stored_by_the_next_try(
    services: Services, started: Started, monkeypatch: pytest.MonkeyPatch, leg: str
):
    connected = connect(services)
    url = connected["authUrl"] if leg == "consent" else sign_in_link(services, connected, started)
    declined = {"state": state_of(url), "error": "access_denied", "error_subcode": "cancel"}

    def broken(*arguments: object, **more: object) -> None:
        raise TransientError("storage_unavailable", "pulled out")

    with monkeypatch.context() as patch:
        patch.setattr(services.connections, "change", broken)
        assert result_of(redirect(services, started, **declined).headers["Location"]) == "error"
    assert result_of(redirect(services, started, **declined).headers["Location"]) == "declined"
    connection = services.connections.read(MSP, connected["connectionId"])
    assert connection is not None
    assert connection.state == ConnectionState.DECLINED


def test_link_replaced_at_the_last_moment_does_not_start(
    services: Services, microsoft: FakeMicrosoft, started: Started, monkeypatch: pytest.MonkeyPatch
):
    older = connect(services)
    link, create = sign_in_link(services, older, started), services.runs.create
    newer: list[dict[str, Any]] = []

    def raced(run: Run) -> bool:
        newer.append(connect(services))
        return create(run)

    with monkeypatch.context() as patch:
        patch.setattr(services.runs, "create", raced)
        assert result_of(finish_sign_in(services, microsoft, link, started).headers["Location"]) == "expired"
    assert started.runs == []
    latest = services.connections.read_latest(MSP, TENANT)
    assert latest is not None
    assert (latest.connection_id, latest.state) == (newer[0]["connectionId"], ConnectionState.AWAITING_CONSENT)
    assert sign_in_link(services, newer[0], started)


def test_used_link_does_not_begin_sign_ins_for_ever(services: Services, tables: MemoryTables, started: Started):
    connected = connect(services)
    for _ in range(60):
        redirect(services, started, state=state_of(connected["authUrl"]), tenant=TENANT)
    assert len(tables.rows("CallbackStates")) < 30


def test_durable_that_is_away_is_a_passing_failure(services: Services, microsoft: FakeMicrosoft, started: Started):
    connected = connect(services)
    link = sign_in_link(services, connected, started)
    microsoft.nonce = query_of(link)["nonce"]
    app = App()

    async def away(instance_id: str) -> None:
        raise RuntimeError("rpc")

    app.client.get_status = away  # type: ignore[method-assign]
    body = {"state": state_of(link), "code": "once"}
    answer = app.call("POST", "/api/msp-portal/tenants/callback", portal_token("Onboarding.Connect"), body)
    assert (answer.status, answer.body["code"]) == (503, "service_unavailable")


def test_form_is_a_form_in_any_case(services: Services):
    state = state_of(connect(services)["authUrl"])
    answer = App().call(
        "POST",
        "/api/msp-portal/tenants/callback",
        portal_token("Onboarding.Connect"),
        f"state={state}&tenant={TENANT}".encode(),
        {"content-type": "Application/X-WWW-Form-Urlencoded"},
    )
    assert answer.status == 200
