"""Starts the orchestration of a run, or holds the run back while the operator lets the ones in flight end."""

from datetime import timedelta
from typing import Final

from tenantsync import logs
from tenantsync.clock import to_rfc3339
from tenantsync.orchestrations import Orchestrations, start_run
from tenantsync.services import Services
from tenantsync.store.runs import Run, WaitReason

_LOOKED_AT_AGAIN: Final = timedelta(minutes=5)
"""By the watchdog, which starts what was held back."""


def start_unless_paused(run: Run, services: Services, orchestrations: Orchestrations, *, anew: bool = False) -> bool:
    """Whether the run was started. With `anew`, also when its orchestration has ended before it.

    A run that is held back says so in its status; one that is under way goes on.
    """
    now = services.clock.now()
    if services.are_syncs_paused():
        status = orchestrations.find(run.run_id)
        if status is None or status.is_ended:
            until = to_rfc3339(now + _LOOKED_AT_AGAIN)
            services.runs.change(run.run_id, waiting_reason=WaitReason.PAUSED, waiting_until=until)
            logs.event("run_held_back", run_id=run.run_id, tenant_id=run.tenant_id)
        return False
    if run.waiting_reason == WaitReason.PAUSED:
        services.runs.change(run.run_id, waiting_reason="", waiting_until="", updated_at=to_rfc3339(now))
    start_run(orchestrations, run, again_at=to_rfc3339(now) if anew else "")
    return True
