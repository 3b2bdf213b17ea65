"""Starts and ends orchestrations from a worker thread, while the event loop of the Durable client runs on."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from tenantsync.errors import TransientError
from tenantsync.store.runs import Run
from tenantsync.wire import ONBOARD_TENANT, resource_instance_id

_TIMEOUT_SECONDS: Final = 60
_ENDED: Final = frozenset({"Completed", "Failed", "Terminated", "Canceled"})


@dataclass(frozen=True, slots=True)
class InstanceStatus:
    """What Durable says of an instance: its runtime status, and the children its plan last began."""

    state: str
    children: tuple[str, ...] = ()

    @property
    def is_ended(self) -> bool:
        return self.state in _ENDED


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


def start_run(orchestrations: Starter, run: Run, *, again_at: str = "") -> None:
    """The run's id is its orchestration's, so a second start does nothing.

    With `again_at`, the time, an orchestration that has ended before its run is started anew, with children of its own.
    """
    job = {"runId": run.run_id, "tenantId": run.tenant_id}
    again = {"again": "".join(filter(str.isalnum, again_at))} if again_at else {}
    orchestrations.start(ONBOARD_TENANT, run.run_id, {**job, **again}, again=bool(again_at))


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
        self._wait_for(self._start(name, instance_id, job, again=again))

    def terminate(self, instance_id: str) -> None:
        self._wait_for(self._terminate(instance_id))

    def find(self, instance_id: str) -> InstanceStatus | None:
        found: InstanceStatus | None = self._wait_for(self._find(instance_id))
        return found

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
