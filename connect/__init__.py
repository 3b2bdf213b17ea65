"""POST tenants/connect: a technician starts to connect a tenant."""

from connect.routes import blueprint

__all__ = ["blueprint"]
