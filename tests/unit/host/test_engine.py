"""Orchestrations on the local host, with the real Durable SDK."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import Any

import azure.durable_functions as df
import pytest

from devstack.host.management import RefusedError
from devstack.host.store import InstanceFilter
from tests.fakes.clock import FakeClock
from tests.unit.host.harness import Host, index, play

RETRY = df.RetryOptions(first_retry_interval_in_milliseconds=5000, max_number_of_attempts=3)


class Calls:
    """Counts an app's activity calls, from any thread; the first `failing` ones of a key raise."""

    def __init__(self, failing: int = 0) -> None:
        self.counts: Counter[Any] = Counter()
        self.failing = failing
        self._lock = Lock()

    def __call__(self, key: Any) -> int:
        with self._lock:
            self.counts[key] += 1
            if self.counts[key] <= self.failing:
                raise ValueError(f"boom {self.counts[key]}")
            return self.counts[key]


def sample(calls: Calls) -> df.DFApp:
    """One app with an orchestrator for each question."""
    app = df.DFApp()

    @app.activity_trigger(input_name="job")
    def act(job: dict) -> str:
        return f"{job['i']}-{calls(job['i'])}"

    @app.orchestration_trigger(context_name="context")
    def chain(context):
        first = yield context.call_activity("act", {"i": 1})
        second = yield context.call_activity("act", {"i": 2})
        return [first, second]

    @app.orchestration_trigger(context_name="context")
    def fan(context):
        return (yield context.task_all([context.call_activity("act", {"i": i}) for i in range(5)]))

    @app.orchestration_trigger(context_name="context")
    def retrying(context):
        return (yield context.call_activity_with_retry("act", RETRY, {"i": 0}))

    @app.orchestration_trigger(context_name="context")
    def parent(context):
        job = context.get_input()
        try:
            return (yield context.call_sub_orchestrator(job["child"], {"i": 3}, "kid"))
        except Exception as error:
            return f"caught {str(error)[:40]}"

    @app.orchestration_trigger(context_name="context")
    def generations(context):
        job = context.get_input()
        yield context.call_activity("act", {"i": job["i"]})
        if job["i"] > 0:
            context.continue_as_new({"i": job["i"] - 1})
            return None
        return "last generation"

    @app.orchestration_trigger(context_name="context")
    def failing(context):
        yield context.call_activity("act", {"i": 9})
        raise RuntimeError("broken on purpose")

    @app.orchestration_trigger(context_name="context")
    def sleeping(context):
        context.set_custom_status({"phase": "sleeping"})
        yield context.create_timer(context.current_utc_datetime + timedelta(hours=1))
        return "awake"

    @app.orchestration_trigger(context_name="context")
    def racing(context):
        deadline = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
        work = context.call_activity("act", {"i": 7})
        winner = yield context.task_any([deadline, work])
        if not deadline.is_completed:
            deadline.cancel()
        return winner is work

    @app.orchestration_trigger(context_name="context")
    def waiting(context):
        first = yield context.wait_for_external_event("Approved")
        return first

    @app.orchestration_trigger(context_name="context")
    def lost(context):
        return (yield context.call_activity("nowhere", {}))

    return app


def test_chain_runs_its_activities_in_order(tmp_path: Path):
    async def scenario(host: Host) -> None:
        host.start("chain")
        await host.ended()
        assert host.output() == ["1-1", "2-1"]

    play(sample(Calls()), tmp_path, scenario)


def test_fan_out_gives_results_in_order(tmp_path: Path):
    async def scenario(host: Host) -> None:
        host.start("FAN")  # names are compared without regard to case
        await host.ended()
        assert host.output() == [f"{i}-1" for i in range(5)]

    play(sample(Calls()), tmp_path, scenario)


def test_retry_waits_by_timer_and_succeeds(tmp_path: Path):
    calls = Calls(failing=2)

    async def scenario(host: Host) -> None:
        host.start("retrying")
        for attempt in (1, 2):
            await host.until(lambda attempt=attempt: calls.counts[0] == attempt)
            await host.until(lambda: host.store.next_due(host.clock.now()) is not None)
            host.pass_time(5)
        await host.ended()
        assert host.output() == "0-3"

    play(sample(calls), tmp_path, scenario)


def test_retry_that_never_succeeds_fails_after_the_last_attempt(tmp_path: Path):
    calls = Calls(failing=99)

    async def scenario(host: Host) -> None:
        host.start("retrying")
        for attempt in (1, 2):
            await host.until(lambda attempt=attempt: calls.counts[0] == attempt)
            await host.until(lambda: host.store.next_due(host.clock.now()) is not None)
            host.pass_time(5)
        await host.ended(status="Failed")
        assert calls.counts[0] == 3
        assert "boom 3" in host.output()

    play(sample(calls), tmp_path, scenario)


def test_child_gives_its_result_to_the_parent(tmp_path: Path):
    async def scenario(host: Host) -> None:
        host.start("parent", {"child": "chain"})
        await host.ended()
        assert host.output() == ["1-1", "2-1"]
        assert host.instance("kid").parent_id == "one"

    play(sample(Calls()), tmp_path, scenario)


def test_child_that_continues_as_new_keeps_its_parent(tmp_path: Path):
    calls = Calls()

    async def scenario(host: Host) -> None:
        host.start("parent", {"child": "generations"})
        await host.ended()
        assert host.output() == "last generation"
        assert calls.counts == {3: 1, 2: 1, 1: 1, 0: 1}

    play(sample(calls), tmp_path, scenario)


def test_failed_child_raises_in_the_parent(tmp_path: Path):
    async def scenario(host: Host) -> None:
        host.start("parent", {"child": "failing"})
        await host.ended()
        assert host.output().startswith("caught Orchestrator function 'failing' failed")

    play(sample(Calls()), tmp_path, scenario)


def test_terminated_child_raises_in_the_parent(tmp_path: Path):
    async def scenario(host: Host) -> None:
        host.start("parent", {"child": "sleeping"})
        await host.until(lambda: bool(host.store.read_instance("kid")))
        await host.idle()
        host.management.terminate("kid", "enough")
        await host.ended()
        assert host.output().startswith("caught enough")

    play(sample(Calls()), tmp_path, scenario)


def test_failed_orchestrator_says_why(tmp_path: Path):
    async def scenario(host: Host) -> None:
        host.start("failing")
        await host.ended(status="Failed")
        assert host.output() == "Orchestrator function 'failing' failed: broken on purpose"

    play(sample(Calls()), tmp_path, scenario)


def test_timer_fires_when_its_time_has_come_and_not_before(tmp_path: Path):
    async def scenario(host: Host) -> None:
        host.start("sleeping")
        await host.until(lambda: host.store.next_due(host.clock.now()) is not None)
        host.pass_time(3599)
        await host.idle()
        assert host.instance().status == "Running"
        host.pass_time(1)
        await host.ended()
        assert host.output() == "awake"

    play(sample(Calls()), tmp_path, scenario)


def test_cancelled_timer_lets_the_instance_end(tmp_path: Path):
    async def scenario(host: Host) -> None:
        host.start("racing")
        await host.ended()
        assert host.output() is True
        host.pass_time(4000)
        await host.idle()

    play(sample(Calls()), tmp_path, scenario)


def test_event_wakes_the_instance_also_when_it_comes_early(tmp_path: Path):
    async def scenario(host: Host) -> None:
        host.start("waiting", instance_id="early")
        host.management.raise_event("early", "Approved", '{"by": "admin"}')
        host.start("waiting", instance_id="late")
        await host.idle()
        host.management.raise_event("late", "Approved", "true")
        await host.ended("early")
        await host.ended("late")
        assert (host.output("early"), host.output("late")) == ({"by": "admin"}, True)

    play(sample(Calls()), tmp_path, scenario)


def test_custom_status_stays_visible(tmp_path: Path):
    async def scenario(host: Host) -> None:
        host.start("sleeping")
        await host.until(lambda: host.instance().custom_status is not None)
        assert host.management.describe(host.instance())["customStatus"] == {"phase": "sleeping"}

    play(sample(Calls()), tmp_path, scenario)


def test_terminate_ends_and_a_second_time_is_refused(tmp_path: Path):
    async def scenario(host: Host) -> None:
        host.start("sleeping")
        await host.idle()
        host.management.terminate("one", "by ops")
        await host.ended(status="Terminated")
        assert host.output() == "by ops"
        with pytest.raises(RefusedError) as refused:
            host.management.terminate("one", "again")
        assert refused.value.status == 410

    play(sample(Calls()), tmp_path, scenario)


def test_suspended_instance_holds_events_until_resumed(tmp_path: Path):
    async def scenario(host: Host) -> None:
        host.start("waiting")
        await host.idle()
        host.management.suspend("one", "")
        await host.until(lambda: host.instance().status == "Suspended")
        host.management.raise_event("one", "Approved", "1")
        await host.idle()
        assert host.instance().status == "Suspended"
        host.management.resume("one", "")
        await host.ended()
        assert host.output() == 1

    play(sample(Calls()), tmp_path, scenario)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("lost", "The activity 'nowhere' is not registered."),
        ("nothing", "The orchestrator 'nothing' is not registered."),
    ],
)
def test_unknown_name_fails_loudly_where_the_real_host_hangs(tmp_path: Path, name: str, said: str):
    async def scenario(host: Host) -> None:
        host.start(name)
        await host.ended(status="Failed")
        assert said in host.output()

    play(sample(Calls()), tmp_path, scenario)


def test_running_instance_is_not_started_again(tmp_path: Path):
    async def scenario(host: Host) -> None:
        host.start("sleeping")
        with pytest.raises(RefusedError) as refused:
            host.start("sleeping")
        assert refused.value.status == 409

    play(sample(Calls()), tmp_path, scenario)


@pytest.mark.parametrize("instance_id", ["@entity", "a/b", "a?b", "a#b", "a\\b", "x" * 257, "a\nb"])
def test_instance_id_that_is_not_allowed_is_refused(tmp_path: Path, instance_id: str):
    async def scenario(host: Host) -> None:
        with pytest.raises(RefusedError) as refused:
            host.start("sleeping", instance_id=instance_id)
        assert refused.value.status == 400

    play(sample(Calls()), tmp_path, scenario)


def test_purge_forgets_ended_instances_only(tmp_path: Path):
    async def scenario(host: Host) -> None:
        host.start("chain", instance_id="done")
        host.start("sleeping", instance_id="open")
        await host.ended("done")
        with pytest.raises(RefusedError) as refused:
            host.management.purge("open")
        assert refused.value.status == 412
        assert host.management.purge_all(InstanceFilter()) == 1
        assert [item.id for item in host.management.query(InstanceFilter())] == ["open"]

    play(sample(Calls()), tmp_path, scenario)


def test_orchestrator_changed_in_flight_is_found_out(tmp_path: Path):
    def version(name: str) -> df.DFApp:
        app = df.DFApp()

        @app.activity_trigger(input_name="job")
        def old(job: dict) -> int:
            return 1

        @app.activity_trigger(input_name="job")
        def new(job: dict) -> int:
            return 2

        @app.orchestration_trigger(context_name="context")
        def flow(context):
            yield context.call_activity(name, {})
            yield context.wait_for_external_event("Go")

        return app

    clock = FakeClock()

    async def first(host: Host) -> None:
        host.start("flow")
        await host.idle()

    async def second(host: Host) -> None:
        host.management.raise_event("one", "Go", "1")
        await host.ended(status="Failed")
        assert "Non-Deterministic workflow detected" in host.output()

    play(version("old"), tmp_path, first, clock)
    play(version("new"), tmp_path, second, clock)


def test_orchestrator_that_rolls_dice_is_found_out(tmp_path: Path):
    app = df.DFApp()
    calls = Calls()

    @app.activity_trigger(input_name="job")
    def act(job: dict) -> int:
        return 1

    @app.orchestration_trigger(context_name="context")
    def dice(context):
        yield context.call_activity("act", {"i": calls("replays")})

    async def scenario(host: Host) -> None:
        host.start("dice")
        await host.ended(status="Failed")
        assert "two replays of one history differ" in host.output()

    play(app, tmp_path, scenario)


def test_new_process_takes_up_timers_and_unfinished_activities(tmp_path: Path):
    clock, calls = FakeClock(), Calls()
    app = index(sample(calls))

    async def first(host: Host) -> None:
        host.start("sleeping", instance_id="timer")
        host.start("chain", instance_id="work")
        await host.until(lambda: host.store.next_due(clock.now()) is not None)
        host.engine._is_stopping = True  # from now on no activity's answer counts, as if the process were dying
        await host.until(lambda: bool(host.store.read_activities()) or host.instance("work").is_terminal)

    async def second(host: Host) -> None:
        await host.ended("work")
        host.pass_time(3600)
        await host.ended("timer")

    play(app, tmp_path, first, clock)
    play(app, tmp_path, second, clock)


def test_history_is_shown_as_people_read_it(tmp_path: Path):
    async def scenario(host: Host) -> None:
        host.start("chain")
        await host.ended()
        document = host.management.describe(host.instance(), history=True, outputs=True)
        kinds = [event["EventType"] for event in document["historyEvents"]]
        assert kinds == ["ExecutionStarted", "TaskCompleted", "TaskCompleted", "ExecutionCompleted"]
        assert document["historyEvents"][1]["FunctionName"] == "act"
        assert document["historyEvents"][1]["Result"] == '"1-1"'

    play(sample(Calls()), tmp_path, scenario)
