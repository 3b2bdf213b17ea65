"""Parts of a stack: started when they say so, found out when they have ended, and gone afterwards."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.processes import Processes, StackError

SERVES = "print('ready', flush=True); import signal; signal.pause()"
DIES = "import sys; sys.exit('the port is taken')"


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    made = Processes(tmp_path)
    yield made
    made.end("part", signal.SIGKILL)


def run(processes: Processes, code: str) -> int:
    """Starts it, and gives its process id."""
    processes.run("part", [sys.executable, "-c", code], {}, Path.cwd())
    return processes._running["part"].pid


def test_part_that_serves_is_there_until_it_is_ended(processes: Processes):
    pid = run(processes, SERVES)
    processes.check()
    processes.end("part", signal.SIGTERM)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    processes.end("part", signal.SIGTERM)  # what is gone stays gone


def test_part_that_does_not_start_says_why(processes: Processes):
    with pytest.raises(StackError, match="The part did not start:\nthe port is taken"):
        run(processes, DIES)


def test_part_that_has_ended_by_itself_is_found_out(processes: Processes):
    run(processes, SERVES)
    ended = processes._running["part"]
    ended.kill()
    ended.wait()
    with pytest.raises(StackError, match="The part has ended with code -9"):
        processes.check()
