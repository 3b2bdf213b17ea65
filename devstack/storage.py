"""Starts, adopts and stops Azurite's table service for one data directory.

Azurite keeps some seconds of acknowledged writes only in memory and saves them on SIGINT, not on SIGTERM or SIGKILL.
So it runs in a session of its own, outlives a killed host, is adopted by the next start, and is stopped with SIGINT.
"""

import base64
import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from devstack.node import read_choice

_ROOT: Final = Path(__file__).resolve().parent.parent
_STATE: Final = _ROOT / ".devstack"
_MAIN: Final = _STATE / "azurite/node_modules/azurite/dist/src/table/main.js"
_ACCOUNT: Final = "devstoreaccount1"
_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 12.0
_POLL_SECONDS: Final = 0.05


class StorageError(Exception):
    """Azurite cannot be started; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Storage:
    """A running Azurite."""

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
        """Lets Azurite save and end; kills it when it does not."""
        for number, seconds in ((signal.SIGINT, _STOP_SECONDS), (signal.SIGKILL, _STOP_SECONDS)):
            if not _is_azurite(self.pid, self.directory):
                break
            os.kill(self.pid, number)
            _wait_for_end(self.pid, self.directory, seconds)
        _record_path(Path(self.directory)).unlink(missing_ok=True)


def start_storage(directory: Path, *, in_memory: bool = False) -> Storage:
    """The directory's Azurite: the one that runs already, else a new one. Raises StorageError."""
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    running = find_storage(directory)
    if running is not None:
        return running
    for _ in range(3):  # the free port may be gone by the time Azurite takes it
        storage = _launch(directory, free_port(), in_memory=in_memory)
        if storage is not None:
            return storage
    tail = (directory / "azurite.log").read_text()[-1000:]
    raise StorageError(f"Azurite did not start. Its log ends:\n{tail}")


def find_storage(directory: Path) -> Storage | None:
    """The Azurite that a record in the directory speaks of, if it still runs and answers."""
    try:
        storage = Storage(**json.loads(_record_path(directory).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    alive = _is_azurite(storage.pid, str(directory)) and _answers(storage.port)
    return storage if alive else None


def read_account_key(directory: Path) -> str:
    """The store's account key: random, made once, readable by its owner only."""
    path = directory / "account-key"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(base64.b64encode(secrets.token_bytes(64)).decode())
    return path.read_text()


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _launch(directory: Path, port: int, *, in_memory: bool) -> Storage | None:
    node = read_choice(_STATE / "node.json")
    options = ["--tableHost", "127.0.0.1", "--tablePort", str(port), "--location", str(directory)]
    options += ["--skipApiVersionCheck", "--disableTelemetry", "--silent"]
    options += ["--inMemoryPersistence"] if in_memory else []
    environment = {**os.environ, "AZURITE_ACCOUNTS": f"{_ACCOUNT}:{read_account_key(directory)}"}
    with (directory / "azurite.log").open("ab") as log:
        process = subprocess.Popen(
            [node, str(_MAIN), *options], env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
    storage = Storage(str(directory), process.pid, port)
    _record_path(directory).write_text(json.dumps(asdict(storage)))
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if _answers(port):
            return storage
        time.sleep(_POLL_SECONDS)
    return None


def _record_path(directory: Path) -> Path:
    return directory / "azurite.json"


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2).close()
    except urllib.error.HTTPError:
        return True  # it refuses a request without signature, so it is there
    except OSError:
        return False
    return True


def _is_azurite(pid: int, directory: str) -> bool:
    """Whether the process is the Azurite of this directory, and not another one that got its number."""
    command = _command_of(pid)
    return str(_MAIN) in command and directory in command


def _command_of(pid: int) -> str:
    status = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        try:
            return status.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    listed = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout


def _wait_for_end(pid: int, directory: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while _is_azurite(pid, directory) and time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)  # ours to bury if we started it
        time.sleep(_POLL_SECONDS)
