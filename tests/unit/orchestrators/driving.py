"""Drives plans as plain generators."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class FakeContext:
    """Tasks are tuples; a script answers them."""

    instance_id = "onboard-1"
    version: str | None = None

    def __init__(self, job: dict[str, Any], now: datetime = NOW) -> None:
        self._job = job
        self.current_utc_datetime = now
        self.asked: list[Any] = []
        self.continued: Any = None
        self.statuses: list[Any] = []

    def get_input(self) -> Any:
        return self._job

    def call_activity(self, name: str, input_: Any = None) -> Any:
        return ("activity", name, input_)

    def call_sub_orchestrator(self, name: str, input_: Any = None, instance_id: str | None = None) -> Any:
        return ("child", name, input_, instance_id)

    def create_timer(self, fire_at: datetime) -> Any:
        return ("timer", (fire_at - self.current_utc_datetime).total_seconds())

    def task_all(self, activities: list[Any]) -> Any:
        return ("all", activities)

    def continue_as_new(self, input_: Any) -> None:
        self.continued = input_

    def set_custom_status(self, status: Any) -> None:
        self.statuses.append(status)


def run(plan: Callable[[Any], Any], context: FakeContext, answer: Callable[[Any], Any]) -> Any:
    """Drives a plan to its end; an answer that is an exception is raised at the yield."""
    generator = plan(context)
    value: Any = None
    try:
        task = next(generator)
        while True:
            context.asked.append(task)
            value = answer(task)
            if task[0] == "timer":
                context.current_utc_datetime += timedelta(seconds=task[1])
            task = generator.throw(value) if isinstance(value, Exception) else generator.send(value)
    except StopIteration as stop:
        return stop.value


def script(**answers: Any) -> Callable[[Any], Any]:
    """Answers activities by name, from a list one after the other; timers and children with None."""

    def answer(task: Any) -> Any:
        if task[0] != "activity":
            return None
        value = answers[task[1]]
        return value.pop(0) if isinstance(value, list) else value

    return answer


def names(context: FakeContext) -> list[str]:
    """What was asked for: activities by their name, the rest by its kind."""
    return [task[1] if task[0] == "activity" else task[0] for task in context.asked]
