"""Starts and ends orchestrations from a worker thread, while the event loop of the Durable client runs on."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol

import orjson

from tenantsync import logs
from tenantsync.clock import to_rfc3339
from tenantsync.errors import TransientError
from tenantsync.store.runs import Run
from tenantsync.wire import CORRELATION, ONBOARD_TENANT, resource_instance_id

_TIMEOUT_SECONDS: Final = 60
_MOST_LAYERS: Final = 3
_ENDED: Final = frozenset({"Completed", "Failed", "Terminated", "Canceled"})


class InstanceState(StrEnum):
    """The states of Durable that are asked for."""

    PENDING = "Pending"
    """Nobody has taken it up yet."""
    RUNNING = "Running"
    SUSPENDED = "Suspended"
    CONTINUED = "ContinuedAsNew"


@dataclass(frozen=True, slots=True)
class InstanceStatus:
    """What Durable says of an instance: its runtime status, and the children its plan last began."""

    state: str
    children: tuple[str, ...] = ()

    @property
    def is_ended(self) -> bool:
        return self.state in _ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One orchestration as Durable describes it; times are RFC 3339, `job` is its input where that is an object."""

    instance_id: str
    name: str
    state: str
    created_at: str
    updated_at: str
    job: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_ended(self) -> bool:
        return self.state in _ENDED


@dataclass(frozen=True, slots=True)
class InstanceHistory:
    """An instance and the events of its present generation, oldest first, as Durable's management API has them."""

    instance: Instance
    events: Sequence[Mapping[str, Any]]


class Starter(Protocol):
    """Begins orchestrations."""

    def start(self, name: str, instance_id: str, job: Mapping[str, Any], *, again: bool = False) -> None:
        """Starts the orchestration once: an instance of that id is left alone, in whatever state.

        With `again`, one that has ended is started anew.
        """


class Orchestrations(Starter, Protocol):
    """What the use cases need of Durable Functions."""

    def terminate(self, instance_id: str) -> None:
        """Ends the instance for good; nothing happens if there is none or it has ended."""

    def find(self, instance_id: str) -> InstanceStatus | None:
        """The instance's status, or None when Durable does not know it."""

    def read_history(self, instance_id: str) -> InstanceHistory | None:
        """The instance with its history, results included, or None when Durable does not know it."""

    def list_instances(
        self, *, prefix: str = "", since: datetime | None = None, states: Sequence[InstanceState] = ()
    ) -> Sequence[Instance]:
        """The instances whose id begins with `prefix`, made after `since`, in one of `states`; a hundred at most.

        Without `states`, in whatever state.
        """

    def purge(self, instance_id: str) -> bool:
        """Forgets an instance that has ended, with its history; False if it is gone or has not ended."""


def start_run(orchestrations: Starter, run: Run, *, again_at: str = "") -> None:
    """The run's id is its orchestration's, so a second start does nothing.

    With `again_at`, the time, an orchestration that has ended before its run is started anew, with children of its own.
    """
    job = {"runId": run.run_id, "tenantId": run.tenant_id}
    cause = {CORRELATION: run.correlation_id} if run.correlation_id else {}
    again = {"again": "".join(filter(str.isalnum, again_at))} if again_at else {}
    orchestrations.start(ONBOARD_TENANT, run.run_id, {**job, **cause, **again}, again=bool(again_at))


def terminate_run(orchestrations: Orchestrations, run_id: str, resources: list[str]) -> None:
    """Ends a run's orchestration first, then the ones of its resources: Durable leaves children running."""
    status = orchestrations.find(run_id)
    children = {resource_instance_id(run_id, key) for key in resources}.union(status.children if status else ())
    for instance_id in (run_id, *sorted(children)):
        orchestrations.terminate(instance_id)


class DurableOrchestrations:
    """Orchestrations by the Durable client; make it on the event loop, use it in a thread."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._loop = asyncio.get_running_loop()

    def start(self, name: str, instance_id: str, job: Mapping[str, Any], *, again: bool = False) -> None:
        cause = {CORRELATION: logs.correlation_id()} if logs.correlation_id() else {}
        self._wait_for(self._start(name, instance_id, {**cause, **job}, again=again))

    def terminate(self, instance_id: str) -> None:
        self._wait_for(self._terminate(instance_id))

    def find(self, instance_id: str) -> InstanceStatus | None:
        found: InstanceStatus | None = self._wait_for(self._find(instance_id))
        return found

    def read_history(self, instance_id: str) -> InstanceHistory | None:
        found: InstanceHistory | None = self._wait_for(self._read_history(instance_id))
        return found

    def list_instances(
        self, *, prefix: str = "", since: datetime | None = None, states: Sequence[InstanceState] = ()
    ) -> Sequence[Instance]:
        found: Sequence[Instance] = self._wait_for(self._list(prefix, since, states))
        return found

    def purge(self, instance_id: str) -> bool:
        is_purged: bool = self._wait_for(self._purge(instance_id))
        return is_purged

    def _wait_for(self, work: Any) -> Any:
        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result(_TIMEOUT_SECONDS)
        except TransientError:
            raise
        except Exception as error:  # the SDK raises nothing narrower when the host is away
            raise TransientError("service_unavailable", "the orchestrations cannot be reached") from error

    async def _start(self, name: str, instance_id: str, job: Mapping[str, Any], *, again: bool) -> None:
        """`start_new` would start an ended instance anew, so existing is enough to leave it alone."""
        status = await self._client.get_status(instance_id)
        if status and not (again and status.runtime_status.value in _ENDED):
            return
        try:
            await self._client.start_new(name, instance_id, dict(job))
        except Exception as error:  # the SDK raises nothing narrower, neither for "exists" nor for "host is away"
            if not await self._client.get_status(instance_id):
                raise TransientError("service_unavailable", "the orchestration could not be started") from error

    async def _terminate(self, instance_id: str) -> None:
        if not await self._client.get_status(instance_id):
            return
        try:
            await self._client.terminate(instance_id, "cancelled")
        except Exception as error:  # see above
            raise TransientError("service_unavailable", "the orchestration could not be ended") from error

    async def _find(self, instance_id: str) -> InstanceStatus | None:
        status = await self._client.get_status(instance_id)
        if not status:
            return None
        told = status.custom_status if isinstance(status.custom_status, dict) else {}
        return InstanceStatus(status.runtime_status.value, tuple(told.get("children", ())))

    async def _read_history(self, instance_id: str) -> InstanceHistory | None:
        status = await self._client.get_status(instance_id, show_history=True, show_history_output=True)
        if not status:
            return None
        # the SDK leaves its own `history` empty and keeps the answer's field under the answer's name
        events = getattr(status, "historyEvents", None) or ()
        return InstanceHistory(_describe(status), [event for event in events if isinstance(event, dict)])

    async def _list(self, prefix: str, since: datetime | None, states: Sequence[InstanceState]) -> Sequence[Instance]:
        found = await self._client.get_status_by(
            created_time_from=since, runtime_status=list(states) or None, instance_id_prefix=prefix or None
        )
        return [_describe(status) for status in found]

    async def _purge(self, instance_id: str) -> bool:
        status = await self._client.get_status(instance_id)
        if not status or status.runtime_status.value not in _ENDED:
            return False
        result = await self._client.purge_instance_history(instance_id)
        return bool(result.instances_deleted)


def _describe(status: Any) -> Instance:
    return Instance(
        instance_id=status.instance_id,
        name=status.name or "",
        state=status.runtime_status.value,
        created_at=to_rfc3339(status.created_time),
        updated_at=to_rfc3339(status.last_updated_time or status.created_time),
        job=read_object(status.input_),
    )


def read_object(value: Any) -> Mapping[str, Any]:
    """An object out of a history, which may be JSON, and JSON in JSON; empty for anything else."""
    for _ in range(_MOST_LAYERS):
        if not isinstance(value, str):
            break
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            break
    return value if isinstance(value, dict) else {}
