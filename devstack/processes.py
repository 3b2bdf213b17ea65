"""The parts of a stack as processes: started, waited for, looked at and ended by their names."""

import contextlib
import io
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from devstack.lifeline import end_with_parent, interrupts_held

_STOP_SECONDS: Final = 15.0
_POLL_SECONDS: Final = 0.05


class StackError(Exception):
    """A part of the stack did not start or has ended; the text has the end of its log."""


class Processes:
    """Each has a log of its name in `logs`, and ends with the thread that started it."""

    def __init__(self, logs: Path, start_seconds: float = 60.0) -> None:
        self._logs = logs
        self._start_seconds = start_seconds
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def run(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        directory: Path,
        is_ready: Callable[[], bool] | None = None,
    ) -> None:
        """Returns when `is_ready` holds, by default when the process says `ready`; raises StackError if it never does.

        `environment` is all it has.
        """
        with (self._logs / f"{name}.log").open("ab") as log, interrupts_held():
            process = self._running[name] = subprocess.Popen(
                command,
                cwd=directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent(signal.SIGTERM),  # noqa: PLW1509 - one system call
            )
        self._wait(name, process, is_ready or _hears_ready(process))

    def end(self, name: str, number: signal.Signals) -> None:
        """Sends its whole group the signal, and kills what is still there after a while."""
        process = self._running.pop(name, None)
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def check(self) -> None:
        """Raises StackError when one has ended by itself."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise StackError(f"The {name} has ended with code {process.returncode}:\n{self._tail(name)}")

    def usage(self, name: str) -> tuple[float, float]:
        """Peak memory in MB and CPU seconds so far; zeros where /proc is missing."""
        pid = self._running[name].pid
        return _peak_megabytes(pid), cpu_seconds(pid)

    def _wait(self, name: str, process: subprocess.Popen[bytes], is_ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + self._start_seconds
        while not is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise StackError(f"The {name} did not start:\n{self._tail(name)}")
            time.sleep(_POLL_SECONDS)

    def _tail(self, name: str) -> str:
        path = self._logs / f"{name}.log"
        return path.read_text(errors="replace")[-2000:] if path.exists() else ""


def cpu_seconds(pid: int) -> float:
    """CPU a process has used so far, user and system; zero where /proc is missing."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _peak_megabytes(pid: int) -> float:
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)
    return 0.0


def _hears_ready(process: subprocess.Popen[bytes]) -> Callable[[], bool]:
    output = process.stdout or io.BytesIO()
    os.set_blocking(output.fileno(), False)
    heard = bytearray()

    def is_ready() -> bool:
        heard.extend(output.read() or b"")
        return b"ready" in heard

    return is_ready
