"""What an episode has decided, written down: history, timers, activities, children, and what a parent is told."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from devstack.host.config import HostConfig
from devstack.host.episode import Episode
from devstack.host.events import EventType, build_event, format_time
from devstack.host.indexing import AppIndex
from devstack.host.log import log_line
from devstack.host.replay import Decision
from devstack.host.store import ActivityCall, HistoryStore, Instance, Message
from tenantsync.clock import Clock


class UnknownFunctionError(Exception):
    """An orchestration asks for something the app does not have."""


class Ledger:
    """Writes to the store only; whoever is to run what it has written is the engine's business."""

    def __init__(self, index: AppIndex, store: HistoryStore, config: HostConfig, clock: Clock) -> None:
        self._index = index
        self._store = store
        self._current_version = config.versioning.current
        self._clock = clock

    def start(self, name: str, instance_id: str, input_: str | None, trace_parent: str) -> None:
        """Creates an instance and its first message; the caller holds a transaction.

        What it does belongs to the trace `trace_parent` names.
        """
        self._begin(self._new(name, instance_id, input_, self._current_version), trace_parent)

    def drop(self, messages: list[Message]) -> None:
        """Messages nobody is there to hear."""
        with self._store.transaction():
            self._store.remove_messages(messages)

    def commit(self, episode: Episode, messages: list[Message]) -> list[ActivityCall]:
        """All of an episode in one transaction; the activities that are to run now."""
        episode = self._checked(episode)
        with self._store.transaction():
            self._store.remove_messages(messages)
            instance = episode.instance
            if self._store.read_instance(instance.id) is None:  # purged while it ran
                return []
            self._store.append_history(instance.id, instance.execution_id, episode.position, episode.new_history)
            if episode.continued_with is not None:
                self._continue_as_new(episode)
                return []
            calls = self._schedule(episode)
            self._store.put_instance(instance)
            if instance.is_terminal:
                self._end(instance)
            return calls

    def tell(self, instance: Instance, kind: EventType, task_id: int, **more: Any) -> None:
        """What has come of a task; the caller holds a transaction."""
        now = self._clock.now()
        if "Reason" in more:
            more |= {"Details": "", "FailureDetails": None}
        event = build_event(kind, now, TaskScheduledId=task_id, **more)
        self._store.send(instance.id, event, visible_at=now, execution_id=instance.execution_id)

    def _new(self, name: str, instance_id: str, input_: str | None, version: str) -> Instance:
        now = format_time(self._clock.now())
        return Instance(
            id=instance_id,
            name=name,
            status="Pending",
            input=input_,
            output=None,
            custom_status=None,
            created=now,
            updated=now,
            execution_id=uuid4().hex,
            parent_id=None,
            parent_execution_id=None,
            parent_task_id=None,
            version=version,
        )

    def _begin(self, instance: Instance, trace_parent: str) -> None:
        self._store.drop_generations(instance.id)
        self._store.put_instance(instance)
        self._send_start(instance, self._clock.now(), trace_parent)

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

    def _trace_parent(self, instance: Instance) -> str:
        return self._store.read_trace_parent(instance.id, instance.execution_id)

    def _checked(self, episode: Episode) -> Episode:
        try:
            for decision in episode.decisions:
                self._check_name(decision)
        except UnknownFunctionError as error:
            return episode.as_failed(str(error))
        return episode

    def _check_name(self, decision: Decision) -> None:
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

    def _start_child(self, parent: Instance, decision: Decision) -> None:
        if not self._may_be_child(decision.instance_id, parent):
            reason = f"The instance id {decision.instance_id!r} cannot be used: it is taken or not allowed."
            self.tell(parent, EventType.SUB_ORCHESTRATION_INSTANCE_FAILED, decision.task_id, Reason=reason)
            return
        version = decision.version or self._current_version
        child = replace(
            self._new(decision.name, decision.instance_id, decision.input, version),
            parent_id=parent.id,
            parent_execution_id=parent.execution_id,
            parent_task_id=decision.task_id,
        )
        self._begin(child, self._trace_parent(parent))

    def _may_be_child(self, instance_id: str, parent: Instance) -> bool:
        existing = self._store.read_instance(instance_id)
        is_free = existing is None or existing.is_terminal
        return is_free and instance_id not in (parent.id, parent.parent_id) and not instance_id.startswith("@")

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

    def _end(self, instance: Instance) -> None:
        self._store.drop_open_work(instance.id)
        log_line(f"orchestration {instance.name} {instance.id} ended: {instance.status}")
        parent = self._store.read_instance(instance.parent_id) if instance.parent_id else None
        if parent is None or parent.is_terminal or parent.execution_id != instance.parent_execution_id:
            return
        task_id = instance.parent_task_id or 0
        if instance.status == "Completed":
            self.tell(parent, EventType.SUB_ORCHESTRATION_INSTANCE_COMPLETED, task_id, Result=instance.output)
        else:
            reason = str(json.loads(instance.output or '""'))
            self.tell(parent, EventType.SUB_ORCHESTRATION_INSTANCE_FAILED, task_id, Reason=reason)
