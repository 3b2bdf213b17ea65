"""Proves consent for the expected tenant, by a token of ours and the tenant's own answer, and claims the tenant."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from tenantsync import logs
from tenantsync.clock import to_rfc3339
from tenantsync.errors import (
    Action,
    ConflictError,
    ConsentPendingError,
    ContractError,
    PermissionMissingError,
    TenantSyncError,
)
from tenantsync.permissions import APPLICATION_PERMISSIONS
from tenantsync.services import Services
from tenantsync.store.owners import TenantOwner
from tenantsync.store.runs import Run, RunState, WaitReason

DELAYS_SECONDS: Final = (2, 3, 5, 10, 20, 30, 60, 60, 60, 60, 60, 60, 60, 60, 60)
"""Microsoft names no time for consent to reach all its services; minutes have been seen. Together about ten."""
_PATIENT_ATTEMPTS: Final = 3
"""So often a token with some of the roles is taken for one whose other roles are still on their way."""
_RETRYABLE: Final = frozenset({Action.WAIT, Action.RETRY})


def verify_consent(run_id: str, attempt: int, services: Services) -> dict[str, Any]:
    """One try. `state` is `verified`, `waiting` (with `delaySeconds`) or `failed` (with `problem`)."""
    run = services.runs.read(run_id)
    if run is None:
        raise ContractError("unexpected_answer", "there is no such run")
    if run.state != RunState.VERIFYING:  # activities run at least once: this is a late repetition
        return {"state": "verified"}
    try:
        _prove(run, attempt, services)
        _claim(run, services)
    except TenantSyncError as failure:
        return _after_failure(run, failure, attempt, services)
    verified = replace(run, state=RunState.SYNCING, waiting_reason="", waiting_until="")
    services.runs.update(replace(verified, updated_at=to_rfc3339(services.clock.now())))
    return {"state": "verified"}


def _prove(run: Run, attempt: int, services: Services) -> None:
    token = services.tokens.fetch_app_token(run.tenant_id, fresh=True)
    if not token.roles:
        raise ConsentPendingError("consent_not_found", "the token carries no permissions")
    if attempt < _PATIENT_ATTEMPTS and not token.roles >= APPLICATION_PERMISSIONS:
        raise ConsentPendingError("consent_pending", "some permissions are not in the token yet")
    organizations = services.graph_for(run.tenant_id).fetch_json("/organization?$select=id").get("value") or []
    if [str(item.get("id", "")).lower() for item in organizations] != [run.tenant_id]:
        raise ContractError("token_mismatch", "Graph answers for another organization")


def _claim(run: Run, services: Services) -> None:
    owner = TenantOwner(
        tenant_id=run.tenant_id,
        msp_id=run.msp_id,
        customer_id=run.customer_id,
        connection_id=run.connection_id,
        claimed_at=to_rfc3339(services.clock.now()),
    )
    try:
        services.owners.claim(owner)
    except ConflictError as error:
        raise ContractError("tenant_already_connected", "Contact support.") from error


def _after_failure(run: Run, failure: TenantSyncError, attempt: int, services: Services) -> dict[str, Any]:
    logs.event("consent_not_verified", run_id=run.run_id, problem=failure.code, attempt=attempt)
    can_wait = failure.action in _RETRYABLE or isinstance(failure, PermissionMissingError)
    if not can_wait or attempt >= len(DELAYS_SECONDS):
        return {"state": "failed", "problem": {"code": failure.code, "message": failure.detail}}
    now = services.clock.now()
    asked = failure.cause.retry_after_seconds or 0
    delay = max(DELAYS_SECONDS[attempt], round(asked))
    until = to_rfc3339(now + timedelta(seconds=delay))
    reason = WaitReason.THROTTLED if failure.code == "throttled" else WaitReason.PROPAGATION
    services.runs.update(replace(run, waiting_reason=reason, waiting_until=until, updated_at=to_rfc3339(now)))
    return {"state": "waiting", "delaySeconds": delay}
