"""Ties a child process to its parent's life, so that a crash leaves none behind. Linux only, elsewhere nothing."""

import ctypes
import signal
import sys
from collections.abc import Callable
from typing import Final

_SET_PARENT_DEATH_SIGNAL: Final = 1


def end_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """A `preexec_fn`: the child gets the signal when the thread that started it ends, however that happens."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl  # loaded before the fork: a child may not load libraries safely

    def ask_for_the_signal() -> None:
        prctl(_SET_PARENT_DEATH_SIGNAL, number)

    return ask_for_the_signal
