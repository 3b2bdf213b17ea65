"""`dev.py bench --fairness`: small tenants alone, then as many beside one huge tenant that is already syncing."""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from devstack.bench.sections import FAIRNESS, PAGE, replace_section
from devstack.stack import MSP, Stack
from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.identity.roles import GLOBAL_ADMINISTRATOR
from tenantsync.orchestrations import start_run
from tenantsync.runs.describing import percent_of
from tenantsync.services import Services, build_services
from tenantsync.settings import Settings
from tenantsync.store.connections import Connection, ConnectionState
from tenantsync.store.runs import Run, RunState
from tenantsync.store.tenants import ManagedTenant
from tenantsync.wire import onboarding_instance_id

_LIMIT: Final = 2.0
_HUGE: Final = "d3300000-0000-4000-8000-00000000f00d"
_POLL_SECONDS: Final = 0.25
_PATIENCE_SECONDS: Final = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Seconds from the start of all small tenants together to the end of the median one and of the last one."""

    median: float
    last: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fairness:
    """Both batches, and how far the huge tenant was, in percent, before and after the second."""

    tenants: int
    huge_users: int
    latency_ms: int
    alone: Batch
    beside: Batch
    huge_before: int
    huge_after: int

    @property
    def ratios(self) -> tuple[float, float]:
        """How many times their time alone half of the small ones took, and all."""
        return self.beside.median / self.alone.median, self.beside.last / self.alone.last

    @property
    def is_met(self) -> bool:
        """Only if the huge tenant was syncing all the time."""
        return max(self.ratios) <= _LIMIT and self.huge_before > 0 and self.huge_after < 100  # noqa: PLR2004 - percent


def main(arguments: Sequence[str]) -> int:
    """0 when the small tenants end within twice their time alone, else 1."""
    parser = argparse.ArgumentParser(prog="dev.py bench --fairness", description=__doc__)
    parser.add_argument("--tenants", type=int, default=200, help="small ones")
    parser.add_argument("--users", type=int, default=200_000, help="of the huge one")
    parser.add_argument("--latency", type=int, default=50, metavar="MS", help="of every answer of Graph")
    parser.add_argument("--write", action="store_true", help="replace the section in docs/performance.md, too")
    options = parser.parse_args(arguments)
    fairness = measure(options.tenants, options.users, options.latency)
    lines = render_fairness(fairness)
    print("\n".join(lines))
    if options.write:
        PAGE.write_text(replace_section(PAGE.read_text(), FAIRNESS, lines))
    return 0 if fairness.is_met else 1


def measure(tenants: int, huge_users: int, latency_ms: int) -> Fairness:
    """Both batches on one stack, the second with tenants of its own."""
    first, second = ([_small(group, number, latency_ms) for number in range(tenants)] for group in (1, 2))
    huge = {**_tenant(_HUGE, huge_users), "latencyMs": latency_ms}
    with tempfile.TemporaryDirectory(prefix="opspilot365-") as directory:
        stack = Stack(Path(directory), [huge, *first, *second], is_large=True)
        with stack:
            bench = _Bench(stack)
            alone = bench.sync(first)
            (run,) = bench.start([huge])
            before, beside = bench.wait_until_listing(run), bench.sync(second)
            after = bench.percent_of(run)
    return Fairness(
        tenants=tenants,
        huge_users=huge_users,
        latency_ms=latency_ms,
        alone=alone,
        beside=beside,
        huge_before=before,
        huge_after=after,
    )


def render_fairness(fairness: Fairness) -> list[str]:
    """Markdown: a table, and what must hold."""
    half, whole = fairness.ratios
    rows = (("alone", fairness.alone), (f"beside one of {fairness.huge_users:,} users", fairness.beside))
    return [
        f"{fairness.tenants} tenants of 20 to 50 users begin at once; Graph takes {fairness.latency_ms} ms an answer.",
        "",
        "| Small tenants | half have ended after | all have ended after |",
        "|---|---|---|",
        *(f"| {name} | {batch.median:.1f} s | {batch.last:.1f} s |" for name, batch in rows),
        "",
        f"- beside the huge tenant: {half:.2f} and {whole:.2f} times their time alone (at most {_LIMIT:g})",
        f"- the huge tenant meanwhile: from {fairness.huge_before} % to {fairness.huge_after} %",
    ]


def _small(group: int, number: int, latency_ms: int) -> dict[str, Any]:
    tenant_id = f"5a110000-0000-4000-8000-{group:04x}{number:08x}"
    return {**_tenant(tenant_id, 20 + number % 31), "latencyMs": latency_ms}


def _tenant(tenant_id: str, users: int) -> dict[str, Any]:
    return {"tenantId": tenant_id, "domain": f"t{tenant_id[-12:]}.test", "users": users, "consented": True}


class _Bench:
    """Runs that begin where a callback leaves them: the administrator has signed in, nothing is verified yet."""

    def __init__(self, stack: Stack) -> None:
        self._webhooks = _Webhooks(stack)
        self._services = build_services(Settings.from_env({**os.environ, **stack.settings()}))

    def sync(self, tenants: Sequence[Mapping[str, Any]]) -> Batch:
        """Starts all at once and waits for their ends, without disturbing them by questions."""
        began = self._services.clock.now()
        ended = [self._wait_for_end(run_id) for run_id in self.start(tenants)]
        seconds = [(parse_rfc3339(run.finished_at) - began).total_seconds() for run in ended]
        return Batch(median=statistics.median(seconds), last=max(seconds))

    def start(self, tenants: Sequence[Mapping[str, Any]]) -> list[str]:
        """The ids of the runs."""
        runs = [_prepare_run(self._services, tenant) for tenant in tenants]
        for run in runs:
            start_run(self._webhooks, run)
        return [run.run_id for run in runs]

    def wait_until_listing(self, run_id: str) -> int:
        """Until something is stored; how many percent."""
        while not self.percent_of(run_id):
            time.sleep(_POLL_SECONDS)
        return self.percent_of(run_id)

    def percent_of(self, run_id: str) -> int:
        """As sync-status shows it."""
        return percent_of(self._services.runs.read_resources(run_id))

    def _wait_for_end(self, run_id: str) -> Run:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            run = self._services.runs.read(run_id)
            if run and run.finished_at:
                break
            time.sleep(_POLL_SECONDS)
        if run is None or run.state != RunState.COMPLETED:
            sys.exit(f"a run did not complete: {run}")
        return run


class _Webhooks:
    """Starts orchestrations from outside, by the management API."""

    def __init__(self, stack: Stack) -> None:
        self._key = (stack.directory / "host/system-key").read_text().strip()
        self._url = f"{stack.api}/runtime/webhooks/durabletask/orchestrators"
        self._http = stack.http

    def start(self, name: str, instance_id: str, job: Mapping[str, Any], *, again: bool = False) -> None:
        answer = self._http.post(f"{self._url}/{name}/{instance_id}?code={self._key}", json=dict(job), timeout=60)
        answer.raise_for_status()

    def terminate(self, instance_id: str) -> None:
        raise NotImplementedError(instance_id)


def _prepare_run(services: Services, tenant: Mapping[str, Any]) -> Run:
    tenant_id, now = str(tenant["tenantId"]), to_rfc3339(services.clock.now())
    run_id = onboarding_instance_id(tenant_id)
    who: dict[str, Any] = {"msp_id": MSP, "tenant_id": tenant_id, "customer_id": "bench", "connection_id": tenant_id}
    connection = Connection(
        **who,
        cloud="global",
        state=ConnectionState.STARTED,
        created_at=now,
        updated_at=now,
        expires_at=now,
        run_id=run_id,
        admin_directory_roles=GLOBAL_ADMINISTRATOR,
    )
    services.connections.create(connection)
    services.tenants.open(ManagedTenant(**who, state=RunState.VERIFYING, created_at=now, updated_at=now))
    run = Run(**who, run_id=run_id, started_at=now, updated_at=now)
    services.runs.create(run)
    return run
