"""The stack a chaos run plays on: what a technician sees and does there, and what is done to its parts."""

import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import requests

from devstack.demo.journey import AdminBrowser, JourneyError
from devstack.processes import StackError
from devstack.stack import Stack
from tenantsync.clock import SystemClock
from tenantsync.orchestrations import InstanceStatus
from tenantsync.runs.watchdog import watch_runs
from tenantsync.services import Services, build_services
from tenantsync.settings import Settings
from tests.chaos.plan import Disturbance, Happening
from tests.e2e.tenants import tenant

DOMAIN: Final = "chaos.test"
TENANT_ID: Final = str(tenant(1, DOMAIN)["tenantId"])
_PASSED: Final = timedelta(minutes=6)
"""Longer than a run may stand still before the timer resumes it."""
_TENANTS: Final = "/api/msp-portal/tenants"
UNREACHABLE: Final = (requests.RequestException, JourneyError, StackError, KeyError, ValueError)
"""What a call may end with while a part of the stack is away."""


@dataclass(frozen=True, slots=True)
class _Later:
    """The clock some minutes on for every pass of the timer so far."""

    passes: int

    def now(self) -> datetime:
        return SystemClock().now() + self.passes * _PASSED


class Stage:
    """One stack with one tenant."""

    def __init__(self, directory: Path, users: int, latency_ms: int, faults: list[dict[str, Any]]) -> None:
        self.tenant: dict[str, Any] = tenant(1, DOMAIN, users=users, latencyMs=latency_ms, faults=faults)
        environment = {"MICROSOFT_TIMEOUT_SECONDS": "3", "DEVSTACK_REPLAY_TWICE": "1"}
        self.stack = Stack(directory, [self.tenant], extra_environment=environment)
        self._token = ""
        self._passes = 0

    # What the technician does

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        """A call of the portal's."""
        self._token = self._token or self.stack.portal_token()
        headers = {"Authorization": f"Bearer {self._token}"}
        return requests.request(method, f"{self.stack.api}{_TENANTS}{path}", json=body, headers=headers, timeout=40)

    def connect(self) -> None:
        """Through Microsoft's pages to the portal."""
        answer = self.call("POST", "/connect", {"tenant": DOMAIN, "customer": {"name": "Chaos"}})
        if answer.status_code != requests.codes.created:
            raise JourneyError(answer.text)
        AdminBrowser(self.stack).open(answer.json()["authUrl"])
        self.tenant |= {"consented": True}

    def sync_again(self, kind: str) -> str:
        """The id of the run: `delta` takes the changes, `full` lists everything."""
        answer = self.call("POST", f"/{TENANT_ID}/resync?kind={kind}")
        answer.raise_for_status()
        return str(answer.json()["runId"])

    def status(self) -> Mapping[str, Any] | None:
        """The sync-status; None when nothing is known of the tenant. Raises one of UNREACHABLE."""
        answer = self.call("GET", f"/{TENANT_ID}/sync-status")
        if answer.status_code == requests.codes.not_found:
            return None
        answer.raise_for_status()
        status: Mapping[str, Any] = answer.json()
        return status

    # What happens by itself, and what people do not see

    def busy(self) -> list[str]:
        """The orchestrations that have not ended."""
        found = self._durable("GET", "/instances", runtimeStatus="Running,Pending,ContinuedAsNew")
        return [item["instanceId"] for item in found.json()]

    def resume(self) -> int:
        """What the timer does once some minutes have passed: gives how many runs it had to start again."""
        self._passes += 1
        return watch_runs(self._services(), _Starting(self))

    def left_under_way(self) -> list[str]:
        """Runs that are noted as under way after the timer has looked."""
        return [noted.run_id for noted in self._services().runs.list_under_way("", 100)]

    def start_orchestration(self, name: str, instance_id: str, job: Mapping[str, Any], *, again: bool) -> None:
        """As the Durable client does it for the app."""
        known = self._durable("GET", f"/instances/{instance_id}")
        has_ended = known.status_code == requests.codes.ok
        if known.status_code == requests.codes.not_found or (has_ended and again):
            self._durable("POST", f"/orchestrators/{name}/{instance_id}", dict(job)).raise_for_status()

    def find_orchestration(self, instance_id: str) -> InstanceStatus | None:
        """As the Durable client finds it for the app."""
        known = self._durable("GET", f"/instances/{instance_id}")
        if known.status_code == requests.codes.not_found:
            return None
        told = known.json()
        return InstanceStatus(told["runtimeStatus"], tuple((told.get("customStatus") or {}).get("children", ())))

    def _durable(self, method: str, path: str, body: Any = None, **query: str) -> requests.Response:
        key = (self.stack.directory / "host/system-key").read_text()
        url = f"{self.stack.api}/runtime/webhooks/durabletask{path}"
        return requests.request(method, url, params={**query, "code": key}, json=body, timeout=40)

    def _services(self) -> Services:
        return build_services(Settings.from_env(self.stack.settings()), clock=_Later(self._passes))

    # What is done to it

    def change(self, users: int, faults: list[dict[str, Any]]) -> None:
        """People join or leave; the faults begin anew."""
        self.tenant |= {"users": users, "faults": faults}
        changed = {"users": users, "faults": faults}
        self.stack.http.put(f"{self.stack.login}/_simulator/tenants/{TENANT_ID}", json=changed, timeout=40)

    def disturb(self, disturbance: Disturbance, changed_users: int) -> None:
        """Does it and comes back when the part is there again."""
        actions: dict[Happening, Callable[[float], None]] = {
            Happening.KILL_HOST: lambda _: self._kill_host(),
            Happening.REDEPLOY_HOST: lambda _: self._redeploy(),
            Happening.KILL_SIMULATOR: self._kill_simulator,
            Happening.FREEZE_STORE: self._freeze,
            Happening.RESTART_STORE: lambda seconds: self._restart_store(signal.SIGINT, seconds),
            Happening.STOP_STORE: lambda seconds: self._restart_store(signal.SIGTERM, seconds),
            Happening.KILL_STORE: lambda seconds: self._restart_store(signal.SIGKILL, seconds),
            Happening.CHANGE_TENANT: lambda _: self.change(changed_users, []),
        }
        actions[disturbance.kind](disturbance.lasts_seconds)

    def _kill_host(self) -> None:
        self.stack.kill_host()
        self.stack.start_host()

    def _redeploy(self) -> None:
        self.stack.stop_host()
        self.stack.start_host()

    def _kill_simulator(self, seconds: float) -> None:
        """Faults that have struck do not strike again, and consent is not forgotten: Microsoft keeps it, too."""
        self.stack.kill_simulator()
        _pause(seconds)
        self.tenant |= {"faults": []}
        self.stack.start_simulator()

    def _freeze(self, seconds: float) -> None:
        with self.stack.frozen_store():
            _pause(seconds)

    def _restart_store(self, number: signal.Signals, seconds: float) -> None:
        self.stack.end_store(number)
        _pause(seconds)
        self.stack.start_store()


@dataclass(frozen=True, slots=True)
class _Starting:
    """`Orchestrations` over HTTP, for what the timer does."""

    stage: Stage

    def start(self, name: str, instance_id: str, job: Mapping[str, Any], *, again: bool = False) -> None:
        self.stage.start_orchestration(name, instance_id, job, again=again)

    def find(self, instance_id: str) -> InstanceStatus | None:
        return self.stage.find_orchestration(instance_id)

    def terminate(self, instance_id: str) -> None:
        raise AssertionError(f"nothing here asks to end {instance_id}")


def _pause(seconds: float) -> None:
    threading.Event().wait(seconds)


def processes_of(directory: Path) -> list[str]:
    """Command lines of the processes that work on a directory; waits a moment for those that are ending."""
    for _ in range(20):
        found = [line for line in map(_command_line, Path("/proc").glob("[0-9]*")) if str(directory) in line]
        if not found:
            break
        time.sleep(0.1)
    return found


def _command_line(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
