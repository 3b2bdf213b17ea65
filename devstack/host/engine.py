"""Runs orchestrations: collects an instance's messages, lets the SDK replay, has the ledger commit. Then activities.

At most one episode of an instance at a time, each committed in one transaction. Everything not committed is simply
done again after a crash: activities run at least once, decisions exactly once.
"""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from devstack.host.config import HostConfig
from devstack.host.episode import Episode, run_episode
from devstack.host.events import EventType, kind_of, parse_time
from devstack.host.indexing import AppIndex
from devstack.host.invocation import ActivityFailedError, Invoker
from devstack.host.ledger import Ledger
from devstack.host.log import log_failure, log_line
from devstack.host.store import ActivityCall, HistoryStore, Instance, Message
from devstack.host.versions import FailureStrategy
from tenantsync.clock import Clock

_LONGEST_SLEEP_SECONDS: Final = 3600.0


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
        self._ledger = Ledger(index, store, config, clock)
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

    def start_instance(self, name: str, instance_id: str, input_: str | None, *, trace_parent: str = "") -> None:
        """Creates an instance and its first message; the caller holds a transaction, and wakes."""
        self._ledger.start(name, instance_id, input_, trace_parent)

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
            self._ledger.drop(messages)
            return True
        current = [item for item in messages if item.execution_id in (None, instance.execution_id)]
        if not current:
            self._ledger.drop(messages)
            return True
        episode = await self._replay(instance, current, now)
        for call in self._ledger.commit(episode, messages):
            self._spawn(self._run_activity(call))
        self.wake()
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
                    self._ledger.tell(instance, kind, call.task_id, **result)
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
