"""The health of the parts, each alone: what fails does not hide the others, and numbers of others are not told."""

from typing import Any

import pytest

from ops.health import read_parts
from tenantsync.clock import to_rfc3339
from tenantsync.errors import TransientError
from tenantsync.identity.caller import Caller, Role
from tenantsync.orchestrations import Instance, InstanceHistory
from tenantsync.runs.watchdog import watch_runs
from tenantsync.services import Services
from tenantsync.store.outbox import Notification, Outbox
from tenantsync.store.places import Turn
from tenantsync.store.runs import Run, RunState
from tenantsync.store.ticket_notes import TicketNote
from tests.fakes.clock import FakeClock
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import MSP, OTHER_MSP
from tests.fakes.orchestrations import Started
from tests.unit.ops.conftest import Ops, keeps

MINE, THEIRS = (Caller(msp, "ops", frozenset({Role.OPS})) for msp in (MSP, OTHER_MSP))
OPERATOR = Caller("operator", "ops", frozenset({Role.OPS}), is_operator=True)


def parts(caller: Caller, services: Services, work: Started | None = None, seconds: float = 0.0) -> dict[str, Any]:
    """The parts by name; each takes so many seconds to answer."""
    watch = iter(number * seconds for number in range(100))
    body = read_parts(caller, services, work or Started(), lambda: next(watch))
    assert keeps("OpsHealth", body)
    return {part["name"]: part for part in body["parts"]}


def test_everything_is_well(ops: Ops, run: Run, services: Services):
    watch_runs(services, Started())
    answer = ops.get("health")
    assert keeps("OpsHealth", answer.body)
    assert {part["state"] for part in answer.body["parts"]} == {"ok"}
    assert {part["problem"] for part in answer.body["parts"]} == {None}


def test_late_answer_is_slow(services: Services):
    assert {part["state"] for part in parts(MINE, services, seconds=1.2).values()} == {"slow"}
    assert {part["milliseconds"] for part in parts(MINE, services, seconds=0.9).values()} == {900}


def test_store_that_is_away_fails_alone(services: Services, tables: MemoryTables):
    tables.fail_next = 1
    found = parts(MINE, services)
    assert found["data_tables"]["state"] == "failing"
    assert found["data_tables"]["problem"]["code"] == "storage_unavailable"
    assert {part["state"] for name, part in found.items() if name != "data_tables"} == {"ok"}


def test_durable_that_is_away_fails_alone(services: Services, monkeypatch: pytest.MonkeyPatch):
    def away(*_: object, **__: object) -> None:
        raise TransientError("service_unavailable", "http://127.0.0.1:17071 is away")

    monkeypatch.setattr(Started, "list_instances", away)
    found = parts(MINE, services)["durable"]
    assert (found["state"], found["problem"]["code"]) == ("failing", "service_unavailable")
    assert "127.0.0.1" not in str(found)


def pending(clock: FakeClock, count: int = 1, state: str = "Pending") -> Started:
    now = to_rfc3339(clock.now())
    made = (
        Instance(instance_id=f"i{number}", name="x", state=state, created_at=now, updated_at=now)
        for number in range(count)
    )
    return Started(histories={instance.instance_id: InstanceHistory(instance, ()) for instance in made})


def test_backlog_of_durable_is_shown_to_the_operator_alone(services: Services, clock: FakeClock):
    work = pending(clock, 3)
    clock.advance(61)
    found = parts(OPERATOR, services, work)["durable"]
    assert (found["pending"], found["oldestAgeSeconds"], found["state"]) == (3, 61, "slow")
    found = parts(MINE, services, work)["durable"]
    assert (found["pending"], found["oldestAgeSeconds"], found["state"]) == (None, None, "ok")
    assert "operator" in found["detail"]
    assert parts(OPERATOR, services, pending(clock, 2, "Running"))["durable"]["pending"] == 0
    assert parts(OPERATOR, services, pending(clock, 150))["durable"]["detail"] == "There are more than were counted."


def test_queues_count_ones_own(services: Services, run: Run, clock: FakeClock, tables: MemoryTables):
    now = to_rfc3339(clock.now())
    outbox = Outbox(tables)
    for number, msp in enumerate((MSP, MSP, OTHER_MSP)):
        outbox.add(Notification(event_id=f"e{number}", msp_id=msp, body="{}", created_at=now, due_at=now))
        note = TicketNote(
            connection_id=f"c{number}",
            step="1",
            msp_id=msp,
            provider="halopsa",
            reference="1",
            text="x",
            created_at=now,
            due_at=now,
        )
        services.ticket_notes.add(note)
    services.places.line_up(Turn(run_id=run.run_id, at=now, is_scheduled=False))
    clock.advance(30)
    for caller, counts in ((MINE, (2, 2, 1, 1)), (THEIRS, (1, 1, 0, 0)), (OPERATOR, (3, 3, 1, 1))):
        found = parts(caller, services)
        assert tuple(found[n]["pending"] for n in ("notifications", "ticket_notes", "admission", "runs")) == counts
        assert found["notifications"]["oldestAgeSeconds"] == 30


def test_what_waits_too_long_is_slow(services: Services, run: Run, clock: FakeClock, tables: MemoryTables):
    now = to_rfc3339(clock.now())
    Outbox(tables).add(Notification(event_id="e", msp_id=MSP, body="{}", created_at=now, due_at=now))
    watch_runs(services, Started())
    clock.advance(659)
    assert parts(MINE, services)["watchdog"]["state"] == "ok"
    clock.advance(3000)
    found = parts(MINE, services)
    assert (found["watchdog"]["state"], found["notifications"]["state"]) == ("slow", "slow")
    assert parts(THEIRS, services)["notifications"]["state"] == "ok"


def test_runs_that_stand_still_are_counted(services: Services, run: Run, clock: FakeClock):
    clock.advance(301)
    watch_runs(services, Started())
    assert parts(MINE, services)["runs"]["detail"] == "1 noted as standing still."
    assert parts(THEIRS, services)["runs"]["detail"] is None


def test_run_that_has_just_ended_is_no_longer_under_way(services: Services, run: Run):
    assert parts(MINE, services)["runs"]["pending"] == 1
    services.runs.change(run.run_id, state=RunState.CANCELLED)
    assert [noted.run_id for noted in services.runs.list_under_way("", 10)] == [run.run_id]
    assert parts(MINE, services)["runs"]["pending"] == 0
