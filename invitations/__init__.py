"""invitations: the link a tenant's administrator was sent by mail."""

from invitations.routes import blueprint

__all__ = ["blueprint"]
