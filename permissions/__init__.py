"""tenants/{tenantId}/permissions: what is granted, what is missing, and asking for more."""

from permissions.routes import blueprint

__all__ = ["blueprint"]
