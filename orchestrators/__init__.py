"""Deterministic plans: they decide only from what history gives them, and touch nothing."""

from orchestrators.triggers import blueprint

__all__ = ["blueprint"]
