"""The errand of consenting to further permissions of a tenant that is connected."""

from collections.abc import Mapping

from callback.errand import NO_ADMINISTRATOR, Accomplished, Refusal
from tenantsync.clock import to_rfc3339
from tenantsync.errors import ConflictError, ConsentError, ConsentPendingError, PermissionMissingError
from tenantsync.graph.directory_roles import read_directory_roles
from tenantsync.identity.roles import may_consent
from tenantsync.identity.tokens import SignedInAdmin
from tenantsync.operations import ask_again
from tenantsync.orchestrations import Orchestrations
from tenantsync.services import Services
from tenantsync.store.audit import ADMIN
from tenantsync.store.connections import Connection
from tenantsync.store.grants import Grant, GrantState
from tenantsync.wire import VERIFY_GRANT, grant_instance_id
from tenantsync.wrong_tenant import describe_removal


class GrantErrand:
    """Consenting to further permissions of a tenant that is connected."""

    keeps_link = False

    def __init__(self, grant: Grant, connection: Connection, services: Services) -> None:
        self._grant = grant
        self._connection = connection
        self._services = services
        self._is_proven = False

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
        is_own = owner is not None and owner.msp_id == self._grant.msp_id
        return "" if owner and is_own and owner.connection_id == self.connection_id else "link_cancelled"

    def next_action(self, code: str) -> str:
        return ask_again(code)

    def why_not(self, admin: SignedInAdmin) -> Refusal | None:
        """Microsoft decides who may grant what: the permission shows up afterwards, or it does not.

        Where Graph does not let us look, because that is what is being granted, nobody is named as the one who was it.
        """
        try:
            roles = self._roles_of(admin)
        except (ConsentError, PermissionMissingError) as failure:
            is_stranger = isinstance(failure, ConsentPendingError) and failure.code == "admin_role_unproven"
            return Refusal(failure.code, failure.detail, failure.cause.provider_code) if is_stranger else None
        self._is_proven = roles is not None
        return None if roles is None or may_consent(roles) else NO_ADMINISTRATOR

    def _roles_of(self, admin: SignedInAdmin) -> frozenset[str] | None:
        shown = frozenset(admin.directory_roles)
        return shown or read_directory_roles(self._services.graph_for(admin.tenant_id), admin.object_id)

    def mend(self, orchestrations: Orchestrations) -> None:
        if self._grant.state == GrantState.CONSENTED:
            self._start(orchestrations)

    def refuse(self, refusal: Refusal) -> Mapping[str, object]:
        is_declined = refusal.code == "consent_declined"
        try:
            self._services.grants.change(
                self._grant,
                only_in=GrantState.REQUESTED,
                state=GrantState.DECLINED if is_declined else GrantState.FAILED,
                problem_code=refusal.code,
                problem_message=refusal.message,
                problem_microsoft_code=refusal.microsoft_code,
                updated_at=to_rfc3339(self._services.clock.now()),
            )
        except ConflictError:
            return {}
        self._audit("permissions_refused", "", problem=refusal.code)
        if refusal.code != "wrong_tenant":
            return {}
        return {"removal": describe_removal(self._services.settings.client_id, refusal.other_tenant_id)}

    def accomplish(self, admin: SignedInAdmin, orchestrations: Orchestrations) -> Accomplished:
        now = to_rfc3339(self._services.clock.now())
        consented = self._services.grants.change(
            self._grant,
            only_in=GrantState.REQUESTED,
            state=GrantState.CONSENTED,
            consented_by=admin.object_id if self._is_proven else "",
            consented_at=now,
            updated_at=now,
        )
        self._audit("permissions_consented", consented.consented_by)
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
        orchestrations.start(VERIFY_GRANT, grant_instance_id(grant.grant_id), job, again=True)

    def _audit(self, action: str, actor: str, **detail: object) -> None:
        self._services.audit.record(
            action,
            msp_id=self._grant.msp_id,
            tenant_id=self._grant.tenant_id,
            actor=actor or ADMIN,
            detail={"operation": self._grant.operation, "grantId": self._grant.grant_id, **detail},
        )
