"""What is measured, and by which few words it is told apart."""

from datetime import timedelta

import pytest

from activities.finish_run import finish_run
from callback.handler import receive_redirect
from tenantsync import metrics
from tenantsync.clock import to_rfc3339
from tenantsync.errors import Cause, ThrottledError
from tenantsync.identity.consent import CallbackFields
from tenantsync.runs.watchdog import watch_runs
from tenantsync.services import Services
from tenantsync.store.outbox import Notification, Outbox
from tenantsync.store.runs import RunState, WaitReason
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import MSP, FakeMicrosoft
from tests.fakes.orchestrations import Started
from tests.telemetry import Telemetry
from tests.unit.journey import connect, connected, onboard, state_of
from tests.unit.slices.bench import Bench, Scripted


def test_pages_and_objects_are_counted_as_they_are_stored(services: Services, clock: FakeClock, telemetry: Telemetry):
    Bench(services, clock, Scripted(pages=3)).run()
    assert telemetry.sum("connect.pages", resource="things") == 3
    assert telemetry.sum("connect.objects", resource="things") == 30


def test_seconds_of_throttling_are_added_up(services: Services, clock: FakeClock, telemetry: Telemetry):
    throttled = ThrottledError("throttled", cause=Cause(status=429, retry_after_seconds=17))
    Bench(services, clock, Scripted(pages=3, failures={1: throttled})).slice()
    assert telemetry.sum("connect.throttled", resource="things") >= 17


def test_worker_that_was_overtaken_adds_nothing(
    services: Services, clock: FakeClock, telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
):
    bench = Bench(services, clock, Scripted(pages=1, failures={0: ThrottledError("throttled")}))
    close = services.gate.close

    def close_late(tenant_id: str, workload: str, seconds: float) -> None:
        stored = services.runs.read_resource(bench.run_id, "things")
        assert stored
        services.runs.checkpoint(stored.progress, stored.etag)
        close(tenant_id, workload, seconds)

    monkeypatch.setattr(services.gate, "close", close_late)
    assert bench.slice().reason == "conflict"
    assert telemetry.sum("connect.throttled", resource="things") == 0


def test_run_is_measured_from_its_start_to_its_end(
    services: Services, microsoft: FakeMicrosoft, clock: FakeClock, telemetry: Telemetry
):
    run = onboard(services, microsoft)
    clock.advance(90)
    finish_run(run.run_id, services, problem={"code": "consent_not_found"})
    assert telemetry.sum("connect.run.duration", kind="initial", outcome="failed") == pytest.approx(90, abs=1)


def test_run_that_is_cancelled_as_it_ends_is_neither_measured_nor_told_as_failed(
    services: Services,
    microsoft: FakeMicrosoft,
    telemetry: Telemetry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level("INFO")
    run = onboard(services, microsoft)
    services.runs.change(run.run_id, state=RunState.CANCELLED, finished_at=run.started_at)
    monkeypatch.setattr(services.runs, "read", lambda run_id: run)  # as it was a moment ago
    assert finish_run(run.run_id, services, problem={"code": "consent_not_found"})["state"] == "cancelled"
    assert telemetry.sum("connect.run.duration", kind="initial", outcome="failed") == 0
    assert "run_finished" not in caplog.text


def test_consent_is_counted_when_it_is_proven_and_when_it_is_refused(
    services: Services, microsoft: FakeMicrosoft, telemetry: Telemetry
):
    connected(services, microsoft)
    assert telemetry.sum("connect.consents", outcome="verified") == 1
    refused = connect(services, tenant="fabrikam.com")
    fields = {"state": state_of(refused["authUrl"]), "error": "access_denied", "error_description": "AADSTS65004: no"}
    receive_redirect(CallbackFields.parse(fields), services, Started())
    assert telemetry.sum("connect.consents", outcome="consent_declined") == 1


def test_queues_say_how_long_the_oldest_has_waited(
    services: Services, microsoft: FakeMicrosoft, tables: MemoryTables, clock: FakeClock, telemetry: Telemetry
):
    run = connected(services, microsoft, RunState.SYNCING)
    services.runs.change(run.run_id, waiting_reason=WaitReason.QUEUED)
    now = to_rfc3339(clock.now())
    later = to_rfc3339(clock.now() + timedelta(hours=1))
    queued = Notification(event_id="e", msp_id=MSP, body="{}", created_at=now, due_at=later)
    Outbox(tables).add(queued)
    clock.advance(30)
    watch_runs(services, Started())
    services.notifier.deliver_due()
    assert telemetry.latest("connect.queue.age", queue="admission") == pytest.approx(30, abs=1)
    assert telemetry.latest("connect.queue.age", queue="notifications") == pytest.approx(30, abs=1)


def test_attribute_nobody_declared_is_refused():
    with pytest.raises(TypeError, match=r"connect\.pages has the attributes"):
        metrics.PAGES.note(1, resource="users", tenant_id="t")


def test_names_are_told_apart_and_no_tenant_is_an_attribute():
    assert len({metric.name for metric in metrics.ALL_METRICS}) == len(metrics.ALL_METRICS)
    declared = [value for value in vars(metrics).values() if isinstance(value, metrics.Metric)]
    assert {metric.name for metric in declared} == {metric.name for metric in metrics.ALL_METRICS}
    told = {name for metric in metrics.ALL_METRICS for name in metric.attributes}
    assert told == {"resource", "kind", "outcome", "queue", "service"}
