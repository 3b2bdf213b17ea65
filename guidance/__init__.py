"""What the API says about itself: help on a code, the OpenAPI document."""

from guidance.routes import blueprint

__all__ = ["blueprint"]
