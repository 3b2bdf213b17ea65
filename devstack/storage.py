"""Starts, adopts and stops the table service of one data directory: Azurite, or the one for large runs.

Azurite keeps some seconds of acknowledged writes only in memory and saves them on SIGINT, not on SIGTERM or SIGKILL.
So it runs in a session of its own, outlives a killed host, is adopted by the next start, and is stopped with SIGINT.
Two of them must never work on one directory: each would save over the other.

Its package.json puts an empty package in the place of its telemetry, which is switched off anyway: that was three
quarters of the time it took to start, and two thirds of what had to be installed.
"""

import base64
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import count, islice
from pathlib import Path
from typing import Final

from devstack.lifeline import end_with_parent, interrupts_held
from devstack.node import read_choice

_ROOT: Final = Path(__file__).resolve().parent.parent
_STATE: Final = _ROOT / ".devstack"
_MAIN: Final = _STATE / "azurite/node_modules/azurite/dist/src/table/main.js"
_ACCOUNT: Final = "devstoreaccount1"
_LARGE: Final = "devstack.table_service"
_START_SECONDS: Final = 60.0
_ADOPT_SECONDS: Final = 30.0  # it answers nobody while it loads or saves a large store
_STOP_SECONDS: Final = 9.0
_POLL_SECONDS: Final = 0.05
_PORTS: Final = range(20_000, 32_000)
_STRETCH: Final = 1009
"""Ports from one process's first to the next one's; it has no divisor in common with how many there are."""
_ENDED_STATES: Final = ("X", "Z")
_PASSED_ON: Final = ("HOME", "LANG", "PATH", "TMPDIR")
"""The app's settings, secrets among them, are none of Azurite's business."""


_children: list[subprocess.Popen[bytes]] = []
"""What this process has started: kept, because it may outlive its Storage, and must be waited for when it ends."""


class StorageError(Exception):
    """The table store cannot be started; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Storage:
    """A running table service."""

    directory: str
    pid: int
    port: int

    @property
    def connection_string(self) -> str:
        """For azure-data-tables; the account key is this directory's own."""
        key = read_account_key(Path(self.directory))
        endpoint = f"http://127.0.0.1:{self.port}/{_ACCOUNT}"
        return f"DefaultEndpointsProtocol=http;AccountName={_ACCOUNT};AccountKey={key};TableEndpoint={endpoint};"

    def stop(self) -> None:
        """Lets it save and end; kills it when it does not."""
        self.end(signal.SIGINT)
        self.end(signal.SIGKILL)

    def end(self, number: signal.Signals) -> None:
        """Ends it in the way of this signal, if it does so in time; another than SIGINT costs the latest writes."""
        if _is_running(self.pid, self.directory):
            os.kill(self.pid, number)
            _wait_for_end(self.pid, self.directory, _STOP_SECONDS)
        if _is_running(self.pid, self.directory):
            return
        for child in [child for child in _children if child.pid == self.pid]:
            child.wait()
            _children.remove(child)


def start_storage(directory: Path, *, is_large: bool = False, outlives_starter: bool = True) -> Storage:
    """The directory's table service: the one that runs already, else a new one. Raises StorageError.

    `is_large`: not Azurite, which ends at half a million rows, but `devstack.table_service`.

    Without `outlives_starter` it saves and ends when the calling process dies (on Linux).
    """
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    running = find_storage(directory)
    if running is not None:
        if _wait_for_answer(running, _ADOPT_SECONDS):
            return running
        running.stop()
    for _ in range(3):  # a free port may be gone by the time Azurite takes it
        try:
            with interrupts_held():
                storage = _launch(directory, is_large=is_large, outlives_starter=outlives_starter)
            if _wait_for_answer(storage, _START_SECONDS):
                return storage
        except KeyboardInterrupt:
            stop_storage(directory)  # nobody else knows of it yet
            raise
        storage.stop()
    tail = (directory / "azurite.log").read_text()[-1000:]
    raise StorageError(f"The table store did not start. Its log ends:\n{tail}")


def find_storage(directory: Path) -> Storage | None:
    """The table service that a record in the directory speaks of, if it still runs; it may be too busy to answer."""
    storage = _read_record(directory)
    return storage if storage and _is_running(storage.pid, storage.directory) else None


def stop_storage(directory: Path) -> None:
    """Stops the directory's table service, if one runs."""
    storage = find_storage(directory)
    if storage is not None:
        storage.stop()


def read_account_key(directory: Path) -> str:
    """The store's account key: random, made once, readable by its owner only."""
    path = directory / "account-key"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(base64.b64encode(secrets.token_bytes(64)).decode())
    return path.read_text()


def free_port(wish: int = 0) -> int:
    """A port nobody listens on right now: the wished one if possible."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wish))
        except OSError:
            return free_port()
        port: int = probe.getsockname()[1]
    return port


def lasting_port() -> int:
    """A free port that no outgoing connection is given, so that what restarts finds its own free again.

    It is listened on only later: until then this process does not get it once more, and a neighbour, that begins a
    stretch further on, not either.
    """
    some = (port for port in islice(_own_ports, len(_PORTS)) if free_port(port) == port)
    return next(some, 0) or free_port()


def _ports_of(pid: int) -> Iterator[int]:
    """All there are over and over, from a place of its own: the first hundred are none of the processes around it."""
    return (_PORTS[(pid * _STRETCH + step) % len(_PORTS)] for step in count())


_own_ports: Final = _ports_of(os.getpid())


def _launch(directory: Path, *, is_large: bool, outlives_starter: bool) -> Storage:
    earlier = _read_record(directory)
    port = free_port(earlier.port) if earlier else lasting_port()
    command = _large_command(directory, port) if is_large else _azurite_command(directory, port)
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment["AZURITE_ACCOUNTS"] = f"{_ACCOUNT}:{read_account_key(directory)}"
    lifeline = None if outlives_starter else end_with_parent(signal.SIGINT)
    with (directory / "azurite.log").open("ab") as log:
        process = subprocess.Popen(
            command, env=environment, stdout=log, stderr=log, cwd=_ROOT,
            stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=lifeline,  # noqa: PLW1509 - one system call
        )  # fmt: skip
    _children.append(process)
    storage = Storage(str(directory), process.pid, port)
    _record_path(directory).write_text(json.dumps(asdict(storage)))
    return storage


def _azurite_command(directory: Path, port: int) -> list[str]:
    options = ["--tableHost", "127.0.0.1", "--tablePort", str(port), "--location", str(directory)]
    quiet = ["--skipApiVersionCheck", "--disableTelemetry", "--silent"]
    return [read_choice(_STATE / "node.json").executable, str(_MAIN), *options, *quiet]


def _large_command(directory: Path, port: int) -> list[str]:
    return [sys.executable, "-m", _LARGE, "--location", str(directory), "--port", str(port)]


def _record_path(directory: Path) -> Path:
    return directory / "azurite.json"


def _read_record(directory: Path) -> Storage | None:
    try:
        return Storage(**json.loads(_record_path(directory).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _wait_for_answer(storage: Storage, seconds: float) -> bool:
    """False when it has ended, or says nothing for too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and _is_running(storage.pid, storage.directory):
        if _answers(storage.port):
            return True
        time.sleep(_POLL_SECONDS)
    return False


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True  # it refuses a request without signature, so it is there


def _is_running(pid: int, directory: str) -> bool:
    """Whether the process is the table service of this directory, and not another one that got its number."""
    command = _command_of(pid)
    is_ours = str(_MAIN) in command or _LARGE in command
    return is_ours and f" --location {directory} " in command


def _command_of(pid: int) -> str:
    if Path("/proc/self").exists():
        return _read_command(Path(f"/proc/{pid}"))
    listed = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout


def _read_command(process: Path) -> str:
    """Linux shows an empty command line for a moment while a process starts, and for good once it has ended."""
    try:
        while not (command := (process / "cmdline").read_bytes()):
            if (process / "stat").read_text().rpartition(")")[2].split()[0] in _ENDED_STATES:
                return ""
    except OSError:
        return ""
    return command.replace(b"\0", b" ").decode(errors="replace")


def _wait_for_end(pid: int, directory: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while _is_running(pid, directory) and time.monotonic() < deadline:
        for child in _children:
            child.poll()
        time.sleep(_POLL_SECONDS)
