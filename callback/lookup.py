"""Which errand a state is bound to."""

from callback.connecting import ConnectErrand
from callback.errand import Errand
from callback.granting import GrantErrand
from callback.handing_over import TransferErrand
from tenantsync.services import Services
from tenantsync.store.callback_states import CallbackState, Purpose


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
