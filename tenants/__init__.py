"""tenants: an MSP's tenants, their inventory, and what is done with them (sync again, cancel, disconnect)."""

from tenants.routes import blueprint

__all__ = ["blueprint"]
