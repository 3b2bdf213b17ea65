"""The slice of Durable's context the plans use, and the two ways they wait."""

from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any, Protocol

Plan = Generator[Any, Any, Any]
"""A plan yields Durable tasks and is sent their results."""


class Context(Protocol):
    """What a plan may ask of Durable."""

    @property
    def instance_id(self) -> str: ...
    @property
    def current_utc_datetime(self) -> datetime: ...
    @property
    def version(self) -> str | None: ...
    def get_input(self) -> Any: ...
    def call_activity(self, name: str, input_: Any = None) -> Any: ...
    def call_sub_orchestrator(self, name: str, input_: Any = None, instance_id: str | None = None) -> Any: ...
    def create_timer(self, fire_at: datetime) -> Any: ...
    def task_all(self, activities: list[Any]) -> Any: ...
    def continue_as_new(self, input_: Any) -> None: ...
    def set_custom_status(self, status: Any) -> None: ...


def is_at_least(context: Context, version: str) -> bool:
    """Whether the instance was made by a release of that version (`1.2`) or a later one.

    The version is part of the history, so every replay gets the same answer. Instances from before there were versions
    have none, and are older than all.
    """
    return bool(context.version) and _numbers(context.version or "") >= _numbers(version)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def attempt(task: Any) -> Plan:
    """A task's envelope, also when the task itself failed (time-out, host gone for good, a crash in the edge).

    Durable raises bare `Exception` for every such failure, so nothing narrower can be caught.
    """
    try:
        return (yield task)
    except Exception:  # noqa: BLE001 - Durable has no narrower type
        return {"ok": False, "code": "internal_error", "action": "retry"}


def wait(context: Context, seconds: float) -> Plan:
    """A durable timer."""
    yield context.create_timer(context.current_utc_datetime + timedelta(seconds=seconds))
