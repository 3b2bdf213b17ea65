"""The errand of proving, by signing in, that a tenant's administrator agrees to its transfer."""

from collections.abc import Mapping

from callback.errand import NO_ADMINISTRATOR, Accomplished, Refusal
from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.errors import ConsentError, PermissionMissingError
from tenantsync.graph.directory_roles import read_directory_roles
from tenantsync.identity.roles import may_consent
from tenantsync.identity.tokens import SignedInAdmin
from tenantsync.orchestrations import Orchestrations
from tenantsync.services import Services
from tenantsync.store.audit import ADMIN
from tenantsync.store.transfers import OPEN_TRANSFER_STATES, StoredTransfer, Transfer


class TransferErrand:
    """Proving, by signing in, that a tenant's administrator agrees to its transfer."""

    keeps_link = True

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
        return bool(self._transfer.proven_at)

    def why_void(self) -> str:
        is_over = self._services.clock.now() >= parse_rfc3339(self._transfer.expires_at)
        return "" if self._transfer.state in OPEN_TRANSFER_STATES and not is_over else "link_expired"

    def next_action(self, code: str) -> str:
        if code in ("invalid_state", "link_expired"):
            return "Ask for a new transfer if the tenant should still change hands."
        return "Let the tenant's Global Administrator open the proof link again and sign in."

    def why_not(self, admin: SignedInAdmin) -> Refusal | None:
        roles: frozenset[str] | None = frozenset(admin.directory_roles)
        try:
            roles = roles or read_directory_roles(self._services.graph_for(admin.tenant_id), admin.object_id)
        except (ConsentError, PermissionMissingError) as failure:  # also of a person the tenant does not know
            return Refusal("admin_role_unproven", failure.detail, failure.cause.provider_code)
        return None if roles is None or may_consent(roles) else NO_ADMINISTRATOR

    def mend(self, orchestrations: Orchestrations) -> None:
        """Nothing follows by itself: the receiving side accepts."""

    def refuse(self, refusal: Refusal) -> Mapping[str, object]:
        """Only a proof counts: the offer stays, and the administrator may open the link again."""
        self._audit("transfer_proof_refused", ADMIN, problem=refusal.code)
        return {}

    def accomplish(
        self,
        admin: SignedInAdmin,
        orchestrations: Orchestrations,  # noqa: ARG002 - nothing is started: the receiving side accepts
    ) -> Accomplished:
        now = to_rfc3339(self._services.clock.now())
        self._services.transfers.change(self._stored, proven_by=admin.object_id, proven_at=now, updated_at=now)
        self._audit("transfer_proven", admin.object_id)
        body = {
            "connectionId": self.connection_id,
            "tenantId": self._transfer.tenant_id,
            "state": "proven",
            "transferId": self._transfer.transfer_id,
            "statusUrl": "/api/msp-portal/transfers",
        }
        return Accomplished(self.connection_id, body)

    @property
    def _transfer(self) -> Transfer:
        return self._stored.transfer

    def _audit(self, action: str, administrator: str, **detail: object) -> None:
        """The person's id is for the MSP that has the tenant; the other one learns that it was the administrator."""
        transfer = self._transfer
        for msp_id, actor in ((transfer.from_msp_id, administrator), (transfer.to_msp_id, ADMIN)):
            self._services.audit.record(
                action,
                msp_id=msp_id,
                tenant_id=transfer.tenant_id,
                actor=actor,
                detail={"transferId": transfer.transfer_id, **detail},
            )
