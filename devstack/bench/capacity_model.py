"""The arithmetic of capacity: what a fleet of tenants asks, takes and costs, from what single tenants were measured at.

Everything is linear in a tenant's users between the two sizes that were measured, and beyond them.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Self

from tenantsync.runs.syncing import MOST_IN_LINE

MIX: Final = ((0.60, 25), (0.30, 150), (0.09, 1_000), (0.01, 10_000))
"""An MSP's customers: share of the tenants, and users of each."""
RUNS_AT_ONCE: Final = 16
INSTANCE_GB: Final = 2
PASS_SECONDS: Final = 600
"""So often syncs that are due are put into the line: timers/triggers.py."""
TENANTS_A_PAGE: Final = 200
"""Read in one transaction by such a pass."""
TIMERS_A_DAY: Final = 3 * 1440 + 2 * 288 + 144 + 2
SHORTEST_EXECUTION_SECONDS: Final = 1
"""Billed for any execution on Flex Consumption."""
HUB_TRANSACTIONS_AN_EXECUTION: Final = 6
"""Of the host's account, reckoned: a message put, taken and deleted, history read and written, status written."""
HUB_TRANSACTIONS_A_DAY: Final = 100_000
"""Of an instance with nothing to do, reckoned: five queues looked at each ten seconds, leases renewed."""
HOST_LOG_BYTES_AN_EXECUTION: Final = 4_000
"""Reckoned: the host's lines of beginning and end, its trace and Durable's own events, a kilobyte each."""
LOG_BYTES_A_REQUEST: Final = 1_500
"""Reckoned: the trace of a request to Graph."""
GRAPH_UNITS_A_SECOND: Final = 7_500
"""Microsoft's limit of an app over all tenants, 150,000 resource units in 20 s; 130,000 requests in 10 s is wider."""
SMALL_TENANT_UNITS_A_SECOND: Final = 350
"""Microsoft's limit of an app in one tenant below 50 users: 3,500 in ten seconds."""
UNITS_A_REQUEST: Final = 2
"""More than most of ours cost: a page with `$select` is one."""
_DAYS: Final = 30
_DAY_SECONDS: Final = 86_400
_GB: Final = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """US dollars, East US 2, pay as you go: list prices at second hand, as quoted in public in 2025 and 2026."""

    baseline_gb_second: float = 0.000004
    """Always ready, whether busy or not."""
    ready_gb_second: float = 0.000016
    """Always ready, while busy; comes on top."""
    demand_gb_second: float = 0.000026
    free_gb_seconds: float = 100_000
    """A month, on demand only."""
    million_executions: float = 0.40
    table_gb_month: float = 0.045 * 1.25
    """Locally redundant, and a quarter more for the zone redundancy of the data account (an estimate)."""
    ten_thousand_transactions: float = 0.00036
    hub_ten_thousand: float = 0.004
    """Queues and blobs of the host's account."""
    log_gb: float = 2.30
    free_log_gb: float = 5.0
    portal_month: float = 9.0
    """Static Web App, Standard."""


PRICES: Final = Prices()


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one sync of one tenant took: Graph requests, table transactions, executions, CPU and wall seconds, bytes."""

    requests: float
    transactions: float
    executions: float
    cpu_seconds: float
    seconds: float
    log_bytes: float
    stored_bytes: float

    def towards(self, other: "Usage", share: float) -> "Usage":
        """The usage so far on the straight line to another one; never below zero."""
        values = {item.name: (getattr(self, item.name), getattr(other, item.name)) for item in fields(Usage)}
        return Usage(**{name: max(0.0, one + share * (two - one)) for name, (one, two) in values.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What was measured: a first sync and a day's delta sync, each at both sizes, and a minute with nothing to do."""

    measured_at: str
    sizes: tuple[int, int]
    latency_ms: int
    changed_share: float
    first: tuple[Usage, Usage]
    daily: tuple[Usage, Usage]
    quiet_minute_transactions: float

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """As `asdict` made it."""
        usages = {kind: tuple(Usage(**item) for item in document[kind]) for kind in ("first", "daily")}
        return cls(**{**document, **usages, "sizes": tuple(document["sizes"])})

    def at(self, kind: tuple[Usage, Usage], users: float) -> Usage:
        """A sync of a tenant with so many users."""
        small, large = self.sizes
        return kind[0].towards(kind[1], (users - small) / (large - small))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """Every tenant synced once, all being due together: seconds by what would hold it up if nothing else did."""

    by_places: float
    """Runs one after the other in the places there are, Microsoft's latency included."""
    by_cpu: float
    """One Python process on one core."""
    by_line: float
    """A pass of the timer fills the line, and no more."""

    @property
    def seconds(self) -> float:
        return max(self.by_places, self.by_cpu, self.by_line)

    @property
    def limit(self) -> str:
        """What holds it up."""
        names = {"places": self.by_places, "CPU": self.by_cpu, "line": self.by_line}
        return max(names, key=lambda name: names[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """A fleet's day, and its month's dollars by what they are for."""

    tenants: int
    users: float
    first_wave: Wave
    wave: Wave
    requests: float
    transactions: float
    hub_transactions: float
    executions: float
    busy_gb_seconds: float
    """Of the instance that is always ready."""
    timer_gb_seconds: float
    """On demand: a timer is a scale group of its own."""
    stored_gb: float
    log_gb: float
    dollars: Mapping[str, float]

    @property
    def graph_share(self) -> float:
        """Of Microsoft's limit for the app over all tenants, while the wave goes on."""
        return self.requests * UNITS_A_REQUEST / self.wave.seconds / GRAPH_UNITS_A_SECOND

    @property
    def is_within_a_day(self) -> bool:
        return self.wave.seconds < _DAY_SECONDS


def reckon(tenants: int, costs: Costs, prices: Prices = PRICES, runs_at_once: int = RUNS_AT_ONCE) -> Capacity:
    """A fleet of the usual mix on one instance that is always ready, each tenant synced once a day."""
    first, daily = mean_usage(costs, costs.first), mean_usage(costs, costs.daily)
    scheduled_places = runs_at_once - runs_at_once // 4
    wave = _wave(tenants, daily, scheduled_places, by_line=(math.ceil(tenants / MOST_IN_LINE) - 1) * PASS_SECONDS)
    executions = tenants * daily.executions
    day = Capacity(
        tenants=tenants,
        users=tenants * sum(share * users for share, users in MIX),
        first_wave=_wave(tenants, first, runs_at_once, by_line=0.0),
        wave=wave,
        requests=tenants * daily.requests,
        transactions=tenants * daily.transactions + _standing_transactions(tenants, costs),
        hub_transactions=executions * HUB_TRANSACTIONS_AN_EXECUTION + HUB_TRANSACTIONS_A_DAY,
        executions=executions + TIMERS_A_DAY,
        busy_gb_seconds=min(wave.seconds, tenants * daily.seconds) * INSTANCE_GB,
        timer_gb_seconds=TIMERS_A_DAY * SHORTEST_EXECUTION_SECONDS * INSTANCE_GB,
        stored_gb=tenants * first.stored_bytes / _GB,
        log_gb=_log_bytes(tenants, daily) / _GB,
        dollars={},
    )
    return replace(day, dollars=_month(day, prices))


def mean_usage(costs: Costs, kind: tuple[Usage, Usage]) -> Usage:
    """A sync of the mix's mean tenant."""
    parts = [(share, costs.at(kind, users)) for share, users in MIX]
    names = [item.name for item in fields(Usage)]
    return Usage(**{name: sum(share * getattr(usage, name) for share, usage in parts) for name in names})


def _wave(tenants: int, run: Usage, places: int, *, by_line: float) -> Wave:
    rounds = math.ceil(tenants / places)
    return Wave(by_places=rounds * run.seconds, by_cpu=tenants * run.cpu_seconds, by_line=by_line)


def _standing_transactions(tenants: int, costs: Costs) -> float:
    passes = _DAY_SECONDS // PASS_SECONDS
    return 1440 * costs.quiet_minute_transactions + passes * math.ceil(tenants / TENANTS_A_PAGE)


def _log_bytes(tenants: int, daily: Usage) -> float:
    run = daily.log_bytes + daily.requests * LOG_BYTES_A_REQUEST + daily.executions * HOST_LOG_BYTES_AN_EXECUTION
    return tenants * run + TIMERS_A_DAY * HOST_LOG_BYTES_AN_EXECUTION


def _month(day: Capacity, prices: Prices) -> Mapping[str, float]:
    on_demand = max(0.0, _DAYS * day.timer_gb_seconds - prices.free_gb_seconds)
    logs = max(0.0, _DAYS * day.log_gb - prices.free_log_gb)
    ready = _DAYS * (
        _DAY_SECONDS * INSTANCE_GB * prices.baseline_gb_second + day.busy_gb_seconds * prices.ready_gb_second
    )
    return {
        "always-ready instance": ready,
        "timers on demand": on_demand * prices.demand_gb_second,
        "executions": _DAYS * day.executions * prices.million_executions / 1e6,
        "data account": day.stored_gb * prices.table_gb_month
        + _DAYS * day.transactions * prices.ten_thousand_transactions / 1e4,
        "host's account": _DAYS * day.hub_transactions * prices.hub_ten_thousand / 1e4,
        "logs": logs * prices.log_gb,
        "portal": prices.portal_month,
    }
