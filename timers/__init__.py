"""What happens by itself: deliveries every minute, a look at every consent once a day."""

from timers.triggers import blueprint

__all__ = ["blueprint"]
