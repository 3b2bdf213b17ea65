"""Ids and decisions, exactly as the Durable extension has them: a fan-out of three with retry, one failing once."""

from datetime import timedelta
from typing import Any

import pytest

from devstack.host.events import EventType, build_event
from devstack.host.replay import Answer, NonDeterminismError, Outcome, UnsupportedActionError, replay
from tests.fakes.clock import START

RETRY = {"firstRetryIntervalInMilliseconds": 5000, "maxNumberOfAttempts": 3}


def call(number: int) -> dict[str, Any]:
    return {
        "actionType": 12,
        "compoundActions": [{"actionType": 1, "functionName": "act", "input": str(number), "retryOptions": RETRY}],
    }


FAN = {"actionType": 12, "compoundActions": [call(0), call(1), call(2)]}
FINISH = {"actionType": 0, "functionName": "finish", "input": "[]"}


class History:
    """Grows episode by episode, decisions included."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.now = START

    def episode(self, answer: Answer, *new: dict[str, Any]) -> Outcome:
        self.now += timedelta(seconds=1)
        self.events += [build_event(EventType.ORCHESTRATOR_STARTED, self.now), *new]
        outcome = replay(answer, self.events)
        for decision in outcome.decisions:
            self.events.append(build_event(decision.kind, self.now, decision.task_id, Name=decision.name or None))
        return outcome


def started() -> dict[str, Any]:
    instance = {"InstanceId": "one", "ExecutionId": "e"}
    return build_event(EventType.EXECUTION_STARTED, START, OrchestrationInstance=instance, Name="flow", Input="null")


def completed(task_id: int) -> dict[str, Any]:
    return build_event(EventType.TASK_COMPLETED, START, TaskScheduledId=task_id, Result="1")


def failed(task_id: int) -> dict[str, Any]:
    return build_event(EventType.TASK_FAILED, START, TaskScheduledId=task_id, Reason="boom", Details="")


def fired(task_id: int) -> dict[str, Any]:
    return build_event(EventType.TIMER_FIRED, START, TimerId=task_id)


def asked(outcome: Outcome) -> list[tuple[int, str]]:
    return [(decision.task_id, decision.kind.title) for decision in outcome.decisions]


def test_worked_example_has_the_extensions_ids():
    history = History()
    waiting = Answer([FAN], is_done=False)
    assert asked(history.episode(waiting, started())) == [
        (0, "TaskScheduled"),
        (1, "TaskScheduled"),
        (2, "TaskScheduled"),
    ]
    retry = history.episode(waiting, completed(0), failed(1))
    assert asked(retry) == [(3, "TimerCreated")]
    assert retry.decisions[0].fire_at == history.now + timedelta(seconds=5)
    assert asked(history.episode(waiting, completed(2))) == []
    assert asked(history.episode(waiting, fired(3))) == [(4, "TaskScheduled")]
    assert asked(history.episode(Answer([FAN, FINISH], is_done=False), completed(4))) == [(5, "TaskScheduled")]
    end = history.episode(Answer([FAN, FINISH], is_done=True, output={"ok": True}), completed(5))
    assert (end.is_ended, end.output, end.decisions) == (True, {"ok": True}, [])


def test_last_failed_attempt_makes_one_more_timer_that_fires_at_once():
    history = History()
    answer = Answer([call(0)], is_done=False)
    history.episode(answer, started())
    for attempt in range(2):
        history.episode(answer, failed(2 * attempt))
        history.episode(answer, fired(2 * attempt + 1))
    dummy = history.episode(answer, failed(4))
    assert asked(dummy) == [(5, "TimerCreated")]
    assert dummy.decisions[0].fire_at == history.now


def test_instance_stays_open_while_a_timer_is_open():
    timer = {"actionType": 5, "fireAt": "2026-03-02T10:00:00.000000Z", "isCanceled": False}
    any_of = {"actionType": 11, "compoundActions": [timer, FINISH]}
    history = History()
    history.episode(Answer([any_of], is_done=False), started())
    assert not history.episode(Answer([any_of], is_done=True), completed(1)).is_ended
    cancelled = {"actionType": 11, "compoundActions": [{**timer, "isCanceled": True}, FINISH]}
    assert replay(Answer([cancelled], is_done=True), history.events).is_ended


@pytest.mark.parametrize("name", ["another", ""])
def test_other_name_than_in_history_is_non_determinism(name: str):
    history = History()
    history.episode(Answer([FINISH], is_done=False), started())
    changed = Answer([{**FINISH, "functionName": name}] if name else [], is_done=False)
    with pytest.raises(NonDeterminismError, match="Non-Deterministic workflow detected"):
        history.episode(changed, completed(0))


@pytest.mark.parametrize("action_type", [7, 8, 9])
def test_feature_this_host_lacks_is_refused(action_type: int):
    history = History()
    with pytest.raises(UnsupportedActionError, match="not supported"):
        history.episode(Answer([{"actionType": action_type}], is_done=True), started())


def test_events_after_continue_as_new_are_carried_over():
    history = History()
    again = Answer([{"actionType": 4, "input": "{}"}], is_done=True)
    event = build_event(EventType.EVENT_RAISED, START, Name="Late", Input="1")
    outcome = history.episode(again, started(), event)
    assert (outcome.continued_with, outcome.carried_over) == ("{}", [event])
