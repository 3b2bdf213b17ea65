"""What an administrator was sent to Microsoft for, and what is stored when that succeeds or fails.

Three errands share the way there and back: connecting a tenant, granting further permissions, and proving that a tenant
may be handed over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from tenantsync import logs
from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.identity.tokens import SignedInAdmin
from tenantsync.orchestrations import Orchestrations, start_run
from tenantsync.services import Services
from tenantsync.store.audit import ADMIN
from tenantsync.store.callback_states import CallbackState, Purpose
from tenantsync.store.connections import Connection, ConnectionState
from tenantsync.store.grants import Grant, GrantState
from tenantsync.store.runs import ACTIVE_RUN_STATES, Run
from tenantsync.store.transfers import OPEN_TRANSFER_STATES, StoredTransfer
from tenantsync.wire import VERIFY_GRANT, grant_instance_id, onboarding_instance_id
from tenantsync.wrong_tenant import describe_wrong_tenant


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an errand ended: a problem code, what happened, and Microsoft's code if it gave one."""

    code: str
    message: str = ""
    microsoft_code: str = ""
    other_tenant_id: str = ""
    members: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Accomplished:
    """The errand is done; `body` is what the portal is answered."""

    connection_id: str
    body: Mapping[str, Any]


class Errand(Protocol):
    """One errand, as stored."""

    @property
    def connection_id(self) -> str: ...
    @property
    def is_open(self) -> bool:
        """Whether it can still be accomplished."""

    @property
    def is_under_way(self) -> bool:
        """Whether it was accomplished: a reload is told so."""

    def why_void(self) -> str:
        """The problem code of an errand that may no longer be accomplished, else empty."""

    def mend(self, orchestrations: Orchestrations) -> None:
        """Repeats what a crash may have kept from happening after it was accomplished."""

    def refuse(self, refusal: Refusal) -> Mapping[str, object]:
        """Stores why it ended; gives what the problem document says on top."""

    def accomplish(self, admin: SignedInAdmin, orchestrations: Orchestrations) -> Accomplished:
        """Stores that the tenant's administrator has proven himself, and goes on."""


def find_errand(state: CallbackState, services: Services) -> Errand | None:
    """The errand a state is bound to, or None if it is gone."""
    if state.purpose == Purpose.TRANSFER:
        stored = services.transfers.find(state.subject_id)
        return TransferErrand(stored, state.connection_id, services) if stored else None
    connection = services.connections.read(state.msp_id, state.connection_id)
    if connection is None:
        return None
    if state.purpose == Purpose.GRANT:
        grant = services.grants.read(state.msp_id, state.tenant_id, state.subject_id)
        return GrantErrand(grant, connection, services) if grant else None
    return ConnectErrand(connection, services)


class ConnectErrand:
    """Attaching a tenant."""

    def __init__(self, connection: Connection, services: Services) -> None:
        self._connection = connection
        self._services = services
        self._run = services.runs.read(connection.run_id) if connection.run_id else None

    @property
    def connection_id(self) -> str:
        return self._connection.connection_id

    @property
    def is_open(self) -> bool:
        return self._connection.state == ConnectionState.AWAITING_CONSENT

    @property
    def is_under_way(self) -> bool:
        return self._run is not None

    def why_void(self) -> str:
        if self._connection.state == ConnectionState.CANCELLED:
            return "link_cancelled"
        latest = self._services.connections.read_latest(self._connection.msp_id, self._connection.tenant_id)
        return "" if latest and latest.connection_id == self.connection_id else "link_replaced"

    def mend(self, orchestrations: Orchestrations) -> None:
        if self._run and self._run.state in ACTIVE_RUN_STATES:
            start_run(orchestrations, self._run)

    def refuse(self, refusal: Refusal) -> Mapping[str, object]:
        states = {"consent_declined": ConnectionState.DECLINED, "wrong_tenant": ConnectionState.WRONG_TENANT}
        closed = replace(
            self._connection,
            state=states.get(refusal.code, ConnectionState.FAILED),
            problem_code=refusal.code,
            problem_message=refusal.message,
            problem_microsoft_code=refusal.microsoft_code,
            other_tenant_id=refusal.other_tenant_id,
            updated_at=to_rfc3339(self._services.clock.now()),
        )
        self._services.connections.update(closed)
        self._services.note_state(closed.msp_id, closed.tenant_id, closed.state)
        self._audit("connection_refused", "", problem=refusal.code, microsoftCode=refusal.microsoft_code)
        logs.event("connection_closed", connection_id=self.connection_id, outcome=closed.state, problem=refusal.code)
        return describe_wrong_tenant(closed, self._services.settings.client_id)

    def accomplish(self, admin: SignedInAdmin, orchestrations: Orchestrations) -> Accomplished:
        now = to_rfc3339(self._services.clock.now())
        connection = self._connection
        run = Run(
            run_id=onboarding_instance_id(connection.connection_id),
            msp_id=connection.msp_id,
            tenant_id=connection.tenant_id,
            customer_id=connection.customer_id,
            connection_id=connection.connection_id,
            started_at=now,
            updated_at=now,
        )
        self._services.runs.create(run)
        proven = replace(
            connection,
            state=ConnectionState.STARTED,
            run_id=run.run_id,
            admin_object_id=admin.object_id,
            admin_directory_roles=",".join(admin.directory_roles),
            updated_at=now,
        )
        self._services.connections.update(proven)
        self._services.note_state(run.msp_id, run.tenant_id, run.state)
        self._audit("administrator_signed_in", admin.object_id, runId=run.run_id, roles=list(admin.directory_roles))
        start_run(orchestrations, run)
        logs.event("run_started", run_id=run.run_id, tenant_id=run.tenant_id)
        return Accomplished(self.connection_id, _describe_run(run))

    def _audit(self, action: str, actor: str, **detail: object) -> None:
        self._services.audit.record(
            action,
            msp_id=self._connection.msp_id,
            tenant_id=self._connection.tenant_id,
            actor=actor or ADMIN,
            detail={"connectionId": self.connection_id, **detail},
        )


class GrantErrand:
    """Consenting to further permissions of a tenant that is connected."""

    def __init__(self, grant: Grant, connection: Connection, services: Services) -> None:
        self._grant = grant
        self._connection = connection
        self._services = services

    @property
    def connection_id(self) -> str:
        return self._connection.connection_id

    @property
    def is_open(self) -> bool:
        return self._grant.state == GrantState.REQUESTED

    @property
    def is_under_way(self) -> bool:
        return self._grant.state in (GrantState.CONSENTED, GrantState.GRANTED)

    def why_void(self) -> str:
        owner = self._services.owners.read(self._grant.tenant_id)
        return "" if owner and owner.msp_id == self._grant.msp_id else "link_cancelled"

    def mend(self, orchestrations: Orchestrations) -> None:
        if self._grant.state == GrantState.CONSENTED:
            self._start(orchestrations)

    def refuse(self, refusal: Refusal) -> Mapping[str, object]:
        is_declined = refusal.code == "consent_declined"
        self._services.grants.change(
            self._grant,
            state=GrantState.DECLINED if is_declined else GrantState.FAILED,
            problem_code=refusal.code,
            problem_message=refusal.message,
            problem_microsoft_code=refusal.microsoft_code,
            updated_at=to_rfc3339(self._services.clock.now()),
        )
        self._audit("permissions_refused", "", problem=refusal.code)
        return {}

    def accomplish(self, admin: SignedInAdmin, orchestrations: Orchestrations) -> Accomplished:
        now = to_rfc3339(self._services.clock.now())
        state = GrantState.CONSENTED
        consented = self._services.grants.change(
            self._grant, state=state, consented_by=admin.object_id, consented_at=now, updated_at=now
        )
        self._audit("permissions_consented", admin.object_id)
        self._start(orchestrations)
        body = {
            "connectionId": self.connection_id,
            "tenantId": consented.tenant_id,
            "state": consented.state,
            "grantId": consented.grant_id,
            "statusUrl": f"/api/msp-portal/tenants/{consented.tenant_id}/permissions",
        }
        return Accomplished(self.connection_id, body)

    def _start(self, orchestrations: Orchestrations) -> None:
        grant = self._grant
        job = {"grantId": grant.grant_id, "mspId": grant.msp_id, "tenantId": grant.tenant_id}
        orchestrations.start(VERIFY_GRANT, grant_instance_id(grant.grant_id), job)

    def _audit(self, action: str, actor: str, **detail: object) -> None:
        self._services.audit.record(
            action,
            msp_id=self._grant.msp_id,
            tenant_id=self._grant.tenant_id,
            actor=actor or ADMIN,
            detail={"operation": self._grant.operation, "grantId": self._grant.grant_id, **detail},
        )


class TransferErrand:
    """Proving, by signing in, that a tenant's administrator agrees to its transfer."""

    def __init__(self, stored: StoredTransfer, connection_id: str, services: Services) -> None:
        self._stored = stored
        self._services = services
        self._connection_id = connection_id

    @property
    def connection_id(self) -> str:
        return self._connection_id

    @property
    def is_open(self) -> bool:
        return not self.why_void() and not self.is_under_way

    @property
    def is_under_way(self) -> bool:
        return bool(self._stored.transfer.proven_at)

    def why_void(self) -> str:
        transfer = self._stored.transfer
        is_over = self._services.clock.now() >= parse_rfc3339(transfer.expires_at)
        return "" if transfer.state in OPEN_TRANSFER_STATES and not is_over else "link_expired"

    def mend(self, orchestrations: Orchestrations) -> None:
        """Nothing follows by itself: the receiving side accepts."""

    def refuse(self, refusal: Refusal) -> Mapping[str, object]:
        self._audit("transfer_proof_refused", ADMIN, problem=refusal.code)
        return {}

    def accomplish(self, admin: SignedInAdmin, orchestrations: Orchestrations) -> Accomplished:
        now = to_rfc3339(self._services.clock.now())
        self._services.transfers.change(self._stored, proven_by=admin.object_id, proven_at=now, updated_at=now)
        self._audit("transfer_proven", admin.object_id)
        self.mend(orchestrations)
        transfer = self._stored.transfer
        body = {
            "connectionId": self.connection_id,
            "tenantId": transfer.tenant_id,
            "state": "proven",
            "transferId": transfer.transfer_id,
            "statusUrl": "/api/msp-portal/transfers",
        }
        return Accomplished(self.connection_id, body)

    def _audit(self, action: str, actor: str, **detail: object) -> None:
        transfer = self._stored.transfer
        for msp_id in (transfer.from_msp_id, transfer.to_msp_id):
            self._services.audit.record(
                action,
                msp_id=msp_id,
                tenant_id=transfer.tenant_id,
                actor=actor,
                detail={"transferId": transfer.transfer_id, **detail},
            )


def _describe_run(run: Run) -> dict[str, str]:
    return {
        "connectionId": run.connection_id,
        "tenantId": run.tenant_id,
        "state": run.state,
        "runId": run.run_id,
        "statusUrl": f"/api/msp-portal/tenants/{run.tenant_id}/sync-status",
    }
