"""The whole local stack: certificates, simulator, table store and host, as processes that end together."""

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import requests

from devstack.certificates import make_certificates, make_secrets_key
from devstack.claims import exclusive
from devstack.portal_access import PORTAL_CLIENT_ID, describe_msp, write_portal_config
from devstack.processes import Processes, StackError
from devstack.psa.local import LocalPsa
from devstack.storage import Storage, lasting_port, start_storage

ROOT: Final = Path(__file__).resolve().parent.parent
MSP: Final = "5e1f0000-0000-4000-8000-00000000a111"
OTHER_MSP: Final = "5e1f0000-0000-4000-8000-00000000b222"
CLIENT_ID: Final = "c0ffee00-0000-4000-8000-00000000c11e"
WRITE_CLIENT_ID: Final = "c0ffee00-0000-4000-8000-00000000c12f"
_CLIENT_SECRET: Final = "simulated-client-secret"  # noqa: S105 - of the simulated app
_AUDIENCE: Final = "api://opspilot365-connect"
_PARTNER: Final[Mapping[str, Any]] = {
    "tenantId": MSP,
    "domain": "northwind.example",
    "displayName": "Northwind MSP",
    "users": 20,
    "consented": True,
    "partnerService": True,
    "grantedPermissions": ["DelegatedAdminRelationship.ReadWrite.All", "Directory.Read.All", "Group.Read.All"],
}
"""The MSP's own tenant, in which it has granted us what GDAP needs."""
_OTHER_WAYS: Final = ("CLIENT_CERTIFICATE_PATH", "MANAGED_IDENTITY_CLIENT_ID", "TABLES_ENDPOINT", "KEY_VAULT_URL")
"""Of which the app takes one: the caller's environment or a local.settings.json may have another than this stack's."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the parts listen."""

    api: int
    login: int
    graph: int

    @classmethod
    def free(cls, api: int = 0) -> "Ports":
        """Free ports; `api` if it is given."""
        return cls(api or lasting_port(), lasting_port(), lasting_port())


@dataclass
class Stack:
    """Starts on entering, stops everything on leaving. `tenants` are tenants of a scenario file."""

    directory: Path
    tenants: Sequence[Mapping[str, Any]]
    ports: Ports = field(default_factory=Ports.free)
    extra_environment: Mapping[str, str] = field(default_factory=dict)
    is_large: bool = False
    """More rows than Azurite can hold are expected."""
    partner: Mapping[str, Any] = field(default_factory=dict)
    """What the first MSP's own tenant has beyond its own people: contracts, customers with GDAP."""
    portal: Mapping[str, Any] = field(default_factory=dict)
    """What the portal's registration has beyond its id and address: for how long access tokens are good."""
    app_directory: Path = ROOT
    """The release the host runs."""
    psa: LocalPsa | None = None
    """The three PSAs, if they are wanted."""
    is_traced: bool = False
    """Whether the host writes down spans and metrics, in `telemetry`."""

    def __post_init__(self) -> None:
        self.directory = self.directory.resolve()
        self.login = f"https://localhost:{self.ports.login}"
        self.graph = f"https://localhost:{self.ports.graph}"
        self.api = f"http://127.0.0.1:{self.ports.api}"
        self.logs = self.directory / "logs"
        self.telemetry = self.directory / "telemetry"
        self._portal_config = self.directory / "portal/config.json"
        self._processes = Processes(self.logs)
        self._storage: Storage | None = None
        self._claims = contextlib.ExitStack()
        self.http = requests.Session()
        self.http.trust_env = False

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Everything, in the order the parts need each other; raises BusyError or StackError."""
        self._claim_directory()
        self.logs.mkdir(parents=True, exist_ok=True)
        self.certificates = make_certificates(self.directory / "certificates")
        self.http.verify = str(self.certificates.ca)
        self.start_simulator()
        if self.psa is not None:
            self._run("psa", self.psa.command(self.directory, self.certificates), {})
        self.start_store()
        self.start_host()

    def stop(self) -> None:
        """The host first, so that it can put its work down; then what it needs."""
        for name in ("host", "psa", "simulator"):
            self._processes.end(name, signal.SIGTERM)
        if self._storage is not None:
            self._storage.stop()
            self._storage = None
        self._claims.close()

    def _claim_directory(self) -> None:
        """Before anything is written: another stack, or a host on its own, would be left without its storage."""
        self._claims.enter_context(exclusive(self.directory))
        with exclusive(self.directory / "host"):
            pass  # the host of this stack takes it

    def start_simulator(self) -> None:
        """Microsoft's sign-in service and Graph, for this stack's tenants."""
        scenario = self.directory / "scenario.json"
        scenario.write_text(json.dumps(self._scenario()))
        command = [
            *(sys.executable, "-m", "devstack.microsoft365", "--scenario", str(scenario)),
            *("--login-port", str(self.ports.login), "--graph-port", str(self.ports.graph)),
            *("--certificate", str(self.certificates.certificate), "--key", str(self.certificates.key)),
            *("--signing-key", str(self.directory / "signing-key.pem")),
        ]
        self._run("simulator", command, {})
        metadata = self.http.get(f"{self.login}/organizations/v2.0/.well-known/openid-configuration", timeout=10)
        write_portal_config(self._portal_config, self.login, _AUDIENCE, metadata.json())

    def start_store(self) -> None:
        """The table store, on the port it had before."""
        store = self.directory / ("tables" if self.is_large else "azurite")
        self._storage = start_storage(store, is_large=self.is_large, outlives_starter=False)

    def start_host(self) -> None:
        """The Functions host with the app, on this stack's storage."""
        command = [sys.executable, "-m", "devstack.host", "--port", str(self.ports.api)]
        traced = {"DEVSTACK_TELEMETRY": str(self.telemetry)} if self.is_traced else {}
        environment = {**self.settings(), **traced, "DEVSTACK_PORTAL_CONFIG": str(self._portal_config)}
        self._run("host", [*command, "--data", str(self.directory)], environment, self.app_directory)

    def kill_host(self) -> None:
        """As a power cut would: nothing is put down."""
        self._processes.end("host", signal.SIGKILL)

    def stop_host(self) -> None:
        """As a deployment would: it may finish what it holds."""
        self._processes.end("host", signal.SIGTERM)

    def kill_simulator(self) -> None:
        """Microsoft is gone from one moment to the next; what it knew besides scenario and signing key goes, too."""
        self._processes.end("simulator", signal.SIGKILL)

    def end_store(self, number: signal.Signals) -> None:
        """SIGINT lets it save; after SIGTERM and SIGKILL some seconds of acknowledged writes are forgotten."""
        if self._storage is not None:
            self._storage.end(number)

    @contextlib.contextmanager
    def frozen_store(self) -> Iterator[None]:
        """It takes connections and answers nobody for the time of the block."""
        pid = self._storage.pid if self._storage is not None else 0
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def settings(self) -> dict[str, str]:
        """The app's settings."""
        return {
            "LOGIN_ENDPOINT": self.login,
            "GRAPH_ENDPOINT": self.graph,
            "ADMIN_CENTER_ENDPOINT": self.login,
            "CLIENT_ID": CLIENT_ID,
            "CLIENT_SECRET": _CLIENT_SECRET,
            "WRITE_CLIENT_ID": WRITE_CLIENT_ID,
            "CALLBACK_URL": f"{self.api}/api/msp-portal/tenants/callback",
            "PORTAL_URL": self.api,
            "API_AUDIENCE": _AUDIENCE,
            "ALLOWED_MSP_TENANTS": f"{MSP},{OTHER_MSP}",
            "TABLES_CONNECTION_STRING": self.tables(),
            "REQUESTS_CA_BUNDLE": str(self.certificates.ca),
            "SECRETS_KEY": make_secrets_key(self.directory),
            **dict.fromkeys(_OTHER_WAYS, ""),
            **(self.psa.settings() if self.psa is not None else {}),
            **self.extra_environment,
        }

    def tables(self) -> str:
        """The table store's connection string."""
        return (self._storage or start_storage(self.directory / "azurite")).connection_string

    def portal_token(self, *roles: str, msp: str = MSP) -> str:
        """A token of the portal's API, as a technician of an MSP would have it."""
        wanted = {"tenantId": msp, "roles": [f"Onboarding.{role}" for role in roles or ("Connect", "Read")]}
        answer = self.http.post(f"{self.login}/_simulator/portal-tokens", json=wanted, timeout=10)
        return str(answer.json()["accessToken"])

    def truth(self, tenant: str) -> dict[str, Any]:
        """The numbers a sync of the tenant must arrive at."""
        answer: dict[str, Any] = self.http.get(f"{self.login}/_simulator/tenants/{tenant}/truth", timeout=300).json()
        return answer

    def host_usage(self) -> tuple[float, float]:
        """The host's peak memory in MB and CPU seconds so far; zeros where /proc is missing."""
        return self._processes.usage("host")

    @property
    def storage_pid(self) -> int:
        """The table service's process; raises StackError before it was started."""
        if self._storage is None:
            raise StackError("The table service does not run.")
        return self._storage.pid

    @property
    def storage_origin(self) -> str:
        """Where the table service listens; raises StackError before it was started."""
        if self._storage is None:
            raise StackError("The table service does not run.")
        return f"http://127.0.0.1:{self._storage.port}"

    def check(self) -> None:
        """Raises StackError when a part has ended by itself."""
        self._processes.check()

    def _scenario(self) -> dict[str, Any]:
        app = {
            "clientId": CLIENT_ID,
            "clientSecret": _CLIENT_SECRET,
            "redirectUris": [f"{self.api}/api/msp-portal/tenants/callback"],
            "apiAudience": _AUDIENCE,
            "writeClientId": WRITE_CLIENT_ID,
            "writePermissions": ["User.ReadWrite.All", "GroupMember.ReadWrite.All"],
        }
        portal = {"clientId": PORTAL_CLIENT_ID, "redirectUris": [f"{self.api}/"], **self.portal}
        tenants = [{**_PARTNER, **self.partner}, *self.tenants]
        msps = [
            describe_msp(MSP, "Northwind MSP", "northwind.example"),
            describe_msp(OTHER_MSP, "Tailspin MSP", "tailspin.example"),
        ]
        return {"app": app, "portal": portal, "msps": msps, "tenants": tenants}

    def _run(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        directory: Path = ROOT,
        is_ready: Callable[[], bool] | None = None,
    ) -> None:
        path = os.pathsep.join(map(str, (directory, ROOT)))
        self._processes.run(name, command, {**os.environ, **environment, "PYTHONPATH": path}, directory, is_ready)
