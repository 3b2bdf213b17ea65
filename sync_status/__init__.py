"""GET tenants/{tenantId}/sync-status: how far a tenant's connection and sync have come."""

from sync_status.routes import blueprint

__all__ = ["blueprint"]
