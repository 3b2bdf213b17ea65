import signal

import pytest

from devstack.lifeline import interrupts_held


def test_signals_that_come_meanwhile_are_handled_afterwards_and_later_ones_as_ever():
    handled: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: handled.append(number))
    interrupt = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def start() -> None:
        with interrupts_held():
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGINT)
            handled.append(0)

    try:
        with pytest.raises(KeyboardInterrupt):
            start()
        assert handled == [0, signal.SIGTERM]
        signal.raise_signal(signal.SIGTERM)
        assert handled == [0, signal.SIGTERM, signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.signal(signal.SIGINT, interrupt)
