"""The demo on Microsoft's own Functions host: the packaged app under Core Tools, Azurite with blobs and queues.

`python3 -m devstack.real_host` needs `func` on the path, and the network once: Core Tools fetches its extension bundle.
It has no way to succeed without having run: whatever is missing, or does not start, is a failure.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import requests

from devstack.demo.__main__ import onboard
from devstack.demo.journey import JourneyError
from devstack.demo.proof import find_failures
from devstack.demo.scenarios import DEMO_TENANT
from devstack.demo.screen import Screen
from devstack.node import read_choice
from devstack.package import copy_app
from devstack.processes import Processes, StackError
from devstack.stack import ROOT, Stack
from devstack.storage import StorageError, lasting_port, read_account_key

_DOMAIN: Final = "contoso.com"
_AZURITE: Final = ROOT / ".devstack/azurite/node_modules/azurite/dist/src/azurite.js"
_ACCOUNT: Final = "devstoreaccount1"
_SERVICES: Final = ("blob", "queue", "table")
_START_SECONDS: Final = 300.0
"""The first start fetches the extension bundle."""
_TO_LOG: Final = ("/bin/sh", "-c", 'exec "$@" >&2', "sh")
"""A stack keeps what a part writes to standard error, and nobody reads the rest."""


class RealHostStack(Stack):
    """A stack with Core Tools in the place of the local host, and all of Azurite in the place of its tables."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._processes = Processes(self.logs, _START_SECONDS)
        self._storage_ports = {service: lasting_port() for service in _SERVICES}

    def start_store(self) -> None:
        """Azurite with the three services the host wants."""
        directory = self.directory / "azurite"
        directory.mkdir(parents=True, exist_ok=True)
        ports = [word for name, port in self._storage_ports.items() for word in (f"--{name}Port", str(port))]
        quiet = ["--skipApiVersionCheck", "--disableTelemetry", "--silent", "--location", str(directory)]
        node = read_choice(ROOT / ".devstack/node.json").executable
        accounts = {"AZURITE_ACCOUNTS": f"{_ACCOUNT}:{read_account_key(directory)}"}
        self._run("store", [*_TO_LOG, node, str(_AZURITE), *ports, *quiet], accounts, is_ready=self._store_listens)

    def start_host(self) -> None:
        """`func start` in a folder with what would be deployed."""
        app = self.directory / "app"
        copy_app(app)
        (app / "local.settings.json").write_text(json.dumps({"IsEncrypted": False, "Values": self.values()}))
        command = [*_TO_LOG, find_core_tools(), "start", "--port", str(self.ports.api)]
        self._run("host", command, core_tools_environment(), app, self._host_answers)

    def values(self) -> dict[str, str]:
        """local.settings.json: the example's own values, then this stack's."""
        example = json.loads((ROOT / "local.settings.example.json").read_text())["Values"]
        given = {name: value for name, value in example.items() if not value.startswith("<")}
        return {**given, **self.settings(), "AzureWebJobsStorage": self.tables()}

    def tables(self) -> str:
        """The connection string of all three services."""
        key = read_account_key(self.directory / "azurite")
        endpoints = [
            f"{name.title()}Endpoint=http://127.0.0.1:{port}/{_ACCOUNT}" for name, port in self._storage_ports.items()
        ]
        return ";".join(["DefaultEndpointsProtocol=http", f"AccountName={_ACCOUNT}", f"AccountKey={key}", *endpoints])

    def stop(self) -> None:
        """The host first; Azurite saves on SIGINT."""
        super().stop()
        self._processes.end("store", signal.SIGINT)

    def _store_listens(self) -> bool:
        return all(map(_listens, self._storage_ports.values()))

    def _host_answers(self) -> bool:
        try:
            return self.http.get(f"{self.api}/api/health", timeout=10).ok
        except requests.RequestException:
            return False


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def find_core_tools() -> str:
    """The path of `func`; raises StackError where there is none."""
    found = shutil.which("func")
    if found is None:
        raise StackError("Core Tools are missing: npm install --global azure-functions-core-tools@4")
    return found


def core_tools_environment() -> dict[str, str]:
    """The Python of this environment for the worker, and no telemetry."""
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "languageWorkers__python__defaultExecutablePath": sys.executable,
        "FUNCTIONS_CORE_TOOLS_TELEMETRY_OPTOUT": "1",
    }


def main(arguments: Sequence[str]) -> int:
    """0 when every number is proven under the real host, 1 when not, 3 when something is missing or did not start."""
    parser = argparse.ArgumentParser(prog="python3 -m devstack.real_host", description=__doc__)
    parser.add_argument("--users", type=int, default=1000, help="size of the simulated tenant (default 1000)")
    parser.add_argument("--data", type=Path, help="keep the data and the logs here (default: a temporary folder)")
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory(prefix="opspilot365-") as temporary:
            return play(options.data or Path(temporary), options.users)
    except (StackError, StorageError) as error:
        print(error, file=sys.stderr)
        return 3
    except (JourneyError, requests.RequestException) as error:
        print(f"The demo stopped: {error}", file=sys.stderr)
        return 1


def play(directory: Path, users: int) -> int:
    """The demo's journey; the exit code."""
    screen = Screen()
    find_core_tools()
    screen.say("Starting the simulator, Azurite and Core Tools ...")
    tenant = {"tenantId": DEMO_TENANT, "domain": _DOMAIN, "displayName": "Contoso", "users": users}
    with RealHostStack(directory, [tenant]) as stack:
        failures = find_failures(onboard(stack, screen), stack.truth(DEMO_TENANT))
    for failure in failures:
        screen.say(failure)
    screen.say("Not proven: see above." if failures else "Every number is proven under the real Functions host.")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
