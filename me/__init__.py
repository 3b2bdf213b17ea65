"""GET me: who the caller is, and what that opens."""

from me.routes import blueprint

__all__ = ["blueprint"]
