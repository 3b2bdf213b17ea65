"""Ties a child process to its parent's life, so that neither a crash nor Ctrl-C leaves one behind."""

import contextlib
import ctypes
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Final

_SET_PARENT_DEATH_SIGNAL: Final = 1


def end_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """A `preexec_fn`: the child gets the signal when the thread that started it ends, however that happens.

    Linux only, elsewhere nothing.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl  # loaded before the fork: a child may not load libraries safely

    def ask_for_the_signal() -> None:
        prctl(_SET_PARENT_DEATH_SIGNAL, number)

    return ask_for_the_signal


@contextlib.contextmanager
def interrupts_held() -> Iterator[None]:
    """SIGINT and SIGTERM that come during the block are handled after it.

    For the moment between a child's start and the note of its number, where an interrupt would leave it running.
    """
    if threading.current_thread() is not threading.main_thread():  # no other one is interrupted
        yield
        return
    held: list[int] = []

    def hold(number: int, frame: FrameType | None) -> None:
        held.append(number)

    handlers = {number: signal.signal(number, hold) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        signal.pthread_sigmask(
            signal.SIG_BLOCK, handlers
        )  # what comes between the two must not keep one from its place
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for came in held:
            signal.raise_signal(came)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, handlers)
