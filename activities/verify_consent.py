"""Proves consent for the expected tenant, by a token of ours and the tenant's own answer, and claims the tenant."""

from datetime import timedelta
from typing import Any, Final

from activities.consent_record import remember_consent
from tenantsync import logs, metrics
from tenantsync.clock import to_rfc3339
from tenantsync.errors import (
    Action,
    ConflictError,
    ConsentError,
    ConsentPendingError,
    ContractError,
    PermissionMissingError,
    TenantSyncError,
    TransientError,
)
from tenantsync.graph.directory_roles import read_directory_roles
from tenantsync.graph.grants import read_grants
from tenantsync.identity.roles import may_consent
from tenantsync.permissions import APPLICATION_PERMISSIONS
from tenantsync.services import Services
from tenantsync.store.audit import SYSTEM
from tenantsync.store.connections import Connection
from tenantsync.store.owners import TenantOwner
from tenantsync.store.runs import Run, RunState, WaitReason
from tenantsync.store.tenants import TenantState
from tenantsync.ticket_texts import consent_verified
from tenantsync.tickets import Step, tell_ticket_of

DELAYS_SECONDS: Final = (2, 3, 5, 10, 20, 30, 60, 60, 60, 60, 60, 60, 60, 60, 60)
"""Microsoft names no time for consent to reach all its services; minutes have been seen. Together about ten."""
_PATIENT_ATTEMPTS: Final = 3
"""So often a token with some of the roles is taken for one whose other roles are on their way; later Graph is asked."""
_UNSURE_ATTEMPTS: Final = 6
"""A minute: where Graph does not let us look at what was granted, waiting longer would only delay the rest."""
_RETRYABLE: Final = frozenset({Action.WAIT, Action.RETRY})


def verify_consent(run_id: str, attempt: int, services: Services) -> dict[str, Any]:
    """One try. `state` is `verified`, `waiting` (with `delaySeconds`), `failed` (with `problem`) or `cancelled`."""
    run = services.runs.read(run_id)
    if run is None:
        raise ContractError("unexpected_answer", "there is no such run")
    if run.state != RunState.VERIFYING:  # activities run at least once: this is a late repetition
        return _cancelled(run, services) if run.state == RunState.CANCELLED else {"state": "verified"}
    try:
        roles = _prove(run, attempt, services)
        connection = _check_administrator(run, services)
        _claim(run, connection, services)
        _remember_consent(run, roles, services)
    except TenantSyncError as failure:
        current = services.runs.read(run_id)
        if current and current.state == RunState.CANCELLED:
            return _cancelled(run, services)
        return _after_failure(run, failure, attempt, services)
    now = to_rfc3339(services.clock.now())
    changed = services.runs.change(run_id, state=RunState.SYNCING, waiting_reason="", waiting_until="", updated_at=now)
    if changed is None or changed.state == RunState.CANCELLED:  # while it was being verified
        return _cancelled(run, services)
    services.note_state(run.msp_id, run.tenant_id, changed.state)
    _count(run, "verified")
    return {"state": "verified"}


def _count(run: Run, outcome: str) -> None:
    """Later syncs prove a consent that was counted already."""
    if run.kind == "initial":
        metrics.CONSENTS.note(1, outcome=outcome)


def _cancelled(run: Run, services: Services) -> dict[str, Any]:
    """Nobody owned the tenant when it was disconnected, so nothing but this late claim has to be taken back."""
    tenant, owner = services.tenants.read(run.msp_id, run.tenant_id), services.owners.read(run.tenant_id)
    is_own = owner is not None and owner.connection_id == run.connection_id
    if owner is not None and is_own and tenant is not None and tenant.state == TenantState.DISCONNECTED:
        services.owners.release(owner)
    return {"state": "cancelled"}


def _prove(run: Run, attempt: int, services: Services) -> frozenset[str]:
    token = services.tokens.fetch_app_token(run.tenant_id, fresh=True)
    if not token.roles:
        raise ConsentPendingError("consent_not_found", "the token carries no permissions")
    if run.kind == "initial" and _are_arriving(run, attempt, token.roles, services):
        raise ConsentPendingError("consent_pending", "some permissions are not in the token yet")
    organizations = services.graph_for(run.tenant_id).fetch_json("/organization?$select=id").get("value") or []
    if [str(item.get("id", "")).lower() for item in organizations] != [run.tenant_id]:
        raise ContractError("token_mismatch", "Graph answers for another organization")
    return token.roles


def _are_arriving(run: Run, attempt: int, roles: frozenset[str], services: Services) -> bool:
    """Whether permissions may be missing only because they are still on their way into the token."""
    if roles >= APPLICATION_PERMISSIONS or attempt >= len(DELAYS_SECONDS):
        return False
    if attempt < _PATIENT_ATTEMPTS:
        return True
    try:
        granted = read_grants(services.graph_for(run.tenant_id), services.settings.client_id)
    except PermissionMissingError:  # what lets us look may itself be on its way
        return attempt < _UNSURE_ATTEMPTS
    except TenantSyncError:
        return False
    return not roles >= granted.application & APPLICATION_PERMISSIONS


def _remember_consent(run: Run, roles: frozenset[str], services: Services) -> None:
    remember_consent(run.msp_id, run.tenant_id, roles, services)
    tell_ticket_of(run, Step.CONSENT_VERIFIED, consent_verified(), services)
    services.audit.record(
        "consent_verified",
        msp_id=run.msp_id,
        tenant_id=run.tenant_id,
        actor=SYSTEM,
        once=(f"{run.run_id}-verified", run.started_at),
        detail={"permissions": sorted(roles)},
    )


def _check_administrator(run: Run, services: Services) -> Connection:
    """The connection, whose administrator's token has shown a role that may consent; else Graph is asked."""
    connection = services.connections.read(run.msp_id, run.connection_id)
    if connection is None:
        raise ContractError("unexpected_answer", "there is no such connection")
    if run.kind != "initial" or connection.admin_directory_roles:
        return connection
    roles = read_directory_roles(services.graph_for(run.tenant_id), connection.admin_object_id)
    if roles is None:
        return connection
    if not may_consent(roles):
        raise ConsentError("admin_role_missing", "Microsoft says that this account has no such role.")
    shown = ",".join(sorted(roles))
    return services.connections.change(run.msp_id, run.connection_id, admin_directory_roles=shown)


def _claim(run: Run, connection: Connection, services: Services) -> None:
    if run.kind != "initial":
        return _confirm(run, services)
    owner = TenantOwner(
        tenant_id=run.tenant_id,
        msp_id=run.msp_id,
        customer_id=connection.customer_id,
        connection_id=run.connection_id,
        claimed_at=to_rfc3339(services.clock.now()),
    )
    try:
        services.owners.claim(owner)
    except ConflictError as error:
        current = services.owners.read(run.tenant_id)
        if current is None or current.msp_id == run.msp_id:  # released or renewed at this very moment
            raise TransientError("storage_unavailable", "the tenant's owner has just changed") from error
        raise ContractError("tenant_already_connected", "Contact support.") from error


def _confirm(run: Run, services: Services) -> None:
    """A further sync is only for the connection that owns the tenant, and makes nobody its owner."""
    owner = services.owners.read(run.tenant_id)
    is_own = owner is not None and owner.msp_id == run.msp_id and owner.connection_id == run.connection_id
    if owner is None or not is_own or owner.leaving_since:
        raise ContractError("tenant_disconnecting", "The tenant is no longer attached by this connection.")


def _after_failure(run: Run, failure: TenantSyncError, attempt: int, services: Services) -> dict[str, Any]:
    logs.event("consent_not_verified", run_id=run.run_id, problem=failure.code, attempt=attempt)
    if attempt >= len(DELAYS_SECONDS) or not _may_pass(run, failure):
        _count(run, failure.code)
        said = failure.cause.provider_code
        return {"state": "failed", "problem": {"code": failure.code, "message": failure.detail, "microsoftCode": said}}
    now = services.clock.now()
    asked = failure.cause.retry_after_seconds or 0
    delay = max(DELAYS_SECONDS[attempt], round(asked))
    until = to_rfc3339(now + timedelta(seconds=delay))
    reason = WaitReason.THROTTLED if failure.code == "throttled" else WaitReason.PROPAGATION
    services.runs.change(run.run_id, waiting_reason=reason, waiting_until=until, updated_at=to_rfc3339(now))
    return {"state": "waiting", "delaySeconds": delay}


def _may_pass(run: Run, failure: TenantSyncError) -> bool:
    """What may be propagation passes only after a consent that was just given; a later sync has nothing to wait for."""
    if isinstance(failure, ConsentPendingError | PermissionMissingError):
        return run.kind == "initial"
    return failure.action in _RETRYABLE
