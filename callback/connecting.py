"""The errand of attaching a tenant."""

from collections.abc import Mapping

from callback.errand import NO_ADMINISTRATOR, Accomplished, Refusal
from tenantsync import logs, metrics
from tenantsync.clock import to_rfc3339
from tenantsync.errors import ConflictError
from tenantsync.identity.roles import may_consent
from tenantsync.identity.tokens import SignedInAdmin
from tenantsync.orchestrations import Orchestrations
from tenantsync.runs.cancelling import withdraw_run
from tenantsync.runs.starting import start_unless_paused
from tenantsync.services import Services
from tenantsync.store.audit import ADMIN
from tenantsync.store.connections import Connection, ConnectionState
from tenantsync.store.runs import ACTIVE_RUN_STATES, Run, RunState
from tenantsync.store.tenants import ManagedTenant
from tenantsync.ticket_texts import link_closed
from tenantsync.tickets import Step, tell_ticket
from tenantsync.wire import onboarding_instance_id
from tenantsync.wrong_tenant import describe_wrong_tenant


class ConnectErrand:
    """Attaching a tenant."""

    keeps_link = False

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
        return "" if self._services.connections.is_latest(self._connection) else "link_replaced"

    def next_action(self, code: str) -> str:  # noqa: ARG002 - the catalogue speaks of connecting
        return ""

    def why_not(self, admin: SignedInAdmin) -> Refusal | None:
        """A token that shows no roles proves nothing either way: then Graph is asked, once consent works."""
        return NO_ADMINISTRATOR if admin.directory_roles and not may_consent(admin.directory_roles) else None

    def mend(self, orchestrations: Orchestrations) -> None:
        if self._connection.problem_code:
            self._follow_refusal(self._connection)
        elif self._run and self._run.state in ACTIVE_RUN_STATES:
            self._refuse_replaced(self._run)
            self._follow(self._connection, self._run, orchestrations)

    def refuse(self, refusal: Refusal) -> Mapping[str, object]:
        """Closes the connection, unless another callback of it was faster; told again, it says the same again."""
        states = {"consent_declined": ConnectionState.DECLINED, "wrong_tenant": ConnectionState.WRONG_TENANT}
        try:
            closed = self._change(
                state=states.get(refusal.code, ConnectionState.FAILED),
                problem_code=refusal.code,
                problem_message=refusal.message,
                problem_microsoft_code=refusal.microsoft_code,
                other_tenant_id=refusal.other_tenant_id,
            )
        except ConflictError:
            known = self._services.connections.read(self._connection.msp_id, self.connection_id)
            if known is None or known.problem_code != refusal.code:
                return {}
            closed = known
        self._follow_refusal(closed)
        logs.event("connection_closed", connection_id=self.connection_id, outcome=closed.state, problem=refusal.code)
        metrics.CONSENTS.note(1, outcome=refusal.code)
        return describe_wrong_tenant(closed, self._services.settings.client_id)

    def _follow_refusal(self, closed: Connection) -> None:
        """What follows from a refusal; all of it may be repeated."""
        self._services.note_state(
            closed.msp_id,
            closed.tenant_id,
            closed.state,
            when=self._is_waiting,
            problem_code=closed.problem_code,
            problem_message=closed.problem_message,
            problem_microsoft_code=closed.problem_microsoft_code,
        )
        tell_ticket(closed, Step.OUTCOME, link_closed(closed), self._services)
        self._services.audit.record(
            "connection_refused",
            msp_id=closed.msp_id,
            tenant_id=closed.tenant_id,
            actor=ADMIN,
            once=(f"{self.connection_id}-refused", closed.updated_at),
            detail={
                "connectionId": self.connection_id,
                "problem": closed.problem_code,
                "microsoftCode": closed.problem_microsoft_code,
            },
        )

    def accomplish(self, admin: SignedInAdmin, orchestrations: Orchestrations) -> Accomplished:
        if not self._services.connections.is_latest(self._connection):
            raise ConflictError("tenant_changed", "a newer connection has replaced this one")
        run = self._create_run()
        proven = self._change(
            state=ConnectionState.STARTED,
            run_id=run.run_id,
            admin_object_id=admin.object_id,
            admin_directory_roles=",".join(admin.directory_roles),
        )
        self._refuse_replaced(run)
        self._follow(proven, run, orchestrations)
        logs.event("run_started", run_id=run.run_id, tenant_id=run.tenant_id)
        return Accomplished(self.connection_id, run.to_reference())

    def _refuse_replaced(self, run: Run) -> None:
        """When a newer connection was made at this very moment, this one must not start."""
        if run.state != RunState.VERIFYING or self._services.connections.is_latest(self._connection):
            return
        withdraw_run(self._connection, run, self._services)
        raise ConflictError("tenant_changed", "a newer connection has replaced this one")

    def _create_run(self) -> Run:
        connection, now = self._connection, to_rfc3339(self._services.clock.now())
        run = Run(
            run_id=onboarding_instance_id(connection.connection_id),
            msp_id=connection.msp_id,
            tenant_id=connection.tenant_id,
            customer_id=connection.customer_id,
            connection_id=connection.connection_id,
            started_at=now,
            updated_at=now,
            correlation_id=logs.request_id(),
        )
        return run if self._services.runs.create(run) else self._services.runs.read(run.run_id) or run

    def _follow(self, connection: Connection, run: Run, orchestrations: Orchestrations) -> None:
        """What follows from a proven sign-in; all of it may be repeated."""
        self._services.note_state(run.msp_id, run.tenant_id, run.state, when=self._is_waiting)
        self._services.audit.record(
            "administrator_signed_in",
            msp_id=run.msp_id,
            tenant_id=run.tenant_id,
            actor=connection.admin_object_id or ADMIN,
            once=(f"{run.run_id}-signed-in", run.started_at),
            detail={
                "connectionId": self.connection_id,
                "runId": run.run_id,
                "roles": [role for role in connection.admin_directory_roles.split(",") if role],
            },
        )
        start_unless_paused(run, self._services, orchestrations)

    def _change(self, **changes: object) -> Connection:
        now = to_rfc3339(self._services.clock.now())
        connection, waiting = self._connection, ConnectionState.AWAITING_CONSENT
        return self._services.connections.change(
            connection.msp_id, connection.connection_id, only_in=waiting, updated_at=now, **changes
        )

    def _is_waiting(self, tenant: ManagedTenant) -> bool:
        """Whether the tenant's row still waits for this connection."""
        is_own = tenant.connection_id == self.connection_id
        return is_own and tenant.state == ConnectionState.AWAITING_CONSENT
