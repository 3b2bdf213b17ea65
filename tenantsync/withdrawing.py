"""Takes back the offer to hand a tenant over, when it is not there to be handed over any more."""

from tenantsync.clock import to_rfc3339
from tenantsync.services import Services
from tenantsync.store.transfers import OPEN_TRANSFER_STATES, TransferState


def withdraw_offers(msp_id: str, tenant_id: str, services: Services) -> None:
    """Cancels the MSP's open offer of the tenant, if there is one and nobody has got the tenant by it."""
    latest = services.transfers.find_latest(tenant_id)
    if latest is None or latest.transfer.from_msp_id != msp_id or latest.transfer.state not in OPEN_TRANSFER_STATES:
        return
    owner = services.owners.read(tenant_id)
    if owner is None or owner.msp_id == msp_id:  # and is being let go, so nobody gets it any more
        now = to_rfc3339(services.clock.now())
        services.transfers.change(latest, state=TransferState.CANCELLED, updated_at=now)
