"""One episode: the SDK's answer to an instance's history, turned into new history and new work."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from devstack.host.events import Event, EventType, build_event, format_time, kind_of
from devstack.host.replay import (
    Answer,
    Decision,
    NonDeterminismError,
    Outcome,
    UnsupportedActionError,
    parse_answer,
    replay,
)
from devstack.host.store import Instance

_LABEL: Final = "\n\n$OutOfProcData$:"
_MAX_STATUS_BYTES: Final = 16 * 1024
_UNPLAYED: Final = frozenset({EventType.ORCHESTRATOR_STARTED, EventType.ORCHESTRATOR_COMPLETED})


@dataclass(frozen=True, slots=True)
class Episode:
    """What is to be committed."""

    instance: Instance
    position: int
    new_history: list[Event]
    decisions: list[Decision] = field(default_factory=list)
    continued_with: str | None = None
    carried_over: list[Event] = field(default_factory=list)

    @classmethod
    def failed(cls, instance: Instance, past: list[Event], new: list[Event], now: datetime, reason: str) -> "Episode":
        """The instance ends as Failed with `reason`."""
        return cls._ended(instance, past, new, now, "Failed", json.dumps(reason))

    @classmethod
    def terminated(
        cls, instance: Instance, past: list[Event], new: list[Event], now: datetime, reason: str | None
    ) -> "Episode":
        """The instance ends as Terminated."""
        return cls._ended(instance, past, new, now, "Terminated", json.dumps(reason or ""))

    @classmethod
    def _ended(
        cls, instance: Instance, past: list[Event], new: list[Event], now: datetime, status: str, output: str
    ) -> "Episode":
        ended = replace(instance, status=status, output=output, updated=format_time(now))
        completed = build_event(EventType.EXECUTION_COMPLETED, now, 0, OrchestrationStatus=status, Result=output)
        return cls(ended, len(past), _played(_opened(new, now), [completed], now))

    def as_failed(self, reason: str) -> "Episode":
        """The same episode, ended as Failed instead."""
        failed = replace(self.instance, status="Failed", output=json.dumps(reason))
        return replace(self, instance=failed, decisions=[], continued_with=None)


def run_episode(
    instance: Instance, handle: Callable[[str], str], past: list[Event], new: list[Event], now: datetime, *, twice: bool
) -> Episode:
    """Asks the SDK, twice if wanted, and interprets the answer."""
    events = past + _opened(new, now)
    body = _context(instance, events)
    try:
        answer = ask_sdk(handle, body)
        if twice and ask_sdk(handle, body).actions != answer.actions:
            raise NonDeterminismError("Non-Deterministic workflow detected: two replays of one history differ.")
        outcome = replay(answer, events)
        _check_status(answer)
    except (NonDeterminismError, UnsupportedActionError) as error:
        return Episode.failed(instance, past, new, now, str(error))
    return _conclude(instance, past, new, now, answer, outcome)


def ask_sdk(handle: Callable[[str], str], body: str) -> Answer:
    """The SDK's answer; a failure of the orchestrator comes as an exception with the state behind a label."""
    try:
        return parse_answer(handle(body))
    except UnsupportedActionError:
        raise
    except Exception as error:  # whatever the app's orchestrator raises
        text, label, state = str(error).partition(_LABEL)
        if label:
            return parse_answer(state)
        return Answer([], is_done=False, error=f"{type(error).__name__}: {text}")


def _conclude(
    instance: Instance, past: list[Event], new: list[Event], now: datetime, answer: Answer, outcome: Outcome
) -> Episode:
    status = instance.custom_status if answer.custom_status is None else json.dumps(answer.custom_status)
    state = "Suspended" if outcome.is_suspended else "Running"
    moved = replace(instance, custom_status=status, updated=format_time(now), status=state)
    written = [_decision_event(decision, now) for decision in outcome.decisions]
    if outcome.is_ended and outcome.continued_with is None:
        ended_as, output = "Completed", json.dumps(outcome.output)
        if outcome.error is not None:
            ended_as = "Failed"
            output = json.dumps(f"Orchestrator function '{instance.name}' failed: {outcome.error}")
        moved = replace(moved, status=ended_as, output=output)
        written.append(
            build_event(EventType.EXECUTION_COMPLETED, now, len(written), OrchestrationStatus=ended_as, Result=output)
        )
    history = _played(_opened(new, now), written, now)
    continued_with = outcome.continued_with if outcome.is_ended else None
    return Episode(moved, len(past), history, outcome.decisions, continued_with, outcome.carried_over)


def _decision_event(decision: Decision, now: datetime) -> Event:
    if decision.kind is EventType.TIMER_CREATED:
        return build_event(decision.kind, now, decision.task_id, FireAt=format_time(decision.fire_at or now))
    more: dict[str, Any] = {"Name": decision.name, "Version": "", "Input": None}
    if decision.kind is EventType.SUB_ORCHESTRATION_INSTANCE_CREATED:
        more["InstanceId"] = decision.instance_id
    return build_event(decision.kind, now, decision.task_id, **more)


def _opened(new: list[Event], now: datetime) -> list[Event]:
    """The batch behind its OrchestratorStarted; an ExecutionStarted comes first, where the SDK looks for it."""
    first = [event for event in new if kind_of(event) is EventType.EXECUTION_STARTED]
    rest = [event for event in new if kind_of(event) is not EventType.EXECUTION_STARTED]
    return [build_event(EventType.ORCHESTRATOR_STARTED, now), *first, *rest]


def _played(opened: list[Event], written: list[Event], now: datetime) -> list[Event]:
    events = [*opened, *written, build_event(EventType.ORCHESTRATOR_COMPLETED, now)]
    return [{**event, "IsPlayed": kind_of(event) not in _UNPLAYED} for event in events]


def _context(instance: Instance, events: list[Event]) -> str:
    """The orchestration trigger's value. Versions 1 and 3 are what current extensions offer."""
    started = next(event for event in events if kind_of(event) is EventType.EXECUTION_STARTED)
    return json.dumps(
        {
            "history": events,
            "input": json.loads(started["Input"]) if started.get("Input") is not None else None,
            "instanceId": instance.id,
            "isReplaying": started["IsPlayed"],
            "parentInstanceId": instance.parent_id,
            "upperSchemaVersion": 1,
            "upperSchemaVersionNew": 3,
            "longRunningTimerIntervalDuration": "3.00:00:00",
            "maximumShortTimerDuration": "6.00:00:00",
            "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
        }
    )


def _check_status(answer: Answer) -> None:
    if answer.custom_status is None:
        return
    if len(json.dumps(answer.custom_status).encode("utf-16-le")) > _MAX_STATUS_BYTES:
        raise UnsupportedActionError("the custom status is larger than 16 KB of UTF-16")
