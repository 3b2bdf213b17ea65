"""A run's orchestrations as Durable has them: the run's own, and the ones of its lanes of resources."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from tenantsync.errors import TransientError
from tenantsync.orchestrations import Instance, InstanceHistory, Orchestrations

_MANAGEMENT: Final = "/runtime/webhooks/durabletask/instances"
_INSTANCE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,250}")
_MOST_HISTORIES: Final = 8
"""A run has three lanes; more have been begun only where it was resumed again and again."""


@dataclass(frozen=True, slots=True)
class Orchestration:
    """The run's instance, its children, and the histories of the newest of these."""

    own: InstanceHistory
    children: tuple[Instance, ...]
    histories: tuple[InstanceHistory, ...]


def read_orchestration(run_id: str, orchestrations: Orchestrations) -> Orchestration | None:
    """What Durable says; None when it has forgotten the run or does not answer."""
    try:
        own = orchestrations.read_history(run_id)
        if own is None:
            return None
        children = list_children(run_id, orchestrations)
        newest = [child.instance_id for child in children][-_MOST_HISTORIES:]
        histories = [orchestrations.read_history(instance_id) for instance_id in newest]
    except TransientError:
        return None
    return Orchestration(own, children, tuple(history for history in histories if history))


def list_children(run_id: str, orchestrations: Orchestrations) -> tuple[Instance, ...]:
    """The orchestrations of the run's lanes, the oldest first."""
    found = orchestrations.list_instances(prefix=f"{run_id}-")
    return tuple(sorted(found, key=lambda child: (child.created_at, child.instance_id)))


def is_of_run(instance_id: str, run_id: str) -> bool:
    """Whether an instance is the run's own, or one of its lanes'."""
    return bool(_INSTANCE_ID.fullmatch(instance_id)) and (instance_id == run_id or instance_id.startswith(f"{run_id}-"))


def resource_of(child: Instance) -> str:
    """The resource a lane works on now; empty for a run's own orchestration."""
    return str(child.job.get("resource", ""))


def describe_orchestration(orchestration: Orchestration) -> dict[str, Any]:
    """The `orchestration` of a run."""
    own = orchestration.own.instance
    return {
        "instanceId": own.instance_id,
        "runtimeStatus": own.state,
        "createdAt": own.created_at,
        "lastUpdatedAt": own.updated_at,
        "children": [
            {
                "instanceId": child.instance_id,
                "resource": resource_of(child) or None,
                "runtimeStatus": child.state,
                "createdAt": child.created_at,
                "lastUpdatedAt": child.updated_at,
            }
            for child in orchestration.children
        ],
    }


def management_of(run_id: str) -> Mapping[str, str]:
    """Paths of Durable's own API about the run; whoever calls them adds a key of their own (`code`)."""
    instance = f"{_MANAGEMENT}/{quote(run_id, safe='')}"
    acts = {f"{act}Url": f"{instance}/{act}?reason=ops" for act in ("terminate", "suspend", "resume")}
    return {
        "statusUrl": f"{instance}?showInput=false",
        "historyUrl": f"{instance}?showInput=false&showHistory=true&showHistoryOutput=true",
        **acts,
        "purgeUrl": instance,
    }
