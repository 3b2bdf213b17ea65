"""Replays the SDK's answer over an instance's history, as the Durable extension does, to find what is new.

The SDK answers every episode with the whole list of actions so far. This interpreter invokes them in order against the
same history: ids are given out in the same way, scheduled events must match, and what stays pending is the new work.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Final

from devstack.host.events import Event, EventType, kind_of, parse_time
from devstack.host.promises import Promise, spawn, when_all, when_any


class ActionType(IntEnum):
    """Numbers of the out-of-process protocol, schema V3."""

    CALL_ACTIVITY = 0
    CALL_ACTIVITY_WITH_RETRY = 1
    CALL_SUB_ORCHESTRATOR = 2
    CALL_SUB_ORCHESTRATOR_WITH_RETRY = 3
    CONTINUE_AS_NEW = 4
    CREATE_TIMER = 5
    WAIT_FOR_EXTERNAL_EVENT = 6
    CALL_ENTITY = 7
    CALL_HTTP = 8
    SIGNAL_ENTITY = 9
    WHEN_ANY = 11
    WHEN_ALL = 12


class NonDeterminismError(Exception):
    """The code asks for something else than history says it asked for before."""


class UnsupportedActionError(Exception):
    """The app uses a feature this host does not have."""


class TaskFailedError(Exception):
    """An activity or child orchestration failed; the text is what the extension would report."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the SDK said about one episode."""

    actions: list[dict[str, Any]]
    is_done: bool
    output: Any = None
    error: str | None = None
    custom_status: Any = None


@dataclass(frozen=True, slots=True)
class Decision:
    """New work: an activity, a timer or a child orchestration, with the id history will know it by."""

    task_id: int
    kind: EventType
    name: str = ""
    input: str | None = None
    fire_at: datetime | None = None
    instance_id: str = ""
    version: str = ""
    """A child's, if the plan names one."""


@dataclass(slots=True)
class Outcome:
    """Where the instance stands after an episode."""

    decisions: list[Decision]
    is_ended: bool = False
    is_suspended: bool = False
    output: Any = None
    error: str | None = None
    continued_with: str | None = None
    carried_over: list[Event] = field(default_factory=list)


_SCHEMA_V3: Final = 2
_SCHEDULING: Final = frozenset(
    {EventType.TASK_SCHEDULED, EventType.TIMER_CREATED, EventType.SUB_ORCHESTRATION_INSTANCE_CREATED}
)
_COMPLETIONS: Final = frozenset({EventType.TASK_COMPLETED, EventType.SUB_ORCHESTRATION_INSTANCE_COMPLETED})
_FAILURES: Final = frozenset({EventType.TASK_FAILED, EventType.SUB_ORCHESTRATION_INSTANCE_FAILED})


def replay(answer: Answer, events: Iterable[Event]) -> Outcome:
    """The outcome of an episode; raises NonDeterminismError or UnsupportedActionError."""
    return _Replay(answer).run(events)


class _Replay:
    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._next_id = 0
        self._pending: dict[int, Decision] = {}
        self._open: dict[int, Promise] = {}
        self._waiting: dict[str, list[Promise]] = defaultdict(list)
        self._early: dict[str, list[Event]] = defaultdict(list)
        self._now: datetime | None = None
        self._execution_id = ""
        self._main: Promise | None = None
        self._continued_with: str | None = None
        self._carried_over: list[Event] = []
        self._is_suspended = False
        self._held_events: list[Event] = []
        self._held_decisions: dict[int, Decision] = {}

    def run(self, events: Iterable[Event]) -> Outcome:
        for event in events:
            self._process(event)
        decisions = [self._pending[task_id] for task_id in sorted(self._pending)]
        outcome = Outcome(decisions, is_suspended=self._is_suspended, carried_over=self._carried_over)
        if self._main is None or self._open or self._is_suspended or not self._main.is_done:
            return outcome
        error = self._main.error
        if isinstance(error, UnsupportedActionError):
            raise error
        outcome.is_ended = True
        outcome.error = str(error) if error else None
        outcome.output, outcome.continued_with = self._main.value, None if error else self._continued_with
        return outcome

    def _process(self, event: Event) -> None:
        kind = kind_of(event)
        if kind is EventType.ORCHESTRATOR_STARTED:
            self._now = parse_time(event["Timestamp"])
        elif self._is_suspended and kind is not EventType.EXECUTION_RESUMED:
            self._held_events.append(event)
        elif kind is EventType.EXECUTION_STARTED:
            self._execution_id = event["OrchestrationInstance"]["ExecutionId"]
            self._main = spawn(self._run_actions())
        else:
            self._dispatch(kind, event)

    def _dispatch(self, kind: EventType, event: Event) -> None:
        if kind in _SCHEDULING:
            self._match(kind, event)
        elif kind in _COMPLETIONS:
            self._settle(event["TaskScheduledId"], event.get("Result"))
        elif kind in _FAILURES:
            self._settle(event["TaskScheduledId"], error=TaskFailedError(event.get("Reason") or ""))
        elif kind is EventType.TIMER_FIRED:
            self._settle(event["TimerId"])
        elif kind is EventType.EVENT_RAISED:
            self._raise_event(event)
        elif kind is EventType.EXECUTION_SUSPENDED:
            self._is_suspended, self._held_decisions, self._pending = True, self._pending, {}
        elif kind is EventType.EXECUTION_RESUMED:
            self._resume()

    def _match(self, kind: EventType, event: Event) -> None:
        decision = self._pending.pop(event["EventId"], None)
        name = event.get("Name") or ""
        if decision is None or decision.kind is not kind or decision.name.lower() != name.lower():
            asked = f"{decision.kind.title} {decision.name}" if decision else "nothing"
            raise NonDeterminismError(
                f"Non-Deterministic workflow detected: history has {kind.title} {name} as number "
                f"{event['EventId']}, the code now asks for {asked}. Was an orchestrator changed while it ran?"
            )

    def _settle(self, task_id: int, value: Any = None, error: Exception | None = None) -> None:
        promise = self._open.pop(task_id, None)
        if promise is not None:  # a late answer to a cancelled timer finds nobody
            promise.resolve(value, error)

    def _raise_event(self, event: Event) -> None:
        if self._continued_with is not None:
            self._carried_over.append(event)
            return
        name = event["Name"].lower()
        if self._waiting[name]:
            self._waiting[name].pop().resolve(event.get("Input"))
        else:
            self._early[name].append(event)

    def _resume(self) -> None:
        self._is_suspended = False
        self._pending = {**self._held_decisions, **self._pending}
        held, self._held_events = self._held_events, []
        for event in held:
            self._process(event)

    async def _run_actions(self) -> Any:
        for action in self._answer.actions:
            try:
                await self._invoke(action)
            except (TaskFailedError, _TimerCancelledError):
                continue  # the SDK has seen this failure and decided what follows
        if self._answer.error is not None:
            raise TaskFailedError(self._answer.error)
        if not self._answer.is_done:
            await Promise()
        return self._answer.output

    def _invoke(self, action: dict[str, Any]) -> Promise:
        kind = action["actionType"]
        if kind == ActionType.CONTINUE_AS_NEW:
            self._continued_with = action.get("input") or "null"
            return _settled()
        if kind in (ActionType.WHEN_ALL, ActionType.WHEN_ANY):
            children = [self._invoke(child) for child in action["compoundActions"]]
            return spawn(when_all(children) if kind == ActionType.WHEN_ALL else when_any(children))
        single: dict[int, Callable[[dict[str, Any]], Any]] = {
            ActionType.CALL_ACTIVITY: self._activity,
            ActionType.CALL_ACTIVITY_WITH_RETRY: lambda call: self._with_retry(call, self._activity),
            ActionType.CALL_SUB_ORCHESTRATOR: self._child,
            ActionType.CALL_SUB_ORCHESTRATOR_WITH_RETRY: lambda call: self._with_retry(call, self._child),
            ActionType.CREATE_TIMER: self._timer,
            ActionType.WAIT_FOR_EXTERNAL_EVENT: self._external_event,
        }
        if kind not in single:
            raise UnsupportedActionError(f"action {ActionType(kind).name} is not supported by the local host")
        return spawn(single[kind](action))

    async def _activity(self, action: dict[str, Any]) -> Any:
        name, input_ = action["functionName"], action.get("input")
        return await self._schedule(Decision(self._next_id, EventType.TASK_SCHEDULED, name, input_))

    async def _child(self, action: dict[str, Any]) -> Any:
        instance_id = action.get("instanceId") or f"{self._execution_id}:{self._next_id}"
        return await self._schedule(
            Decision(
                self._next_id,
                EventType.SUB_ORCHESTRATION_INSTANCE_CREATED,
                action["functionName"],
                action.get("input"),
                instance_id=instance_id,
                version=action.get("version") or "",
            )
        )

    async def _timer(self, action: dict[str, Any]) -> None:
        promise = self._schedule_timer(parse_time(action["fireAt"]))
        if action.get("isCanceled"):
            self._open.pop(self._next_id - 1, None)
            promise.resolve(error=_TimerCancelledError())
        await promise

    async def _with_retry(self, action: dict[str, Any], call: Callable[[dict[str, Any]], Any]) -> Any:
        options = action["retryOptions"]
        first = timedelta(milliseconds=options["firstRetryIntervalInMilliseconds"])
        for attempt in range(options["maxNumberOfAttempts"]):
            try:
                return await call(action)
            except TaskFailedError as error:
                last = error
            is_last = attempt + 1 == options["maxNumberOfAttempts"]
            delay = timedelta(0) if is_last else first * options.get("backoffCoefficient", 1) ** attempt
            await self._schedule_timer(self._current_time() + delay)  # after the last one it fires at once
        raise last

    async def _external_event(self, action: dict[str, Any]) -> Any:
        name = action["externalEventName"].lower()
        promise = Promise()
        self._waiting[name].append(promise)
        if self._early[name]:
            self._raise_event(self._early[name].pop(0))
        return await promise

    def _schedule(self, decision: Decision) -> Promise:
        self._next_id += 1
        self._pending[decision.task_id] = decision
        promise = self._open[decision.task_id] = Promise()
        return promise

    def _schedule_timer(self, fire_at: datetime) -> Promise:
        return self._schedule(Decision(self._next_id, EventType.TIMER_CREATED, fire_at=fire_at))

    def _current_time(self) -> datetime:
        if self._now is None:
            raise NonDeterminismError("history does not begin with OrchestratorStarted")
        return self._now


class _TimerCancelledError(Exception):
    pass


def _settled() -> Promise:
    promise = Promise()
    promise.resolve()
    return promise


def parse_answer(text: str) -> Answer:
    """The SDK's JSON; raises UnsupportedActionError for a protocol version other than V3."""
    state = json.loads(text)
    if state.get("schemaVersion") != _SCHEMA_V3:
        raise UnsupportedActionError(f"replay schema {state.get('schemaVersion')} is not supported by the local host")
    actions = state["actions"][0] if state["actions"] else []
    return Answer(actions, state["isDone"], state.get("output"), state.get("error"), state.get("customStatus"))
