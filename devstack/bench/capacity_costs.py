"""What a tenant's syncs cost on this machine: requests, transactions, executions, CPU, time, logs and bytes."""

import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import orjson

from devstack.bench.capacity_model import Costs, Usage
from devstack.demo.journey import AdminBrowser, JourneyError, Portal
from devstack.demo.proof import find_failures
from devstack.host.events import EventType
from devstack.host.store import TERMINAL
from devstack.stack import Stack
from devstack.table_service.service import USAGE_PATH
from tenantsync.clock import SystemClock

COSTS: Final = Path(__file__).with_name("capacity.json")
SIZES: Final = (1_000, 10_000)
LATENCY_MS: Final = 200
CHANGED_SHARE: Final = 0.01
"""Of the users, between two daily syncs: they join, with their licences, mailboxes and memberships."""
_TENANT: Final = "d3300000-0000-4000-8000-00000000ca9a"
_MINUTE: Final = 60
_POLL_SECONDS: Final = 0.05
_PATIENCE_SECONDS: Final = 600.0
_EXECUTIONS: Final = (EventType.TASK_SCHEDULED, EventType.ORCHESTRATOR_STARTED)


def measure_costs() -> Costs:
    """A first sync and a day's delta at both sizes, each on a stack of its own; raises JourneyError if one fails."""
    (small_first, small_daily, quiet), (large_first, large_daily, _) = map(_measure, SIZES)
    return Costs(
        measured_at=SystemClock().now().date().isoformat(),
        sizes=SIZES,
        latency_ms=LATENCY_MS,
        changed_share=CHANGED_SHARE,
        first=(small_first, large_first),
        daily=(small_daily, large_daily),
        quiet_minute_transactions=quiet,
    )


def write_costs(costs: Costs) -> None:
    """Keeps them for simulations to come."""
    COSTS.write_text(json.dumps(asdict(costs), indent=1) + "\n")


def read_costs() -> Costs:
    """The ones measured last."""
    return Costs.from_json(json.loads(COSTS.read_text()))


def _measure(users: int) -> tuple[Usage, Usage, float]:
    tenant = {"tenantId": _TENANT, "domain": "capacity.test", "users": users, "latencyMs": LATENCY_MS}
    with (
        tempfile.TemporaryDirectory(prefix="opspilot365-") as directory,
        Stack(Path(directory), [tenant], is_large=True) as stack,
    ):
        meter, portal = _Meter(stack), Portal(stack)
        print(f"{users:,} users: first sync, then a day's changes ...", file=sys.stderr, flush=True)
        first = meter.read(lambda: _first_sync(stack, portal))
        change = {"users": users + round(users * CHANGED_SHARE)}
        stack.http.put(f"{stack.login}/_simulator/tenants/{_TENANT}", json=change, timeout=30)
        daily = meter.read(lambda: portal.call("POST", f"tenants/{_TENANT}/resync", {})["runId"])
        quiet = meter.read_quiet_minute()
        failures = find_failures(portal.call("GET", f"tenants/{_TENANT}/sync-status"), stack.truth(_TENANT))
    if failures:
        raise JourneyError("\n".join(failures))
    return first, daily, quiet


def _first_sync(stack: Stack, portal: Portal) -> str:
    connected = portal.connect("capacity.test", "Capacity")
    AdminBrowser(stack).open(connected["authUrl"])
    return str(portal.call("GET", f"tenants/{_TENANT}/sync-status")["runId"])


class _Meter:
    """Reads every counter of a stack before and after; asks nothing of the app meanwhile."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def read(self, start: Callable[[], str]) -> Usage:
        """What one run costs, `start` giving its id."""
        before, began = self._counters(), time.perf_counter()
        self._wait_for_end(start())
        seconds, after = time.perf_counter() - began, self._counters()
        grown = {name: round(after[name] - before[name], 2) for name in after}
        return Usage(seconds=round(seconds, 2), **grown)

    def read_quiet_minute(self) -> float:
        """Transactions of a minute in which nothing is to be done: the timers'."""
        before = self._counters()
        time.sleep(_MINUTE)
        return self._counters()["transactions"] - before["transactions"]

    def _counters(self) -> Mapping[str, float]:
        stack = self._stack
        asked = stack.http.get(f"{stack.login}/_simulator/requests", timeout=30).json()["byPath"]
        tables = stack.http.get(f"{stack.storage_origin}{USAGE_PATH}", timeout=30).json()
        return {
            "requests": sum(number for path, number in asked.items() if path.startswith("/v1.0/")),
            "transactions": tables["transactions"],
            "executions": self._count_executions(),
            "cpu_seconds": stack.host_usage()[1],
            "log_bytes": (stack.logs / "host.log").stat().st_size,
            "stored_bytes": sum(billed_bytes(*row) for row in self._rows()),
        }

    def _count_executions(self) -> int:
        kinds = ", ".join(str(int(kind)) for kind in _EXECUTIONS)
        query = f"SELECT COUNT(*) FROM history WHERE json_extract(event, '$.EventType') IN ({kinds})"  # noqa: S608
        return int(self._ask("host/history.sqlite", query)[0][0])

    def _rows(self) -> Sequence[tuple[str, str, bytes]]:
        return self._ask("tables/rows.sqlite", "SELECT partition, key, body FROM rows")

    def _wait_for_end(self, run_id: str) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            found = self._ask("host/history.sqlite", "SELECT status FROM instances WHERE id = ?", run_id)
            if found and found[0][0] in TERMINAL:
                return
            self._stack.check()
            time.sleep(_POLL_SECONDS)
        raise JourneyError(f"The run {run_id} did not end within {_PATIENCE_SECONDS:.0f} seconds.")

    def _ask(self, path: str, query: str, *values: str) -> list[Any]:
        database = sqlite3.connect(f"file:{self._stack.directory / path}?mode=ro", uri=True)
        with closing(database):
            return database.execute(query, values).fetchall()


def billed_bytes(partition: str, key: str, body: bytes) -> int:
    """A row's size as Table Storage bills it: 4 bytes, keys in UTF-16, each property with its name and 8 bytes."""
    entity: dict[str, Any] = orjson.loads(body)
    values = {
        name: value for name, value in entity.items() if "@" not in name and name not in ("PartitionKey", "RowKey")
    }
    kinds = {name: entity.get(f"{name}@odata.type", "") for name in values}
    sizes = (8 + 2 * len(name) + _value_bytes(value, kinds[name]) for name, value in values.items())
    return 4 + 2 * len(partition + key) + sum(sizes)


def _value_bytes(value: object, kind: str) -> int:
    if kind == "Edm.Binary":
        return 4 + len(str(value)) * 3 // 4
    if isinstance(value, str) and kind in ("", "Edm.String"):
        return 4 + 2 * len(value)
    return {bool: 1, int: 4}.get(type(value), 8)
