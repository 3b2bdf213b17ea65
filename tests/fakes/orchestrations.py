"""Stands for Durable Functions' client and remembers what it was asked; starting an instance twice starts it once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tenantsync.orchestrations import InstanceStatus
from tenantsync.wire import ONBOARD_TENANT


@dataclass
class Started:
    """`started` has name and job by instance id, `calls` every id asked for, `again` the ones to be
    begun anew if they have ended, `statuses` what Durable says."""

    started: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    terminated: list[str] = field(default_factory=list)
    statuses: dict[str, InstanceStatus] = field(default_factory=dict)

    def start(self, name: str, instance_id: str, job: Mapping[str, Any], *, again: bool = False) -> None:
        self.calls.append(instance_id)
        self.again += [instance_id] if again else []
        self.started.setdefault(instance_id, (name, job))

    def find(self, instance_id: str) -> InstanceStatus | None:
        return self.statuses.get(instance_id)

    def terminate(self, instance_id: str) -> None:
        self.terminated.append(instance_id)

    @property
    def runs(self) -> list[str]:
        """The ids of the runs that were asked for, repetitions included."""
        return [instance_id for instance_id in self.calls if self.started[instance_id][0] == ONBOARD_TENANT]
