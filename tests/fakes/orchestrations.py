"""Stands for Durable Functions' client and remembers what it was asked; starting an instance twice starts it once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tenantsync.orchestrations import Instance, InstanceHistory, InstanceState, InstanceStatus
from tenantsync.wire import ONBOARD_TENANT


@dataclass
class Started:
    """`started` has name and job by instance id, `calls` every id asked for, `again` the ones to be
    begun anew if they have ended, `statuses` what Durable says, `histories` what it remembers."""

    started: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    terminated: list[str] = field(default_factory=list)
    statuses: dict[str, InstanceStatus] = field(default_factory=dict)
    histories: dict[str, InstanceHistory] = field(default_factory=dict)
    purged: list[str] = field(default_factory=list)

    def start(self, name: str, instance_id: str, job: Mapping[str, Any], *, again: bool = False) -> None:
        self.calls.append(instance_id)
        self.again += [instance_id] if again else []
        self.started.setdefault(instance_id, (name, job))

    def find(self, instance_id: str) -> InstanceStatus | None:
        return self.statuses.get(instance_id)

    def terminate(self, instance_id: str) -> None:
        self.terminated.append(instance_id)

    def read_history(self, instance_id: str) -> InstanceHistory | None:
        return self.histories.get(instance_id)

    def list_instances(
        self, *, prefix: str = "", since: datetime | None = None, states: Sequence[InstanceState] = ()
    ) -> Sequence[Instance]:
        found = [history.instance for name, history in self.histories.items() if name.startswith(prefix)]
        return [instance for instance in found if not states or instance.state in states][:100]

    def purge(self, instance_id: str) -> bool:
        history = self.histories.get(instance_id)
        if history is None or not history.instance.is_ended:
            return False
        del self.histories[instance_id]
        self.purged.append(instance_id)
        return True

    @property
    def runs(self) -> list[str]:
        """The ids of the runs that were asked for, repetitions included."""
        return [instance_id for instance_id in self.calls if self.started[instance_id][0] == ONBOARD_TENANT]
