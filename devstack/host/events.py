"""History events as the Durable extension writes them for Python: names, numbers, time format."""

from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

Event = dict[str, Any]


class EventType(IntEnum):
    """DurableTask.Core's numbers."""

    EXECUTION_STARTED = 0
    EXECUTION_COMPLETED = 1
    EXECUTION_TERMINATED = 3
    TASK_SCHEDULED = 4
    TASK_COMPLETED = 5
    TASK_FAILED = 6
    SUB_ORCHESTRATION_INSTANCE_CREATED = 7
    SUB_ORCHESTRATION_INSTANCE_COMPLETED = 8
    SUB_ORCHESTRATION_INSTANCE_FAILED = 9
    TIMER_CREATED = 10
    TIMER_FIRED = 11
    ORCHESTRATOR_STARTED = 12
    ORCHESTRATOR_COMPLETED = 13
    EVENT_RAISED = 15
    CONTINUE_AS_NEW = 16
    EXECUTION_SUSPENDED = 19
    EXECUTION_RESUMED = 20

    @property
    def title(self) -> str:
        """`TaskScheduled`-like name, as status queries show it."""
        return "".join(part.capitalize() for part in self.name.split("_"))


def format_time(moment: datetime) -> str:
    """ISO 8601 in UTC with seven fraction digits: the SDK's deterministic ids hash this very text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def parse_time(text: str) -> datetime:
    """Any UTC time text of the SDK or the extension, with up to seven fraction digits."""
    head, _, fraction = text.rstrip("Z").partition(".")
    return datetime.strptime(f"{head}.{fraction[:6] or '0'}+0000", "%Y-%m-%dT%H:%M:%S.%f%z")


def build_event(kind: EventType, moment: datetime, event_id: int = -1, **more: Any) -> Event:
    """A new event; only decisions carry an id of their own."""
    base = {"EventType": int(kind), "EventId": event_id, "IsPlayed": False, "Timestamp": format_time(moment)}
    return {**base, **more}


def kind_of(event: Event) -> EventType:
    return EventType(event["EventType"])
