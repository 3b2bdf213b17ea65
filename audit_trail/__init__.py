"""audit: who did what to which tenant, and when."""

from audit_trail.routes import blueprint

__all__ = ["blueprint"]
