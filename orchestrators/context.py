"""The slice of Durable's context the plans use, whose id they hand on, and the two ways they wait."""

from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from tenantsync.wire import CORRELATION

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


class _Correlated:
    """A context that gives whatever it starts one more field."""

    def __init__(self, context: Context, cause: dict[str, str]) -> None:
        self._context = context
        self._cause = cause

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def call_activity(self, name: str, input_: Any = None) -> Any:
        return self._context.call_activity(name, {**self._cause, **input_})

    def call_sub_orchestrator(self, name: str, input_: Any = None, instance_id: str | None = None) -> Any:
        return self._context.call_sub_orchestrator(name, {**self._cause, **input_}, instance_id)

    def continue_as_new(self, input_: Any) -> None:
        self._context.continue_as_new({**self._cause, **input_})


def correlated(context: Context) -> Context:
    """A context that hands the correlation id of the instance's input on, to activities, children and generations.

    An input without one, as releases before it have left them, is handed on as it is.
    """
    job = context.get_input()
    if CORRELATION not in job:
        return context
    return cast("Context", _Correlated(context, {CORRELATION: job[CORRELATION]}))


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
