"""tenants/connect-batches: many tenants at once, checked or connected, with a link for each administrator."""

from connect_batches.routes import blueprint

__all__ = ["blueprint"]
