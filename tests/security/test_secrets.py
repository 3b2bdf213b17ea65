"""Canaries: every secret of a journey, searched for wherever it might have got to, on good and bad paths."""

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import jwt
import pytest

from activities.finish_run import finish_run
from activities.plan_sync import plan_sync
from activities.verify_consent import verify_consent
from tenantsync.identity.tokens import TokenSource
from tenantsync.outbound import Outbound
from tenantsync.services import Services, build_services, using
from tenantsync.settings import Settings
from tests.app import App
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import GRAPH, LOGIN, TENANT, Answer, FakeMicrosoft, graph_error, portal_token
from tests.services import ENVIRONMENT
from tests.telemetry import Telemetry
from tests.unit.journey import query_of, state_of

CANARY = "canary-client-secret-4f1b"
ADMIN_MAIL = "canary.admin@contoso.com"
ROLES = ("Onboarding.Connect", "Onboarding.Read")


@pytest.fixture
def secretive(clock: FakeClock, tables: MemoryTables, microsoft: FakeMicrosoft):
    settings = Settings.from_env({**ENVIRONMENT, "CLIENT_SECRET": CANARY, "WEBHOOK_SIGNING_KEY": "canary-signing-key"})
    outbound = Outbound((LOGIN, GRAPH), adapter=microsoft)
    with using(build_services(settings, tables=tables, clock=clock, outbound=outbound)) as built:
        yield built


def journey(app: App, microsoft: FakeMicrosoft) -> tuple[list[str], list[str]]:
    """Connect, consent, sign in, verify; gives everything that was answered and everything that is secret."""
    token = portal_token(*ROLES)
    connected = app.call(
        "POST", "/api/msp-portal/tenants/connect", token, {"tenant": "contoso.com", "customer": {"name": "C"}}
    )
    consent = state_of(connected.body["authUrl"])
    path = "/api/msp-portal/tenants/callback"
    redirected = app.call("GET", f"{path}?state={consent}&tenant={TENANT}&admin_consent=True")
    link = redirected.headers["Location"]
    microsoft.nonce = query_of(link)["nonce"]
    microsoft.id_token_claims = {"preferred_username": ADMIN_MAIL, "email": ADMIN_MAIL}
    signed_in = state_of(link)
    landed = app.call("GET", f"{path}?state={signed_in}&code=canary-code-77")
    again = app.call("GET", f"{path}?state={signed_in}&code=canary-code-77")
    answers = [str(item.headers) + item.content.decode() for item in (landed, again)]
    return answers, [consent, signed_in, token, "canary-code-77", CANARY, ADMIN_MAIL, "canary-signing-key"]


@pytest.mark.parametrize("failure", ["none", "graph_down", "graph_refuses", "token_refused", "garbage"])
def test_no_secret_leaves_its_place(
    secretive: Services,
    microsoft: FakeMicrosoft,
    tables: MemoryTables,
    telemetry: Telemetry,
    caplog: pytest.LogCaptureFixture,
    failure: str,
):
    caplog.set_level(logging.DEBUG)
    break_something(microsoft, failure)
    app = App()
    answers, secrets = journey(app, microsoft)
    run_id = next(iter(app.client.instances))
    histories = [str(app.client.instances)]
    histories += [str(verify_consent(run_id, attempt, secretive)) for attempt in (0, 20)]
    if failure == "none":
        histories += [str(plan_sync(run_id, secretive)), str(finish_run(run_id, secretive, force=True))]
    answers.append(str(app.call("GET", f"/api/msp-portal/tenants/{TENANT}/sync-status", portal_token(*ROLES)).body))
    answers.append(str(app.call("GET", "/api/msp-portal/audit", portal_token(*ROLES)).body))
    stored = [row.values for parts in tables.tables.values() for rows in parts.values() for row in rows.values()]
    app_tokens = [secretive.tokens.fetch_app_token(TENANT).value] if failure == "none" else []
    for secret in (*secrets, *app_tokens):
        for place, text in (
            ("log", caplog.text),
            ("history", str(histories)),
            ("answer", str(answers)),
            ("row", str(stored)),
            ("trace", telemetry.text()),
        ):
            assert secret not in text, f"{secret[:12]}… in {place}"
    assert not re.search(r"[?@]|%40|eyJ", telemetry.text()), "a query, an address or a token in a trace"
    assert {span.name.partition(" ")[0] for span in telemetry.spans} == {"GET", "POST", "accept_callback"}


def break_something(microsoft: FakeMicrosoft, failure: str) -> None:
    if failure == "graph_down":
        microsoft.overrides["/v1.0/organization"] = lambda asked: Answer(b"", 503)
    if failure == "graph_refuses":
        message = f"token {microsoft.id_token_claims} for {ADMIN_MAIL}"
        microsoft.overrides["/v1.0/organization"] = lambda asked: graph_error(
            403, "Authorization_RequestDenied", message
        )
    if failure == "token_refused":
        microsoft.consented = {}
    if failure == "garbage":
        microsoft.overrides["/v1.0/organization"] = lambda asked: Answer(f"<html>{ADMIN_MAIL}</html>")


def test_crash_is_logged_without_what_it_carries(
    secretive: Services,
    telemetry: Telemetry,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    def crash(*arguments: object) -> None:
        raise RuntimeError(f"Bearer {portal_token(*ROLES)} client_secret={CANARY} {ADMIN_MAIL} state=abc code=xyz")

    monkeypatch.setattr(secretive.tenants.__class__, "list_page", crash)
    answer = App().call("GET", "/api/msp-portal/tenants", portal_token(*ROLES))
    assert (answer.status, answer.body["code"]) == (500, "internal_error")
    for secret in (CANARY, ADMIN_MAIL, portal_token(*ROLES)[:40], "state=abc", "code=xyz"):
        assert secret not in caplog.text + answer.content.decode() + telemetry.text()


def test_tokens_of_tenants_never_mix_under_threads(services: Services, microsoft: FakeMicrosoft):
    """Sixteen tenants asked at once from many threads: every Graph call carries the token of its own tenant."""
    tenants = [f"00000000-0000-4000-8000-{number:012x}" for number in range(16)]
    microsoft.consented = dict.fromkeys(tenants, ("User.Read.All",))
    microsoft.domains.update({tenant: tenant for tenant in tenants})
    tokens = TokenSource(replace(services.settings), services.outbound)

    def fetch(number: int) -> bool:
        tenant = tenants[number % 16]
        value = tokens.fetch_app_token(tenant, fresh=number % 7 == 0).value
        return bool(jwt.decode(value, options={"verify_signature": False})["tid"] == tenant)

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(fetch, range(400)))
