"""What can be asked of and done to instances, behind both HTTP APIs: the SDK's own and the public webhook."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from devstack.host.engine import Engine
from devstack.host.events import Event, EventType, build_event, format_time, kind_of
from devstack.host.store import TERMINAL, HistoryStore, Instance, InstanceFilter
from tenantsync.clock import Clock

_MAX_ID: Final = 256
_FORBIDDEN_IN_IDS: Final = frozenset("/\\#?")
_HIDDEN_EVENTS: Final = frozenset({EventType.ORCHESTRATOR_STARTED, EventType.ORCHESTRATOR_COMPLETED})
_SCHEDULED_BY: Final = {
    EventType.TASK_COMPLETED: (EventType.TASK_SCHEDULED, "TaskScheduledId"),
    EventType.TASK_FAILED: (EventType.TASK_SCHEDULED, "TaskScheduledId"),
    EventType.SUB_ORCHESTRATION_INSTANCE_COMPLETED: (
        EventType.SUB_ORCHESTRATION_INSTANCE_CREATED,
        "TaskScheduledId",
    ),
    EventType.SUB_ORCHESTRATION_INSTANCE_FAILED: (EventType.SUB_ORCHESTRATION_INSTANCE_CREATED, "TaskScheduledId"),
    EventType.TIMER_FIRED: (EventType.TIMER_CREATED, "TimerId"),
}
_INTERNAL_KEYS: Final = frozenset(
    {"EventId", "IsPlayed", "TimerId", "TaskScheduledId", "Version", "OrchestrationInstance", "ParentInstance", "Tags"}
)


class RefusedError(Exception):
    """The request cannot be done; `status` is the HTTP status the extension would give."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Management:
    """Operations on instances; all on the event loop, each in one transaction."""

    def __init__(self, store: HistoryStore, engine: Engine, clock: Clock) -> None:
        self._store = store
        self._engine = engine
        self._clock = clock

    def start(self, name: str, instance_id: str | None, input_: str | None, trace_parent: str = "") -> str:
        """The new instance's id; 409 if one of that id has not ended."""
        instance_id = instance_id or uuid4().hex
        _check_id(instance_id)
        existing = self._store.read_instance(instance_id)
        if existing is not None and not existing.is_terminal:
            raise RefusedError(409, f"An Orchestration instance with the status {existing.status} already exists.")
        with self._store.transaction():
            self._engine.start_instance(name, instance_id, input_, trace_parent=trace_parent)
        self._engine.wake()
        return instance_id

    def find(self, instance_id: str) -> Instance:
        """404 for an instance nobody knows."""
        instance = self._store.read_instance(instance_id)
        if instance is None:
            raise RefusedError(404, f"No instance {instance_id!r}.")
        return instance

    def raise_event(self, instance_id: str, name: str, input_: str) -> None:
        """Delivers an external event; 410 when the instance has ended."""
        self._send(self._open(instance_id), EventType.EVENT_RAISED, Name=name, Input=input_)

    def terminate(self, instance_id: str, reason: str) -> None:
        """Ends the instance; its children and running activities go on."""
        self._send(self._open(instance_id), EventType.EXECUTION_TERMINATED, Input=reason)

    def suspend(self, instance_id: str, reason: str) -> None:
        """Holds the instance's events back."""
        self._send(self._open(instance_id), EventType.EXECUTION_SUSPENDED, Reason=reason)

    def resume(self, instance_id: str, reason: str) -> None:
        """Delivers what was held back."""
        self._send(self._open(instance_id), EventType.EXECUTION_RESUMED, Reason=reason)

    def restart(self, instance_id: str, *, with_new_id: bool) -> str:
        """Starts an ended instance again with its input."""
        instance = self.find(instance_id)
        return self.start(instance.name, None if with_new_id else instance_id, instance.input)

    def purge(self, instance_id: str) -> int:
        """Forgets an ended instance; 412 while it runs."""
        instance = self.find(instance_id)
        if not instance.is_terminal:
            raise RefusedError(412, f"Instance {instance_id!r} has not ended: {instance.status}.")
        with self._store.transaction():
            self._store.purge(instance_id)
        return 1

    def purge_all(self, wanted: InstanceFilter) -> int:
        """Forgets ended instances of a time and status; gives how many."""
        ended = frozenset(TERMINAL & wanted.statuses) if wanted.statuses else TERMINAL
        found = self._store.find_instances(replace(wanted, statuses=ended, limit=1_000_000))
        with self._store.transaction():
            for instance in found:
                self._store.purge(instance.id)
        return len(found)

    def query(self, wanted: InstanceFilter) -> list[Instance]:
        return self._store.find_instances(wanted)

    def describe(
        self, instance: Instance, *, input_: bool = True, history: bool = False, outputs: bool = False
    ) -> dict[str, Any]:
        """The status document."""
        document = {
            "name": instance.name,
            "instanceId": instance.id,
            "runtimeStatus": instance.status,
            "input": _parsed(instance.input) if input_ else None,
            "customStatus": _parsed(instance.custom_status),
            "output": _parsed(instance.output),
            "createdTime": f"{instance.created[:19]}Z",
            "lastUpdatedTime": f"{instance.updated[:19]}Z",
        }
        if history:
            events = self._store.read_history(instance.id, instance.execution_id)
            document["historyEvents"] = _project_history(events, outputs=outputs)
        return document

    def _open(self, instance_id: str) -> Instance:
        instance = self.find(instance_id)
        if instance.is_terminal:
            raise RefusedError(410, f"Instance {instance_id!r} has ended: {instance.status}.")
        return instance

    def _send(self, instance: Instance, kind: EventType, **more: Any) -> None:
        now = self._clock.now()
        with self._store.transaction():
            self._store.send(instance.id, build_event(kind, now, **more), visible_at=now)
        self._engine.wake()


def _check_id(instance_id: str) -> None:
    has_forbidden = any(character in _FORBIDDEN_IN_IDS or ord(character) < ord(" ") for character in instance_id)
    if len(instance_id) > _MAX_ID or instance_id.startswith("@") or has_forbidden:
        raise RefusedError(400, "The instance id must have at most 256 characters, none of / \\ # ? and no leading @.")


def _parsed(text: str | None) -> Any:
    return json.loads(text) if text is not None else None


def _project_history(events: list[Event], *, outputs: bool) -> list[dict[str, Any]]:
    """Events as people read them: completions with the name and time of what they complete, those left out."""
    by_id = {(kind_of(event), event["EventId"]): event for event in events}
    partners = {kind for kind, _ in _SCHEDULED_BY.values()}
    completed = {
        (_SCHEDULED_BY[kind_of(event)][0], event[_SCHEDULED_BY[kind_of(event)][1]])
        for event in events
        if kind_of(event) in _SCHEDULED_BY
    }
    rows = []
    for event in events:
        kind = kind_of(event)
        is_paired = kind in partners and (kind, event["EventId"]) in completed
        if kind in _HIDDEN_EVENTS or is_paired:
            continue
        row = {name: value for name, value in event.items() if name not in _INTERNAL_KEYS}
        row["EventType"] = kind.title
        if kind is EventType.EXECUTION_STARTED:
            row["FunctionName"] = row.pop("Name")
        if kind in _SCHEDULED_BY:
            partner_kind, key = _SCHEDULED_BY[kind]
            partner = by_id.get((partner_kind, event[key]), {})
            row["ScheduledTime"] = partner.get("Timestamp")
            if partner.get("Name"):
                row["FunctionName"] = partner["Name"]
        if not outputs:
            row.pop("Result", None)
        rows.append(row)
    return rows


def filter_from_query(query: dict[str, str], *, after: str, limit: int) -> InstanceFilter:
    """Query options of the list and purge requests; times may be any ISO 8601."""
    statuses = frozenset(part.strip() for part in query.get("runtimeStatus", "").split(",") if part.strip())
    return InstanceFilter(
        statuses=statuses,
        created_from=_time(query.get("createdTimeFrom")) or "",
        created_to=_time(query.get("createdTimeTo")) or "9999",
        id_prefix=query.get("instanceIdPrefix", ""),
        after=after,
        limit=limit,
    )


def _time(text: str | None) -> str | None:
    if not text:
        return None
    try:
        return format_time(datetime.fromisoformat(text.replace(" ", "+")))
    except ValueError as error:
        raise RefusedError(400, f"{text!r} is not a time.") from error
