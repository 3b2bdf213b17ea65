"""What a crash of the local stack has left running, found by its command lines and ended."""

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from devstack.storage import find_storage

_STOP_SECONDS: Final = 15.0
_POLL_SECONDS: Final = 0.05


def end_leftovers(directory: Path) -> Iterator[str]:
    """Ends the processes a crash left behind on a data directory; gives a line for each."""
    directory = directory.resolve()
    for name, arguments in (
        ("host", f"devstack.host .*--data {re.escape(str(directory))}"),
        ("PSA simulators", f"devstack.psa --scenario {re.escape(str(directory))}/psa.json .*"),
        ("simulator", f"devstack.microsoft365 --scenario {re.escape(str(directory))}/scenario.json .*"),
    ):
        for pid in _find_processes(arguments):
            _end_process(pid)
            yield f"ended the {name} (process {pid})"
    storage = find_storage(directory / "azurite")
    if storage is not None:
        storage.stop()
        yield f"ended the table store (process {storage.pid})"


def _find_processes(module_and_arguments: str) -> list[int]:
    """The processes that run a module with these arguments and no more, given as a regular expression."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,command="], capture_output=True, text=True, check=False).stdout
    wanted = re.compile(rf" *(\d+) \S*python\S* -m (?:devstack.launch )?{module_and_arguments} *")
    return [int(found[1]) for found in map(wanted.fullmatch, listed.splitlines()) if found]


def _end_process(pid: int) -> None:
    """Asks first, and waits: a host that is stopping still needs its storage."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + _STOP_SECONDS
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
            while time.monotonic() < deadline:
                os.kill(pid, 0)
                time.sleep(_POLL_SECONDS)
            continue
        return
