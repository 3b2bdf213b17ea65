"""Ready means: the settings are right and the data store answers. The reason why not goes to the log only."""

from tenantsync import logs
from tenantsync.errors import TenantSyncError
from tenantsync.services import services
from tenantsync.web import Reply, json_reply


def read_health() -> Reply:
    """200 `{"status": "ready"}` or 503 `{"status": "unavailable"}`."""
    try:
        services().tables.check()
    except TenantSyncError as failure:
        logs.event("not_ready", problem=failure.code, detail=failure.detail)
        return json_reply({"status": "unavailable"}, 503, {"Retry-After": "5"})
    return json_reply({"status": "ready"})
