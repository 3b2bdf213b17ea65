"""tenants/{tenantId}/…: what is known of a connected tenant."""

from tenants.routes import blueprint

__all__ = ["blueprint"]
