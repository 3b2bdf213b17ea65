"""What a callback achieves: consent noted and a sign-in begun, or the sign-in proven and the run started.

Everything Microsoft's redirect carries may be forged. A state is used by a conditional write, so of two callbacks
exactly one wins; consent itself is proven later, by the run.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import orjson

from tenantsync import logs
from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.errors import ConflictError, RequestError, TenantSyncError, TransientError
from tenantsync.identity.authority import is_guid
from tenantsync.identity.consent import CallbackFields, hash_state, new_state
from tenantsync.identity.tokens import SignedInAdmin
from tenantsync.services import Services
from tenantsync.store.callback_states import CallbackState, FoundState, Leg
from tenantsync.store.connections import Connection, ConnectionState
from tenantsync.store.runs import ACTIVE_RUN_STATES, Run
from tenantsync.wire import onboarding_instance_id

SIGN_IN_LIFETIME: Final = timedelta(minutes=30)
_MAX_STATE: Final = 512

StartRun = Callable[[Run], None]


@dataclass(frozen=True, slots=True)
class SignInNeeded:
    """The admin must now prove, by signing in, that the tenant is theirs."""

    connection_id: str
    sign_in_url: str


@dataclass(frozen=True, slots=True)
class Started:
    """The run is under way."""

    run: Run


class CallbackRefusedError(RequestError):
    """A callback that leads nowhere, for a connection we know (or not: then `connection_id` is empty)."""

    def __init__(self, code: str, detail: str = "", *, connection_id: str = "", run_started: bool = False) -> None:
        super().__init__(code, detail)
        self.connection_id = connection_id
        self.run_started = run_started


def accept_callback(
    fields: CallbackFields, services: Services, start: StartRun, *, msp_id: str | None = None
) -> SignInNeeded | Started:
    """Moves a connection on by one redirect of Microsoft's.

    `msp_id` is the caller's MSP when the portal forwards the fields: another MSP's state is unknown to it and stays
    unused. Raises CallbackRefusedError, or TransientError when trying again with the same fields can help.
    """
    found = _find_state(fields.state, services, msp_id)
    connection = _find_connection(found.state, services)
    if found.state.used_at:
        return _repeat(found.state, connection, fields, services, start)
    _refuse_outdated(found.state, connection, services)
    try:
        used = services.callback_states.use(found, to_rfc3339(services.clock.now()))
    except ConflictError:  # another callback was first
        return _repeat(found.state, connection, fields, services, start)
    if fields.error:
        raise _decline(fields, found.state, connection, services)
    if found.state.leg == Leg.CONSENT:
        return _accept_consent(fields, connection, services)
    try:
        return _accept_sign_in(fields, found.state, connection, services, start)
    except TransientError:
        services.callback_states.give_back(found, used)
        raise


def _find_state(state: str, services: Services, msp_id: str | None) -> FoundState:
    found = services.callback_states.find(hash_state(state)) if 0 < len(state) <= _MAX_STATE else None
    if found is None or (msp_id is not None and found.state.msp_id != msp_id):
        raise CallbackRefusedError("invalid_state")
    return found


def _find_connection(state: CallbackState, services: Services) -> Connection:
    connection = services.connections.read(state.msp_id, state.connection_id)
    if connection is None:
        raise CallbackRefusedError("invalid_state")
    return connection


def _refuse_outdated(state: CallbackState, connection: Connection, services: Services) -> None:
    latest = services.connections.read_latest(state.msp_id, state.tenant_id)
    if latest is None or latest.connection_id != connection.connection_id:
        raise CallbackRefusedError("link_replaced", connection_id=connection.connection_id)
    if services.clock.now() >= parse_rfc3339(state.expires_at):
        raise CallbackRefusedError("link_expired", connection_id=connection.connection_id)


def _repeat(
    state: CallbackState, connection: Connection, fields: CallbackFields, services: Services, start: StartRun
) -> SignInNeeded:
    """A used state: a reload while the sign-in is still open begins it again, anything else is refused."""
    run = services.runs.read(connection.run_id) if connection.run_id else None
    if run and run.state in ACTIVE_RUN_STATES:
        start(run)  # does nothing if it runs already; mends a crash between the two writes
    is_open = connection.state == ConnectionState.AWAITING_CONSENT
    if is_open and state.leg == Leg.CONSENT and not fields.error and fields.tenant in ("", state.tenant_id):
        _refuse_outdated(state, connection, services)
        return _begin_sign_in(connection, services)
    is_under_way = run is not None or (is_open and state.leg == Leg.SIGN_IN)
    raise CallbackRefusedError("state_used", connection_id=connection.connection_id, run_started=is_under_way)


def _decline(
    fields: CallbackFields, state: CallbackState, connection: Connection, services: Services
) -> CallbackRefusedError:
    failed = "consent_failed" if state.leg == Leg.CONSENT else "sign_in_failed"
    code = "consent_declined" if fields.is_declined else failed
    closed = ConnectionState.DECLINED if fields.is_declined else ConnectionState.FAILED
    message = f"Microsoft said {fields.error_code}."
    _close(connection, closed, code, message, services)
    return CallbackRefusedError(code, message, connection_id=connection.connection_id)


def _accept_consent(fields: CallbackFields, connection: Connection, services: Services) -> SignInNeeded:
    if fields.tenant and fields.tenant != connection.tenant_id:
        raise _wrong_tenant(fields.tenant, connection, services)
    return _begin_sign_in(connection, services)


def _begin_sign_in(connection: Connection, services: Services) -> SignInNeeded:
    state = new_state()
    flow = services.tokens.begin_sign_in(connection.tenant_id, state)
    bound = CallbackState(
        state_hash=hash_state(state),
        leg=Leg.SIGN_IN,
        msp_id=connection.msp_id,
        connection_id=connection.connection_id,
        tenant_id=connection.tenant_id,
        expires_at=to_rfc3339(services.clock.now() + SIGN_IN_LIFETIME),
        flow=orjson.dumps(flow).decode(),
    )
    services.callback_states.create(bound)
    return SignInNeeded(connection.connection_id, str(flow["auth_uri"]))


def _accept_sign_in(
    fields: CallbackFields, state: CallbackState, connection: Connection, services: Services, start: StartRun
) -> Started:
    flow: dict[str, Any] = orjson.loads(state.flow)
    try:
        admin = services.tokens.finish_sign_in(connection.tenant_id, flow, fields.raw)
    except TransientError:
        raise
    except TenantSyncError as failure:
        _close(connection, ConnectionState.FAILED, failure.code, failure.detail, services)
        raise CallbackRefusedError(failure.code, failure.detail, connection_id=connection.connection_id) from failure
    if admin.tenant_id != connection.tenant_id:
        raise _wrong_tenant(admin.tenant_id, connection, services)
    return _start_run(connection, admin, services, start)


def _start_run(connection: Connection, admin: SignedInAdmin, services: Services, start: StartRun) -> Started:
    now = to_rfc3339(services.clock.now())
    run = Run(
        run_id=onboarding_instance_id(connection.connection_id),
        msp_id=connection.msp_id,
        tenant_id=connection.tenant_id,
        customer_id=connection.customer_id,
        connection_id=connection.connection_id,
        started_at=now,
        updated_at=now,
    )
    services.runs.create(run)
    proven = replace(
        connection,
        state=ConnectionState.STARTED,
        run_id=run.run_id,
        admin_object_id=admin.object_id,
        admin_directory_roles=",".join(admin.directory_roles),
        updated_at=now,
    )
    services.connections.update(proven)
    start(run)
    logs.event("run_started", run_id=run.run_id, tenant_id=run.tenant_id)
    return Started(run)


def _wrong_tenant(consenting_tenant: str, connection: Connection, services: Services) -> CallbackRefusedError:
    named = consenting_tenant if is_guid(consenting_tenant) else "another tenant"
    message = f"Expected {connection.tenant_id}, but the administrator belongs to {named}."
    _close(connection, ConnectionState.WRONG_TENANT, "wrong_tenant", message, services)
    return CallbackRefusedError("wrong_tenant", message, connection_id=connection.connection_id)


def _close(connection: Connection, state: ConnectionState, code: str, message: str, services: Services) -> None:
    now = to_rfc3339(services.clock.now())
    closed = replace(connection, state=state, problem_code=code, problem_message=message, updated_at=now)
    services.connections.update(closed)
    logs.event("connection_closed", connection_id=connection.connection_id, outcome=state, problem=code)
