"""The side effects of the orchestrations: the only functions that touch Microsoft or the store during a run."""

from activities.triggers import blueprint

__all__ = ["blueprint"]
