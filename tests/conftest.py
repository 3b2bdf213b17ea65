"""What all tests share: the network ends at this machine, and in CI a skipped test is a failed one."""

import os
import signal
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.services import autotask, clock, microsoft, psa, services, tables
from tests.telemetry import telemetry

__all__ = ["autotask", "clock", "microsoft", "psa", "services", "tables", "telemetry"]

_LOOPBACK = ("127.", "::1", "localhost")


def pytest_configure() -> None:
    """A script's background job ignores Ctrl-C, and so would everything it starts: no test could interrupt anything."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that would reach out fails, with the address it asked for."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(_LOOPBACK):
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """CI has everything the tests need, so whatever is skipped there has lost its reason."""
    outcome: Any = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
