"""Runs orchestrations: collects an instance's messages, lets the SDK replay, commits what is new. Then activities.

At most one episode of an instance at a time, each committed in one transaction. Everything not committed is simply
done again after a crash: activities run at least once, decisions exactly once.
"""

import asyncio
import json
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import uuid4

from devstack.host.config import HostConfig
from devstack.host.episode import Episode, run_episode
from devstack.host.events import EventType, build_event, format_time, kind_of, parse_time
from devstack.host.indexing import AppIndex
from devstack.host.invocation import ActivityFailedError, Invoker
from devstack.host.log import log_failure, log_line
from devstack.host.replay import Decision
from devstack.host.store import ActivityCall, HistoryStore, Instance, Message
from devstack.host.versions import FailureStrategy
from tenantsync.clock import Clock

_LONGEST_SLEEP_SECONDS: Final = 3600.0


class UnknownFunctionError(Exception):
    """An orchestration asks for something the app does not have."""


class Engine:
    """The durable part of the host. All methods belong on the event loop."""

    def __init__(
        self, index: AppIndex, store: HistoryStore, config: HostConfig, clock: Clock, invoker: Invoker
    ) -> None:
        self._index = index
        self._store = store
        self._config = config
        self._clock = clock
        self._invoker = invoker
        self._orchestrator_slots = asyncio.Semaphore(config.max_orchestrators)
        self._activity_slots = asyncio.Semaphore(config.max_activities)
        self._replayers = ThreadPoolExecutor(config.max_orchestrators, thread_name_prefix="orchestrator")
        self._busy: set[str] = set()
        self._wake = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_stopping = False

    async def run(self) -> None:
        """Takes up what an earlier process left, then serves until cancelled."""
        for call in self._store.read_activities():
            self._spawn(self._run_activity(call))
        while True:
            self._wake.clear()
            for instance_id in self._store.due_instances(self._clock.now()):
                if instance_id not in self._busy:
                    self._busy.add(instance_id)
                    self._spawn(self._run_instance(instance_id))
            await self._sleep_until_due()

    async def stop(self, grace_seconds: float) -> None:
        """Lets running work end for a moment; whatever does not is done again at the next start."""
        self._is_stopping = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_seconds)
        self._replayers.shutdown(wait=False, cancel_futures=True)

    def wake(self) -> None:
        """Something may be due: look again."""
        self._wake.set()

    def start_instance(
        self,
        name: str,
        instance_id: str,
        input_: str | None,
        parent: Decision | None = None,
        parent_of: Instance | None = None,
        *,
        trace_parent: str = "",
    ) -> None:
        """Creates an instance and its first message; the caller holds a transaction.

        Its activities belong to the trace `trace_parent` names, a child's to its parent's.
        """
        now = self._clock.now()
        execution_id = uuid4().hex
        link = parent_of is not None and parent is not None
        instance = Instance(
            id=instance_id,
            name=name,
            status="Pending",
            input=input_,
            output=None,
            custom_status=None,
            created=format_time(now),
            updated=format_time(now),
            execution_id=execution_id,
            parent_id=parent_of.id if parent_of and link else None,
            parent_execution_id=parent_of.execution_id if parent_of and link else None,
            parent_task_id=parent.task_id if parent and link else None,
            version=(parent.version if parent else "") or self._config.versioning.current,
        )
        self._store.drop_generations(instance_id)
        self._store.put_instance(instance)
        self._send_start(instance, now, self._trace_parent(parent_of) if parent_of else trace_parent)

    def _trace_parent(self, instance: Instance) -> str:
        return self._store.read_trace_parent(instance.id, instance.execution_id)

    def _send_start(self, instance: Instance, now: datetime, trace_parent: str) -> None:
        parent = None
        if instance.parent_id:
            parent = {
                "Name": "",
                "OrchestrationInstance": {
                    "InstanceId": instance.parent_id,
                    "ExecutionId": instance.parent_execution_id,
                },
                "TaskScheduleId": instance.parent_task_id,
                "Version": "",
            }
        started = build_event(
            EventType.EXECUTION_STARTED,
            now,
            OrchestrationInstance={"InstanceId": instance.id, "ExecutionId": instance.execution_id},
            ParentInstance=parent,
            Name=instance.name,
            Version=instance.version or None,
            Input=instance.input,
            Tags=None,
            ParentTraceContext={"TraceParent": trace_parent} if trace_parent else None,
        )
        self._store.send(instance.id, started, visible_at=now, execution_id=instance.execution_id)

    async def _sleep_until_due(self) -> None:
        due = self._store.next_due(self._clock.now())
        seconds = _LONGEST_SLEEP_SECONDS
        if due is not None:
            seconds = min(seconds, (parse_time(due) - self._clock.now()).total_seconds())
        with suppress(TimeoutError):  # not wait_for: in 3.11 it can swallow the cancellation that stops the host
            async with asyncio.timeout(max(seconds, 0.0)):
                await self._wake.wait()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Episodes

    async def _run_instance(self, instance_id: str) -> None:
        if self._is_left_to_another_release(instance_id):
            return  # and stays busy: it must not be tried again before a restart
        try:
            async with self._orchestrator_slots:
                while not self._is_stopping and await self._run_one_episode(instance_id):
                    pass
        except Exception as error:  # a defect of this host: the instance waits for a restart, the others go on
            log_failure(f"orchestration {instance_id} cannot go on", error)
            return
        self._busy.discard(instance_id)
        self.wake()

    def _is_left_to_another_release(self, instance_id: str) -> bool:
        instance, versioning = self._store.read_instance(instance_id), self._config.versioning
        if instance is None or versioning.failure is FailureStrategy.FAIL or versioning.may_run(instance.version):
            return False
        log_line(f"orchestration {instance_id} is of version {instance.version}: left to a release that has it")
        return True

    async def _run_one_episode(self, instance_id: str) -> bool:
        """False when there was nothing to do."""
        now = self._clock.now()
        messages = self._store.read_inbox(instance_id, now)
        instance = self._store.read_instance(instance_id)
        if not messages:
            return False
        if instance is None or instance.is_terminal:
            self._drop(messages)
            return True
        current = [item for item in messages if item.execution_id in (None, instance.execution_id)]
        if not current:
            self._drop(messages)
            return True
        episode = await self._replay(instance, current, now)
        self._commit(episode, messages)
        return True

    async def _replay(self, instance: Instance, messages: list[Message], now: datetime) -> Episode:
        new = [item.event for item in messages]
        terminated = next((event for event in new if kind_of(event) is EventType.EXECUTION_TERMINATED), None)
        past = self._store.read_history(instance.id, instance.execution_id)
        function = self._index.orchestrators.get(instance.name.lower())
        if terminated is not None:
            return Episode.terminated(instance, past, new, now, terminated.get("Input"))
        if function is None:
            known = ", ".join(sorted(self._index.orchestrators)) or "none"
            return Episode.failed(
                instance, past, new, now, f"The orchestrator {instance.name!r} is not registered. Registered: {known}."
            )
        if not self._config.versioning.may_run(instance.version):
            return Episode.failed(instance, past, new, now, f"This host does not run version {instance.version!r}.")
        loop = asyncio.get_running_loop()
        twice = self._config.replays_twice
        replaying = partial(run_episode, instance, function.call, past, new, now, twice=twice)
        return await loop.run_in_executor(self._replayers, replaying)

    def _drop(self, messages: list[Message]) -> None:
        with self._store.transaction():
            self._store.remove_messages(messages)

    def _commit(self, episode: Episode, messages: list[Message]) -> None:
        try:
            self._check_names(episode)
        except UnknownFunctionError as error:
            episode = episode.as_failed(str(error))
        calls: list[ActivityCall] = []
        with self._store.transaction():
            self._store.remove_messages(messages)
            if self._store.read_instance(episode.instance.id) is None:  # purged while it ran
                return
            self._store.append_history(
                episode.instance.id, episode.instance.execution_id, episode.position, episode.new_history
            )
            if episode.continued_with is not None:
                self._continue_as_new(episode)
            else:
                calls = self._schedule(episode)
                self._store.put_instance(episode.instance)
                if episode.instance.is_terminal:
                    self._end(episode)
        for call in calls:
            self._spawn(self._run_activity(call))
        self.wake()

    def _check_names(self, episode: Episode) -> None:
        for decision in episode.decisions:
            is_activity = decision.kind is EventType.TASK_SCHEDULED
            known = self._index.activities if is_activity else self._index.orchestrators
            if decision.kind is not EventType.TIMER_CREATED and decision.name.lower() not in known:
                kind = "activity" if is_activity else "orchestrator"
                raise UnknownFunctionError(f"The {kind} {decision.name!r} is not registered.")

    def _schedule(self, episode: Episode) -> list[ActivityCall]:
        calls = []
        instance = episode.instance
        for decision in episode.decisions:
            if decision.kind is EventType.TASK_SCHEDULED:
                call = ActivityCall(instance.id, instance.execution_id, decision.task_id, decision.name, decision.input)
                self._store.put_activity(call)
                calls.append(call)
            elif decision.kind is EventType.TIMER_CREATED:
                self._start_timer(instance, decision)
            else:
                self._start_child(instance, decision)
        return calls

    def _start_timer(self, instance: Instance, decision: Decision) -> None:
        fire_at = decision.fire_at or self._clock.now()
        fired = build_event(EventType.TIMER_FIRED, fire_at, TimerId=decision.task_id, FireAt=format_time(fire_at))
        self._store.send(instance.id, fired, visible_at=fire_at, execution_id=instance.execution_id)

    def _start_child(self, instance: Instance, decision: Decision) -> None:
        existing = self._store.read_instance(decision.instance_id)
        is_taken = existing is not None and not existing.is_terminal
        if (
            is_taken
            or decision.instance_id in (instance.id, instance.parent_id)
            or decision.instance_id.startswith("@")
        ):
            reason = f"The instance id {decision.instance_id!r} cannot be used: it is taken or not allowed."
            self._tell(instance, EventType.SUB_ORCHESTRATION_INSTANCE_FAILED, decision.task_id, Reason=reason)
        else:
            self.start_instance(decision.name, decision.instance_id, decision.input, decision, instance)

    def _continue_as_new(self, episode: Episode) -> None:
        now = self._clock.now()
        again = replace(
            episode.instance,
            input=episode.continued_with,
            execution_id=uuid4().hex,
            status="Running",
            output=None,
            updated=format_time(now),
        )
        self._store.drop_open_work(again.id)
        self._store.put_instance(again)
        self._send_start(again, now, self._trace_parent(episode.instance))
        for event in episode.carried_over:
            self._store.send(again.id, event, visible_at=now)

    def _end(self, episode: Episode) -> None:
        instance = episode.instance
        self._store.drop_open_work(instance.id)
        log_line(f"orchestration {instance.name} {instance.id} ended: {instance.status}")
        parent = self._store.read_instance(instance.parent_id) if instance.parent_id else None
        if parent is None or parent.is_terminal or parent.execution_id != instance.parent_execution_id:
            return
        task_id = instance.parent_task_id or 0
        if instance.status == "Completed":
            kind = EventType.SUB_ORCHESTRATION_INSTANCE_COMPLETED
            self._tell(parent, kind, task_id, Result=instance.output)
        else:
            reason = str(json.loads(instance.output or '""'))
            self._tell(parent, EventType.SUB_ORCHESTRATION_INSTANCE_FAILED, task_id, Reason=reason)

    def _tell(self, instance: Instance, kind: EventType, task_id: int, **more: Any) -> None:
        now = self._clock.now()
        if "Reason" in more:
            more |= {"Details": "", "FailureDetails": None}
        event = build_event(kind, now, TaskScheduledId=task_id, **more)
        self._store.send(instance.id, event, visible_at=now, execution_id=instance.execution_id)

    # Activities

    async def _run_activity(self, call: ActivityCall) -> None:
        async with self._activity_slots:
            if self._is_stopping:
                return
            kind, result = await self._activity_result(call)
        if self._is_stopping:  # the answer of a worker that is being shut down does not count
            return
        with self._store.transaction():
            if self._store.remove_activity(call):
                instance = self._store.read_instance(call.instance_id)
                if instance is not None and instance.execution_id == call.execution_id:
                    self._tell(instance, kind, call.task_id, **result)
        self.wake()

    async def _activity_result(self, call: ActivityCall) -> tuple[EventType, dict[str, Any]]:
        function = self._index.activities.get(call.name.lower())
        try:
            if function is None:
                raise ActivityFailedError(f" LookupError: the activity {call.name!r} is not registered any more")
            timeout = self._config.function_timeout.total_seconds()
            async with asyncio.timeout(timeout):
                trace_parent = self._store.read_trace_parent(call.instance_id, call.execution_id)
                result = await self._invoker.run_activity(function, call.input, trace_parent)
                return EventType.TASK_COMPLETED, {"Result": result}
        except TimeoutError:
            reason = f" Timeout value of {timedelta(seconds=timeout)} was exceeded by function: {call.name}"
        except ActivityFailedError as error:
            reason = str(error)
        return EventType.TASK_FAILED, {"Reason": f"Activity function '{call.name}' failed: {reason}"}
