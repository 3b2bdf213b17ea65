"""Events of an orchestration's history, reduced to what may be shown: names, times, counts, states and codes.

Inputs and outputs never pass through as they are, and neither does the text of a failure.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from tenantsync.clock import to_rfc3339
from tenantsync.orchestrations import InstanceHistory, read_object

_WORD: Final = re.compile(r"[a-z][a-z0-9_]{0,60}")
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,250}")
_FLAGS: Final = ("ok", "ended")
_NUMBERS: Final = ("delaySeconds", "pages")
_WORDS: Final = ("state", "code", "reason")
_LISTS: Final = ("resources", "unfinished", "then")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event; times are RFC 3339, or empty where the event has none. `result` holds known fields only."""

    kind: str
    at: str
    scheduled_at: str = ""
    fires_at: str = ""
    name: str = ""
    """The activity or orchestration it is about."""
    instance_id: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)
    status: str = ""

    @property
    def seconds(self) -> float | None:
        """From being scheduled to its end."""
        if not self.scheduled_at or not self.at:
            return None
        passed = datetime.fromisoformat(self.at) - datetime.fromisoformat(self.scheduled_at)
        return round(max(0.0, passed.total_seconds()), 3)

    @property
    def has_failed(self) -> bool:
        """Whether something was lost, or answered that it failed."""
        failed = self.kind.endswith("Failed") or self.status == "Failed"
        return failed or self.result.get("ok") is False or self.result.get("state") == "failed"


def read_events(history: InstanceHistory) -> Iterator[Event]:
    """The events as Durable's management API projects them, on the local host and on Azure."""
    for event in history.events:
        yield Event(
            kind=str(event.get("EventType", "")),
            at=_time(event.get("Timestamp")),
            scheduled_at=_time(event.get("ScheduledTime")),
            fires_at=_time(event.get("FireAt")),
            name=_name(event.get("FunctionName") or event.get("Name"), _WORD),
            instance_id=_name(event.get("InstanceId"), _ID),
            result=_known(read_object(event.get("Result"))),
            status=_name(event.get("OrchestrationStatus"), _ID),
        )


def known_job(history: InstanceHistory) -> Mapping[str, Any]:
    """What may be shown of the input: the resource, the ones that follow or take turns with it, its wait's reason."""
    job = history.instance.job
    return {
        "resource": _name(job.get("resource"), _WORD),
        "then": _names(job.get("then")),
        "begun": _names([*read_object(job.get("begun"))]),
        "reason": _name(job.get("reason"), _WORD),
    }


def _known(result: Mapping[str, Any]) -> dict[str, Any]:
    problem = result.get("problem")
    found: dict[str, Any] = {"code": _name(read_object(problem).get("code"), _WORD)}
    found |= {name: result[name] for name in _FLAGS if isinstance(result.get(name), bool)}
    found |= {name: result[name] for name in _NUMBERS if isinstance(result.get(name), int | float)}
    found |= {name: _name(result[name], _WORD) for name in _WORDS if name in result}
    found |= {name: _names(result[name]) for name in _LISTS if name in result}
    return {name: value for name, value in found.items() if value != ""}


def _names(value: Any) -> list[str]:
    return [name for name in (_name(item, _WORD) for item in value) if name] if isinstance(value, list) else []


def _name(value: Any, shape: re.Pattern[str]) -> str:
    return value if isinstance(value, str) and shape.fullmatch(value) else ""


def _time(value: Any) -> str:
    try:
        return to_rfc3339(datetime.fromisoformat(value)) if isinstance(value, str) else ""
    except ValueError:
        return ""
