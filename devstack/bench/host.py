"""The Functions host as a whole: what an onboarding costs it, how long histories get, what it does when idle."""

import json
import sqlite3
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from devstack.bench.results import Onboarding, Sample
from devstack.bench.subjects import TENANT as SUBJECTS_TENANT
from devstack.demo.journey import AdminBrowser, Portal
from devstack.demo.proof import find_failures
from devstack.host.events import EventType
from devstack.stack import ROOT, Stack
from tenantsync.wire import SYNC_RESOURCE

TENANT: Final = "d3300000-0000-4000-8000-00000000fab0"
DOMAIN: Final = "fabrikam.com"
_IDLE_SECONDS: Final = 10.0
_IMPORTS: Final = 3
_ACTIONS: Final = frozenset(
    {EventType.TASK_SCHEDULED, EventType.TIMER_CREATED, EventType.SUB_ORCHESTRATION_INSTANCE_CREATED}
)
_IMPORT_SCRIPT: Final = (
    "import time; began = time.perf_counter(); import function_app; function_app.app.get_functions();"
    "print(time.perf_counter() - began)"
)


def tenants_of(users: int) -> list[dict[str, object]]:
    """One for the subjects, and one that the host is to onboard."""
    return [
        {"tenantId": SUBJECTS_TENANT, "domain": "contoso.com", "users": users, "consented": True},
        {"tenantId": TENANT, "domain": DOMAIN, "displayName": "Fabrikam", "users": users},
    ]


def onboard(stack: Stack, users: int) -> Onboarding:
    """Connects the stack's second tenant as the portal would and waits for its inventory."""
    print(f"{users:,} users: whole onboarding by the Functions host ...", file=sys.stderr, flush=True)
    _, before = stack.host_usage()
    began = time.perf_counter()
    status = _connect(stack)
    seconds = time.perf_counter() - began
    peak, cpu = stack.host_usage()
    objects = sum(item["certificate"]["stored"] for item in status["resources"].values())
    events, actions, generations = read_histories(stack.directory / "host/history.sqlite")
    return Onboarding(
        users=users,
        sample=Sample(objects=objects, seconds=seconds, cpu=cpu - before, peak=peak),
        events=events,
        actions=actions,
        generations=generations,
        failures=tuple(find_failures(status, stack.truth(TENANT))),
    )


def _connect(stack: Stack) -> dict[str, Any]:
    portal = Portal(stack)
    connected = portal.connect(DOMAIN, "Fabrikam")
    AdminBrowser(stack).open(connected["authUrl"])
    *_, last = portal.follow(connected["tenantId"])
    return last


def read_histories(path: Path) -> tuple[int, int, int]:
    """The most events and actions of a generation of any resource, and the most generations of one."""
    query = (
        "SELECT history.instance_id, history.execution_id, event FROM history"
        " JOIN instances ON instances.id = history.instance_id WHERE instances.name = ?"
    )
    events: Counter[tuple[str, str]] = Counter()
    actions: Counter[tuple[str, str]] = Counter()
    generations: defaultdict[str, set[str]] = defaultdict(set)
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        for instance, execution, text in database.execute(query, (SYNC_RESOURCE,)):
            events[instance, execution] += 1
            actions[instance, execution] += json.loads(text)["EventType"] in _ACTIONS
            generations[instance].add(execution)
    most_generations = max(map(len, generations.values()), default=0)
    return max(events.values(), default=0), max(actions.values(), default=0), most_generations


def measure_idle(stack: Stack) -> float:
    """CPU of the host over some seconds with nothing to do, as a share of one core."""
    print("the host with nothing to do ...", file=sys.stderr, flush=True)
    time.sleep(_IDLE_SECONDS / 2)  # what starting has left to do is not what is asked
    _, before = stack.host_usage()
    time.sleep(_IDLE_SECONDS)
    return (stack.host_usage()[1] - before) / _IDLE_SECONDS


def measure_import() -> float:
    """Seconds in which a fresh interpreter imports the app and indexes its functions, the median."""
    command = [sys.executable, "-c", _IMPORT_SCRIPT]
    runs = (subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True) for _ in range(_IMPORTS))
    return statistics.median(float(run.stdout) for run in runs)
