"""psa/{provider}: which PSA an MSP works with, what it would bring, and the sync of its companies."""

from psa_connections.routes import blueprint

__all__ = ["blueprint"]
