"""Legacy DAP: who is still reached by it, and the guided move to GDAP."""

from dap.routes import blueprint

__all__ = ["blueprint"]
