"""What a callback achieves: consent noted and a sign-in begun, or the sign-in proven and the errand accomplished.

Everything Microsoft's redirect carries may be forged. A state is used by a conditional write, so of two callbacks
exactly one wins; consent itself is proven later, by the orchestration that follows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import orjson

from callback.errand import Accomplished, Errand, Refusal
from callback.lookup import find_errand
from tenantsync import logs
from tenantsync.admin_links import begin_sign_in
from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.errors import (
    Cause,
    ConfigurationError,
    ConflictError,
    RequestError,
    TenantSyncError,
    ThrottledError,
    TransientError,
)
from tenantsync.guidance import Retry, find_sign_in_guidance
from tenantsync.identity.authority import is_guid
from tenantsync.identity.consent import CallbackFields, hash_state
from tenantsync.identity.tokens import SignedInAdmin
from tenantsync.orchestrations import Orchestrations
from tenantsync.services import Services
from tenantsync.store.callback_states import CallbackState, FoundState, Leg
from tenantsync.tracing import span

SIGN_IN_LIFETIME: Final = timedelta(minutes=30)
_LOST_AFTER: Final = timedelta(minutes=2)
"""A callback that has not come to an end by then was lost in a crash."""
_MAX_STATE: Final = 512
_PASSING: Final = frozenset({"temporarily_unavailable", "server_error"})


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
    unused. Raises CallbackRefusedError, or another failure when trying again with the same fields can help.
    """
    found = _find_state(fields.state, services)
    if found is None or (msp_id is not None and found.state.msp_id != msp_id):
        raise CallbackRefusedError(Refusal("invalid_state"))
    errand = find_errand(found.state, services)
    if errand is None:
        raise CallbackRefusedError(Refusal("invalid_state"))
    with _cause_of(found.state), span("accept_callback"):
        return _Callback(fields, found, errand, services, orchestrations).accept()


@contextmanager
def _cause_of(state: CallbackState) -> Iterator[None]:
    """The id of who sent the administrator, as no redirect brings it, and this request's own, which problems tell."""
    own = logs.correlation_id()
    cause = state.correlation_id or own
    with logs.correlated(cause, callback_id="" if cause == own else own):
        yield


def find_connection_id(fields: CallbackFields, services: Services) -> str:
    """The connection a callback is about, empty when the state is not known."""
    found = _find_state(fields.state, services)
    return found.state.connection_id if found else ""


def _find_state(state: str, services: Services) -> FoundState | None:
    return services.callback_states.find(hash_state(state)) if 0 < len(state) <= _MAX_STATE else None


@dataclass(frozen=True, slots=True)
class _Callback:
    """One redirect, the state it came with and the errand that is bound to."""

    fields: CallbackFields
    found: FoundState
    errand: Errand
    services: Services
    orchestrations: Orchestrations

    @property
    def state(self) -> CallbackState:
        return self.found.state

    def accept(self) -> SignInNeeded | Accomplished:
        if self.state.used_at or self.errand.is_under_way:
            return self._repeat()
        self._refuse_outdated()
        if self.fields.error:
            self._refuse_passing()
        elif self.state.leg == Leg.SIGN_IN and not self.state.flow:  # the earlier sign-in with this link is spent
            return self._ask_again()
        try:
            used = self.services.callback_states.use(self.found, to_rfc3339(self.services.clock.now()))
        except ConflictError:  # another callback was first
            return self._repeat()
        if self.fields.error:
            raise self._refuse(self._declined(), used)
        return self._accept_consent(used) if self.state.leg == Leg.CONSENT else self._accept_sign_in(used)

    def _refuse_outdated(self) -> None:
        why = self.errand.why_void()
        if not why and self.services.clock.now() >= parse_rfc3339(self.state.expires_at):
            why = "link_expired"
        if why:
            raise self._refused(Refusal(why))

    def _refuse_passing(self) -> None:
        """What Microsoft will get over by itself ends nothing: the same link is good for another try."""
        code = self.fields.error_code
        guidance = find_sign_in_guidance(code)
        if code in _PASSING or self.fields.error in _PASSING or (guidance and guidance.retry is Retry.YES):
            raise TransientError("service_unavailable", f"Microsoft said {code}.", cause=Cause(provider_code=code))

    def _ask_again(self) -> SignInNeeded:
        if self.services.callback_states.count_reload(self.found):
            return self._ask_sign_in()
        raise self._refused(Refusal("state_used"))

    def _repeat(self) -> SignInNeeded:
        """A used state: while the errand is open a reload begins the sign-in again, anything else is refused."""
        try:
            self.errand.mend(self.orchestrations)
        except ConflictError as error:  # replaced meanwhile
            raise self._refused(Refusal("link_replaced")) from error
        if self.errand.is_open and not self.fields.error and self._is_reload():
            self._refuse_outdated()
            return self._ask_again()
        is_under_way = self.errand.is_under_way or (self.errand.is_open and self.state.leg == Leg.SIGN_IN)
        raise self._refused(Refusal("state_used"), run_started=is_under_way)

    def _is_reload(self) -> bool:
        """Of the consent redirect, or of a sign-in whose callback was lost."""
        if self.state.leg == Leg.CONSENT:
            return self.fields.tenant in ("", self.state.tenant_id)
        used_at = self.state.used_at
        return bool(used_at) and self.services.clock.now() - parse_rfc3339(used_at) > _LOST_AFTER

    def _ask_sign_in(self) -> SignInNeeded:
        url = begin_sign_in(self.state, self.services, SIGN_IN_LIFETIME)
        return SignInNeeded(self.errand.connection_id, url)

    def _refuse(self, refusal: Refusal, used: FoundState) -> CallbackRefusedError:
        try:
            members = self.errand.refuse(refusal)
        except TransientError:  # what could not be stored is told again
            self.services.callback_states.reopen(used)
            raise
        if self.errand.keeps_link and self.state.leg == Leg.SIGN_IN:
            self.services.callback_states.reopen(used)
        return self._refused(replace(refusal, members=members))

    def _refused(self, refusal: Refusal, *, run_started: bool = False) -> CallbackRefusedError:
        way_on = self.errand.next_action(refusal.code)
        told = replace(refusal, members={**refusal.members, **({"nextAction": way_on} if way_on else {})})
        return CallbackRefusedError(told, connection_id=self.errand.connection_id, run_started=run_started)

    def _declined(self) -> Refusal:
        fields = self.fields
        guidance = find_sign_in_guidance(fields.error_code)
        failed = "consent_failed" if self.state.leg == Leg.CONSENT else "sign_in_failed"
        code = "consent_declined" if fields.is_declined else guidance.problem if guidance else ""
        return Refusal(code or failed, f"Microsoft said {fields.error_code}.", fields.error_code)

    def _accept_consent(self, used: FoundState) -> SignInNeeded:
        if self.fields.tenant and self.fields.tenant != self.state.tenant_id:
            raise self._refuse(_wrong_tenant(self.fields.tenant, self.state), used)
        return self._ask_sign_in()

    def _accept_sign_in(self, used: FoundState) -> Accomplished:
        admin = self._redeem(used)
        try:
            refusal = _find_wrong_tenant(admin, self.state) or self.errand.why_not(admin)
            if refusal is None:
                return self.errand.accomplish(admin, self.orchestrations)
        except ConflictError as error:  # it was accomplished, cancelled or replaced while Microsoft was asked
            current = find_errand(self.state, self.services)
            if current and current.is_under_way:
                raise self._refused(Refusal("state_used"), run_started=True) from error
            raise self._refused(Refusal("link_cancelled")) from error
        except (TransientError, ThrottledError):
            self.services.callback_states.reopen(used)
            raise
        raise self._refuse(refusal, used)

    def _redeem(self, used: FoundState) -> SignedInAdmin:
        flow: dict[str, Any] = {**orjson.loads(self.state.flow), "state": self.fields.state}
        try:
            return self.services.tokens.finish_sign_in(self.state.tenant_id, flow, self.fields.raw)
        except TransientError:  # Microsoft may have redeemed the code before the answer got lost
            self.services.callback_states.reopen(used)
            raise
        except ConfigurationError:  # refused before the code was looked at
            self.services.callback_states.give_back(self.found, used)
            raise
        except TenantSyncError as failure:
            refusal = Refusal(failure.code, failure.detail, failure.cause.provider_code)
            raise self._refuse(refusal, used) from failure


def _find_wrong_tenant(admin: SignedInAdmin, state: CallbackState) -> Refusal | None:
    return _wrong_tenant(admin.tenant_id, state) if admin.tenant_id != state.tenant_id else None


def _wrong_tenant(consenting_tenant: str, state: CallbackState) -> Refusal:
    known = consenting_tenant if is_guid(consenting_tenant) else ""
    message = f"Expected {state.tenant_id}, but the administrator belongs to {known or 'another tenant'}."
    return Refusal("wrong_tenant", message, other_tenant_id=known)
