"""All PSAs there are. A new one is an adapter and a line here."""

from requests.adapters import HTTPAdapter

from tenantsync.clock import Clock, SystemClock
from tenantsync.psa.autotask import autotask_kind
from tenantsync.psa.connectwise import connectwise_kind
from tenantsync.psa.halopsa import halopsa_kind
from tenantsync.psa.http import Wire
from tenantsync.psa.port import PsaKinds
from tenantsync.public_hosts import public_session
from tenantsync.settings import Settings


def psa_kinds(settings: Settings, clock: Clock | None = None, transport: HTTPAdapter | None = None) -> PsaKinds:
    """By provider; their connections share one HTTP pool. Tests hand in their own clock and HTTP."""
    session = public_session(settings.psa_origins, settings.ca_bundle)
    if transport is not None:
        session.mount("https://", transport)
    wire = Wire(session=session, loopback_origins=settings.psa_origins)
    kinds = (
        connectwise_kind(wire, settings.connectwise_client_id),
        autotask_kind(wire, settings.autotask_zone_endpoint, settings.autotask_integration_code),
        halopsa_kind(wire, clock or SystemClock()),
    )
    return {kind.provider: kind for kind in kinds}
