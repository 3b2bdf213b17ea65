"""The errand of proving, by signing in, that a tenant's administrator agrees to its transfer."""

from collections.abc import Mapping

from callback.errand import Accomplished, Refusal
from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.identity.tokens import SignedInAdmin
from tenantsync.orchestrations import Orchestrations
from tenantsync.services import Services
from tenantsync.store.audit import ADMIN
from tenantsync.store.transfers import OPEN_TRANSFER_STATES, StoredTransfer, TransferState


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
        now = to_rfc3339(self._services.clock.now())
        self._services.transfers.change(self._stored, state=TransferState.CANCELLED, updated_at=now)
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
