"""The errand of attaching a tenant."""

from collections.abc import Mapping
from dataclasses import replace

from callback.errand import Accomplished, Refusal
from tenantsync import logs
from tenantsync.clock import to_rfc3339
from tenantsync.identity.tokens import SignedInAdmin
from tenantsync.orchestrations import Orchestrations, start_run
from tenantsync.services import Services
from tenantsync.store.audit import ADMIN
from tenantsync.store.connections import Connection, ConnectionState
from tenantsync.store.runs import ACTIVE_RUN_STATES, Run
from tenantsync.wire import onboarding_instance_id
from tenantsync.wrong_tenant import describe_wrong_tenant


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
        return Accomplished(self.connection_id, run.to_reference())

    def _audit(self, action: str, actor: str, **detail: object) -> None:
        self._services.audit.record(
            action,
            msp_id=self._connection.msp_id,
            tenant_id=self._connection.tenant_id,
            actor=actor or ADMIN,
            detail={"connectionId": self.connection_id, **detail},
        )
