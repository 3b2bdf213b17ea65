"""webhook: where an MSP wants its notifications."""

from webhooks.routes import blueprint

__all__ = ["blueprint"]
