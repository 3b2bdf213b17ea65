"""POST tenants/connect: a technician starts to connect a tenant; GET tenants/preflight: what is known before that."""

from connect.routes import blueprint

__all__ = ["blueprint"]
