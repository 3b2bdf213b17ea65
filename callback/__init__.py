"""tenants/callback: Microsoft's redirect (GET) and the portal forwarding it (POST)."""

from callback.routes import blueprint

__all__ = ["blueprint"]
