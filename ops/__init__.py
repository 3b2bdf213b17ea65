"""What operations look at: whether the app is ready."""

from ops.routes import blueprint

__all__ = ["blueprint"]
