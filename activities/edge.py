"""The activity edge: an expected failure leaves as an envelope, because Durable turns exceptions into mere text."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from tenantsync import logs
from tenantsync.errors import TenantSyncError
from tenantsync.tracing import note_problem, span
from tenantsync.wire import CORRELATION

_IDS: Final = (CORRELATION, "runId", "grantId", "connectionId", "tenantId", "batchId")
"""By the first of them that a job has, everything about it is found; the oldest jobs have no correlation id."""
_ABOUT: Final = {"runId": "run_id", "tenantId": "tenant_id", "resource": "resource"}


def enveloped(activity: str, job: Mapping[str, Any], work: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """`{"ok": true, ...result}`, or `{"ok": false, "code", "action"}` for whatever was raised.

    What is logged, audited or traced meanwhile carries the id of the request that was the cause, or else the one of the
    run, grant or connection the job is about.
    """
    correlation = next((str(job[name]) for name in _IDS if job.get(name)), "")
    ids = {name: str(job[key]) for key, name in _ABOUT.items() if key in job}
    with logs.correlated(correlation, **ids), span(activity) as current:
        outcome = _enveloped(work)
        if not outcome["ok"]:
            note_problem(current, outcome["code"])
        return outcome


def _enveloped(work: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    try:
        return {"ok": True, **work()}
    except TenantSyncError as failure:
        logs.failure("activity_failed", failure, problem=failure.code)
        return {"ok": False, "code": failure.code, "action": failure.action.value}
    except Exception as error:  # noqa: BLE001 - the activity edge: one resource's bug must not end the others
        logs.failure("activity_crashed", error)
        return {"ok": False, "code": "internal_error", "action": "stop"}
