"""Gives a run its place among those that sync, or has it wait, and shows that it does."""

from datetime import timedelta
from typing import Any

from tenantsync.clock import to_rfc3339
from tenantsync.errors import ContractError
from tenantsync.runs.admission import admit
from tenantsync.services import Services
from tenantsync.store.runs import ACTIVE_RUN_STATES, WaitReason


def admit_run(run_id: str, services: Services) -> dict[str, Any]:
    """`state` is `admitted`, or `waiting` (with `delaySeconds`). A run that has ended has nothing to wait for."""
    run = services.runs.read(run_id)
    if run is None:
        raise ContractError("unexpected_answer", "there is no such run")
    if run.state not in ACTIVE_RUN_STATES:
        return {"state": "admitted"}
    delay, now = admit(run, services), services.clock.now()
    until = to_rfc3339(now + timedelta(seconds=delay)) if delay else ""
    reason = WaitReason.QUEUED if delay else ""
    if delay or run.waiting_reason:
        services.runs.change(run_id, waiting_reason=reason, waiting_until=until, updated_at=to_rfc3339(now))
    return {"state": "waiting", "delaySeconds": delay} if delay else {"state": "admitted"}
