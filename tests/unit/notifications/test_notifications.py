"""The outbox: told once by key, signed, repeated with growing waits, given up after a day."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from activities.finish_run import finish_run
from tenantsync.clock import to_rfc3339
from tenantsync.errors import TransientError
from tenantsync.notifications import DELAYS_MINUTES
from tenantsync.outbound import Outbound
from tenantsync.services import Services, build_services, using
from tenantsync.settings import Settings
from tenantsync.store.outbox import Notification, Outbox, Webhook
from tenantsync.store.progress import ResourceState
from tenantsync.store.runs import RunState
from tests.app import App
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import GRAPH, LOGIN, MSP, OTHER_MSP, TENANT, FakeMicrosoft, portal_token
from tests.services import ENVIRONMENT
from tests.unit.journey import onboard, put_resource

URL = "https://hooks.example.com/in"


@dataclass
class Receiver:
    """An MSP's webhook: `answers` are its next statuses, 204 when they are used up; 0 means nobody answers."""

    answers: list[int] = field(default_factory=list)
    got: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        self.got.append((url, body, headers))
        status = self.answers.pop(0) if self.answers else 204
        if status == 0:
            raise TransientError("service_unavailable", "ConnectTimeout")
        return status


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def told(clock: FakeClock, tables: MemoryTables, microsoft: FakeMicrosoft, receiver: Receiver) -> Iterator[Services]:
    settings = Settings.from_env({**ENVIRONMENT, "WEBHOOK_SIGNING_KEY": "a-signing-key"})
    outbound = Outbound((LOGIN, GRAPH), adapter=microsoft)
    built = build_services(settings, tables=tables, clock=clock, outbound=outbound, poster=receiver)
    with using(built):
        yield built


def set_up(url: str = URL) -> str:
    answer = App().call("PUT", "/api/msp-portal/webhook", portal_token("Onboarding.Connect"), {"url": url})
    assert answer.status == 200
    return str(answer.body["secret"])


def finish(services: Services, microsoft: FakeMicrosoft, problem: dict[str, str] | None = None) -> str:
    run = onboard(services, microsoft)
    services.runs.change(run.run_id, state=RunState.SYNCING)
    put_resource(services, run.run_id, ResourceState.FAILED)
    finish_run(run.run_id, services, problem=problem, force=True)
    return run.run_id


def test_finished_run_is_told_with_a_signature(told: Services, microsoft: FakeMicrosoft, receiver: Receiver):
    secret = set_up()
    finish(told, microsoft, {"code": "consent_not_found"})
    assert told.notifier.deliver_due() == 1
    url, body, headers = receiver.got[0]
    moment, _, signature = headers["X-OpsPilot365-Signature"].removeprefix("t=").partition(",v1=")
    assert hmac.compare_digest(
        hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest(), signature
    )
    assert (url, json.loads(body)["type"], json.loads(body)["tenantId"]) == (URL, "tenant.failed", TENANT)
    assert told.notifier.deliver_due() == 0


def test_run_finished_twice_is_told_once(told: Services, microsoft: FakeMicrosoft, receiver: Receiver):
    set_up()
    run_id = finish(told, microsoft)
    finish_run(run_id, told)
    told.notifier.deliver_due()
    assert len(receiver.got) == 1


def test_delivery_is_repeated_with_growing_waits_and_then_given_up(
    told: Services, microsoft: FakeMicrosoft, receiver: Receiver, clock: FakeClock
):
    set_up()
    finish(told, microsoft)
    receiver.answers = [500, 0, 302] + [503] * 10
    for minutes in DELAYS_MINUTES:
        told.notifier.deliver_due()
        told.notifier.deliver_due()  # not due yet
        clock.advance(minutes * 60)
    told.notifier.deliver_due()
    clock.advance(24 * 3600)
    assert told.notifier.deliver_due() == 0
    assert len(receiver.got) == len(DELAYS_MINUTES) + 1
    assert len({body for _, body, _ in receiver.got}) == 1
    shown = App().call("GET", "/api/msp-portal/webhook", portal_token("Onboarding.Connect")).body
    assert shown["lastProblem"] == "answered 503"
    assert "secret" not in shown


def test_receiver_that_comes_back_gets_it(
    told: Services, microsoft: FakeMicrosoft, receiver: Receiver, clock: FakeClock
):
    set_up()
    finish(told, microsoft)
    receiver.answers = [0]
    assert told.notifier.deliver_due() == 0
    clock.advance(61)
    assert told.notifier.deliver_due() == 1


def test_pass_ends_before_the_next_begins(
    told: Services, microsoft: FakeMicrosoft, receiver: Receiver, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
):
    """Slow webhooks must not hold up the ones behind them for ever: the pass stops, the rest waits a minute."""
    set_up()
    finish(told, microsoft)
    tenant = told.tenants.read(MSP, TENANT)
    assert tenant
    for number in range(4):
        told.notifier.announce("ready", tenant, f"key{number}", "2026-03-02T09:00:00.000Z")
    original = receiver.post

    def slow(url: str, body: bytes, headers: dict[str, str]) -> int:
        clock.advance(30)
        return original(url, body, headers)

    monkeypatch.setattr(receiver, "post", slow)
    assert told.notifier.deliver_due() == 2
    assert told.notifier.deliver_due() == 2


def test_wishes_of_the_tenant_and_the_msp_are_kept(told: Services, microsoft: FakeMicrosoft, receiver: Receiver):
    finish(told, microsoft)  # nobody wants to know
    assert told.notifier.deliver_due() == 0
    set_up()
    told.tenants.change(MSP, TENANT, notifications="ready")
    run = told.runs.read(told.connections.read_latest(MSP, TENANT).run_id)
    assert run
    finish_run(run.run_id, told)
    assert told.notifier.deliver_due() == 0


def test_address_that_was_taken_away_gets_nothing(told: Services, microsoft: FakeMicrosoft, receiver: Receiver):
    set_up()
    finish(told, microsoft)
    assert App().call("DELETE", "/api/msp-portal/webhook", portal_token("Onboarding.Connect")).status == 204
    told.notifier.deliver_due()
    assert receiver.got == []
    assert App().call("GET", "/api/msp-portal/webhook", portal_token("Onboarding.Connect")).status == 404


def test_new_address_means_a_new_secret_and_each_msp_has_its_own(told: Services):
    secrets = {set_up(), set_up()}
    token = portal_token("Onboarding.Connect", msp=OTHER_MSP)
    other = App().call("PUT", "/api/msp-portal/webhook", token, {"url": URL})
    assert len({*secrets, other.body["secret"]}) == 3


def test_secret_is_stored_nowhere(told: Services, tables: MemoryTables):
    secret = set_up()
    rows = [row.values for parts in tables.tables.values() for rows in parts.values() for row in rows.values()]
    assert secret not in str(rows)


def test_unresolved_vault_reference_is_no_signing_key():
    reference = "@Microsoft.KeyVault(VaultName=kv;SecretName=webhook-signing-key)"
    assert Settings.from_env({**ENVIRONMENT, "WEBHOOK_SIGNING_KEY": reference}).webhook_signing_key is None


def test_slow_receivers_do_not_starve_the_others(told: Services, receiver: Receiver, clock: FakeClock):
    posted: list[str] = []

    def slow(url: str, body: bytes, headers: dict[str, str]) -> int:
        posted.append(url)
        if "slow" in url:
            clock.advance(29)
            raise TransientError("service_unavailable", "slow")
        return 200

    receiver.post = slow  # type: ignore[method-assign]
    now = to_rfc3339(clock.now())
    for msp_id, url in (("a", "https://slow.example"), ("b", "https://slow.example"), ("c", "https://good.example")):
        told.webhooks.put(Webhook(msp_id=msp_id, url=url, version="1", updated_at=now, updated_by="x"))
    outbox = Outbox(told.tables)
    for msp_id, number in (("a", 100), ("b", 100), ("c", 1)):
        for index in range(number):
            event_id = f"{msp_id}-{index}"
            outbox.add(Notification(event_id=event_id, msp_id=msp_id, body="{}", created_at=now, due_at=now))
    told.notifier.deliver_due()
    told.notifier.deliver_due()
    assert "https://good.example" in posted
