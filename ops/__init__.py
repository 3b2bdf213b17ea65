"""ops: whether the app is ready, and what operations see and do: runs, histories, stuck runs, throttling, health."""

from ops.routes import blueprint

__all__ = ["blueprint"]
