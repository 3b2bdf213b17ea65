"""The activity edge: an expected failure leaves as an envelope, because Durable turns exceptions into mere text."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from tenantsync import logs
from tenantsync.errors import TenantSyncError

_IDS: Final = ("runId", "grantId", "connectionId", "tenantId", "batchId")


def enveloped(job: Mapping[str, Any], work: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """`{"ok": true, ...result}`, or `{"ok": false, "code", "action"}` for whatever was raised.

    What is logged or audited meanwhile carries the id of the run, grant or connection the job is about.
    """
    about = next((str(job[name]) for name in _IDS if name in job), "")
    with logs.correlated(about):
        return _enveloped(work)


def _enveloped(work: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    try:
        return {"ok": True, **work()}
    except TenantSyncError as failure:
        logs.failure("activity_failed", failure, problem=failure.code)
        return {"ok": False, "code": failure.code, "action": failure.action.value}
    except Exception as error:  # noqa: BLE001 - the activity edge: one resource's bug must not end the others
        logs.failure("activity_crashed", error)
        return {"ok": False, "code": "internal_error", "action": "stop"}
