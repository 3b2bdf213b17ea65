"""The use case: the history of a run's orchestration, or of one of its lanes, in sentences."""

from typing import Any, Final

from ops.events import known_job, read_events
from ops.finding import find_run
from ops.instances import is_of_run
from ops.sentences import describe_events
from tenantsync.errors import RequestError
from tenantsync.identity.caller import Caller
from tenantsync.orchestrations import Orchestrations
from tenantsync.services import Services

_MOST_EVENTS: Final = 500
_NOTE: Final = (
    "Only the present generation is kept: an orchestration begins a new one, and forgets its earlier steps, after 40 "
    "slices, after ten looks for a place, and with each turn of another resource of its lane."
)


def read_history(
    run_id: str, instance_id: str, caller: Caller, services: Services, orchestrations: Orchestrations
) -> dict[str, Any]:
    """`{instanceId, resource, runtimeStatus, note, events, truncated}`; the run's own without `instance_id`.

    Raises RequestError `run_unknown`, also for an instance that is none of the run's, and `history_unknown` when
    Durable has none; TransientError when Durable does not answer.
    """
    run = find_run(run_id, caller, services).run
    instance_id = instance_id or run.run_id
    if not is_of_run(instance_id, run.run_id):
        raise RequestError("run_unknown")
    history = orchestrations.read_history(instance_id)
    if history is None:
        raise RequestError("history_unknown")
    events, job = list(read_events(history)), known_job(history)
    return {
        "instanceId": instance_id,
        "resource": job["resource"] or None,
        "runtimeStatus": history.instance.state,
        "note": _NOTE,
        "events": describe_events(events[-_MOST_EVENTS:], job),
        "truncated": len(events) > _MOST_EVENTS,
    }
