"""Starts the orchestrations that watch relationships; starting one twice starts it once."""

from tenantsync.orchestrations import Starter
from tenantsync.services import Services
from tenantsync.wire import CORRELATION, WATCH_RELATIONSHIP, relationship_instance_id


def start_watches(services: Services, orchestrations: Starter) -> None:
    """For every relationship that is not watched yet, whoever has made it."""
    for msp_id, tenant_id, key, cause in services.relationships.list_unwatched():
        _start(orchestrations, msp_id, tenant_id, key, cause)
        services.relationships.note_watched(key)


def mend_watches(services: Services, orchestrations: Starter) -> None:
    """For every relationship that has not ended, should its watch have got lost."""
    for own in services.relationships.all():
        if not own.is_ended:
            _start(orchestrations, own.msp_id, own.tenant_id, own.key, own.correlation_id)


def _start(orchestrations: Starter, msp_id: str, tenant_id: str, key: str, cause: str) -> None:
    """Anew if a watch has ended: of a request Microsoft had refused, say, before the same was asked again."""
    job = {"mspId": msp_id, "tenantId": tenant_id, "key": key, **({CORRELATION: cause} if cause else {})}
    orchestrations.start(WATCH_RELATIONSHIP, relationship_instance_id(key), job, again=True)
