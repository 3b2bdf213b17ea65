"""What a callback achieves: consent noted and a sign-in begun, or the sign-in proven and the errand accomplished.

Everything Microsoft's redirect carries may be forged. A state is used by a conditional write, so of two callbacks
exactly one wins; consent itself is proven later, by the orchestration that follows.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import orjson

from callback.errand import Accomplished, Errand, Refusal
from callback.lookup import find_errand
from tenantsync.admin_links import begin_sign_in
from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.errors import Cause, ConflictError, RequestError, TenantSyncError, TransientError
from tenantsync.guidance import find_sign_in_guidance
from tenantsync.identity.authority import is_guid
from tenantsync.identity.consent import CallbackFields, hash_state
from tenantsync.identity.roles import may_consent
from tenantsync.identity.tokens import SignedInAdmin
from tenantsync.orchestrations import Orchestrations
from tenantsync.services import Services
from tenantsync.store.callback_states import CallbackState, FoundState, Leg

SIGN_IN_LIFETIME: Final = timedelta(minutes=30)
_MAX_STATE: Final = 512


@dataclass(frozen=True, slots=True)
class SignInNeeded:
    """The admin must now prove, by signing in, that the tenant is theirs."""

    connection_id: str
    sign_in_url: str


class CallbackRefusedError(RequestError):
    """A callback that leads nowhere, for a connection we know (or not: then `connection_id` is empty)."""

    def __init__(self, refusal: Refusal, *, connection_id: str = "", run_started: bool = False) -> None:
        cause = Cause(provider_code=refusal.microsoft_code)
        super().__init__(refusal.code, refusal.message, members=refusal.members, cause=cause)
        self.connection_id = connection_id
        self.run_started = run_started


def accept_callback(
    fields: CallbackFields, services: Services, orchestrations: Orchestrations, *, msp_id: str | None = None
) -> SignInNeeded | Accomplished:
    """Moves an errand on by one redirect of Microsoft's.

    `msp_id` is the caller's MSP when the portal forwards the fields: another MSP's state is unknown to it and stays
    unused. Raises CallbackRefusedError, or TransientError when trying again with the same fields can help.
    """
    found = _find_state(fields.state, services, msp_id)
    errand = find_errand(found.state, services)
    if errand is None:
        raise CallbackRefusedError(Refusal("invalid_state"))
    if found.state.used_at or errand.is_under_way:
        return _repeat(found.state, errand, fields, services, orchestrations)
    _refuse_outdated(found.state, errand, services)
    try:
        used = services.callback_states.use(found, to_rfc3339(services.clock.now()))
    except ConflictError:  # another callback was first
        return _repeat(found.state, errand, fields, services, orchestrations)
    if fields.error:
        raise _refuse(_declined(fields, found.state), errand)
    if found.state.leg == Leg.CONSENT:
        return _accept_consent(fields, found.state, errand, services)
    try:
        return _accept_sign_in(fields, found.state, errand, services, orchestrations)
    except TransientError:
        services.callback_states.give_back(found, used)
        raise


def _find_state(state: str, services: Services, msp_id: str | None) -> FoundState:
    found = services.callback_states.find(hash_state(state)) if 0 < len(state) <= _MAX_STATE else None
    if found is None or (msp_id is not None and found.state.msp_id != msp_id):
        raise CallbackRefusedError(Refusal("invalid_state"))
    return found


def _refuse_outdated(state: CallbackState, errand: Errand, services: Services) -> None:
    why = errand.why_void()
    if not why and services.clock.now() >= parse_rfc3339(state.expires_at):
        why = "link_expired"
    if why:
        raise CallbackRefusedError(Refusal(why), connection_id=errand.connection_id)


def _repeat(
    state: CallbackState, errand: Errand, fields: CallbackFields, services: Services, orchestrations: Orchestrations
) -> SignInNeeded:
    """A used state: a reload while the sign-in is still open begins it again, anything else is refused."""
    errand.mend(orchestrations)
    if errand.is_open and state.leg == Leg.CONSENT and not fields.error and fields.tenant in ("", state.tenant_id):
        _refuse_outdated(state, errand, services)
        return SignInNeeded(errand.connection_id, begin_sign_in(state, services, SIGN_IN_LIFETIME))
    is_under_way = errand.is_under_way or (errand.is_open and state.leg == Leg.SIGN_IN)
    raise CallbackRefusedError(Refusal("state_used"), connection_id=errand.connection_id, run_started=is_under_way)


def _refuse(refusal: Refusal, errand: Errand) -> CallbackRefusedError:
    members = errand.refuse(refusal)
    told = Refusal(refusal.code, refusal.message, refusal.microsoft_code, members=members)
    return CallbackRefusedError(told, connection_id=errand.connection_id)


def _declined(fields: CallbackFields, state: CallbackState) -> Refusal:
    guidance = find_sign_in_guidance(fields.error_code)
    failed = "consent_failed" if state.leg == Leg.CONSENT else "sign_in_failed"
    code = "consent_declined" if fields.is_declined else guidance.problem if guidance else ""
    return Refusal(code or failed, f"Microsoft said {fields.error_code}.", fields.error_code)


def _accept_consent(fields: CallbackFields, state: CallbackState, errand: Errand, services: Services) -> SignInNeeded:
    if fields.tenant and fields.tenant != state.tenant_id:
        raise _refuse(_wrong_tenant(fields.tenant, state), errand)
    return SignInNeeded(errand.connection_id, begin_sign_in(state, services, SIGN_IN_LIFETIME))


def _accept_sign_in(
    fields: CallbackFields, state: CallbackState, errand: Errand, services: Services, orchestrations: Orchestrations
) -> Accomplished:
    flow: dict[str, Any] = orjson.loads(state.flow)
    try:
        admin = services.tokens.finish_sign_in(state.tenant_id, flow, fields.raw)
    except TransientError:
        raise
    except TenantSyncError as failure:
        raise _refuse(Refusal(failure.code, failure.detail, failure.cause.provider_code), errand) from failure
    if refusal := _check_admin(admin, state):
        raise _refuse(refusal, errand)
    return errand.accomplish(admin, orchestrations)


def _check_admin(admin: SignedInAdmin, state: CallbackState) -> Refusal | None:
    if admin.tenant_id != state.tenant_id:
        return _wrong_tenant(admin.tenant_id, state)
    if not may_consent(admin.directory_roles):
        return Refusal("admin_role_missing", "Microsoft says that this account has no such role.")
    return None


def _wrong_tenant(consenting_tenant: str, state: CallbackState) -> Refusal:
    known = consenting_tenant if is_guid(consenting_tenant) else ""
    message = f"Expected {state.tenant_id}, but the administrator belongs to {known or 'another tenant'}."
    return Refusal("wrong_tenant", message, other_tenant_id=known)
