"""GDAP relationships: list, ask for, show, extend and end them."""

from relationships.routes import blueprint

__all__ = ["blueprint"]
