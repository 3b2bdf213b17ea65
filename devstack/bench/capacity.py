"""`dev.py bench --capacity`: what 10, 1,000 and 10,000 tenants ask, take and cost a day, from measured single syncs."""

import argparse
from collections.abc import Callable, Sequence
from typing import Final

from devstack.bench.capacity_costs import measure_costs, read_costs, write_costs
from devstack.bench.capacity_model import (
    MIX,
    SMALL_TENANT_UNITS_A_SECOND,
    UNITS_A_REQUEST,
    Capacity,
    Costs,
    Usage,
    Wave,
    reckon,
)
from devstack.bench.sections import CAPACITY, PAGE, replace_section

FLEETS: Final = (10, 1_000, 10_000)
_HOUR: Final = 3600
_MINUTE: Final = 60
_HEAD: Final = """\
Made by `python3 dev.py bench --capacity --write`; `--capacity --known` reckons with the costs of {date} again.

Measured: one sync of one tenant, Graph taking {latency} ms an answer. A day's sync finds {share:.0%} more users
than the one before."""
_NOTES: Final = """\
- What holds up a wave stands beside it: *places* are those of `RUNS_AT_ONCE` that scheduled syncs may take (three of
  four), *CPU* is one core, *line* is what a pass of the timer puts into the line: up to a hundred, each ten minutes.
- In its first sync a tenant of {users} users asks for {share:.0%} of what Microsoft allows an app in a small tenant,
  if every request is two units.
- Transactions of the host's account, and what host and traces log, are reckoned from executions and requests, and so
  are their dollars. Everything else comes from what is measured. CPU includes the local host's own Durable engine.
- Not in it: people who use the portal, PSAs, and the daily look at each consent, a request or two a tenant.
- A day's sync of users and groups asks for a page of every two hundred objects here, whatever has changed, as the
  simulator goes through all of them: Microsoft sends what has changed, so a day's requests are at most these.
- CPU and seconds are this machine's: another one, or a busy one, gives other waves and other GB-seconds.
- Prices: US dollars, East US 2, list prices as others quote them in public in 2025 and 2026; none was asked of
  Microsoft. Zone redundancy is an estimate. Left out: alerts, a private network (`infra/README.md` has both), vault
  and traffic, a few cents. All of it: `devstack/bench/capacity_model.py`."""
_ROWS: Final[Sequence[tuple[str, Callable[[Capacity], str]]]] = (
    ("users", lambda found: f"{found.users:,.0f}"),
    ("daily wave", lambda found: _wave(found.wave)),
    ("all first syncs, once", lambda found: _wave(found.first_wave)),
    ("Graph requests a day", lambda found: f"{found.requests:,.0f}"),
    ("of the app's limit at Graph, during the wave", lambda found: f"{found.graph_share:.1%}"),
    ("table transactions a day", lambda found: f"{found.transactions:,.0f}"),
    ("host's storage transactions a day", lambda found: f"{found.hub_transactions:,.0f}"),
    ("executions a day", lambda found: f"{found.executions:,.0f}"),
    ("GB-seconds a day, busy", lambda found: f"{found.busy_gb_seconds:,.0f}"),
    ("GB-seconds a day, timers", lambda found: f"{found.timer_gb_seconds:,.0f}"),
    ("stored, GB", lambda found: f"{found.stored_gb:,.2f}"),
    ("logs a day, GB", lambda found: f"{found.log_gb:,.3f}"),
)


def main(arguments: Sequence[str]) -> int:
    """0 when every fleet is synced within a day, else 1."""
    parser = argparse.ArgumentParser(prog="dev.py bench --capacity", description=__doc__)
    parser.add_argument("--known", action="store_true", help="do not measure: take the costs that were measured last")
    parser.add_argument(
        "--write", action="store_true", help="keep the costs, replace the section in docs/performance.md"
    )
    options = parser.parse_args(arguments)
    costs = read_costs() if options.known else measure_costs()
    lines = render_capacity(costs)
    print("\n".join(lines))
    if options.write:
        write_costs(costs)
        PAGE.write_text(replace_section(PAGE.read_text(), CAPACITY, lines))
    return 0 if all(reckon(tenants, costs).is_within_a_day for tenants in FLEETS) else 1


def render_capacity(costs: Costs) -> list[str]:
    """Markdown: what was measured, what follows for each fleet, and how to read it."""
    found = [reckon(tenants, costs) for tenants in FLEETS]
    head = _HEAD.format(date=costs.measured_at, latency=costs.latency_ms, share=costs.changed_share)
    return [
        *head.splitlines(),
        "",
        *_render_measured(costs),
        "",
        f"Reckoned: {_mix()}. Each is synced once a day, all are due together, one instance works.",
        "",
        f"| Tenants | {' | '.join(f'{item.tenants:,}' for item in found)} |",
        "|---|" + "---:|" * len(found),
        *(f"| {name} | {' | '.join(map(text, found))} |" for name, text in _ROWS),
        *_render_dollars(found),
        "",
        *_NOTES.format(users=MIX[0][1], share=_small_share(costs)).splitlines(),
    ]


def _render_measured(costs: Costs) -> list[str]:
    kinds = (("first", costs.first), ("day's", costs.daily))
    rows = [(users, name, usage) for name, kind in kinds for users, usage in zip(costs.sizes, kind, strict=True)]
    return [
        "| Users | Sync | Graph requests | Table transactions | Executions | CPU s | Seconds | Log KB | Row KB |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|",
        *(f"| {users:,} | {name} | {_usage(usage)} |" for users, name, usage in rows),
    ]


def _usage(usage: Usage) -> str:
    counts = (f"{number:,.0f}" for number in (usage.requests, usage.transactions, usage.executions))
    sizes = (f"{number / 1000:,.0f}" for number in (usage.log_bytes, usage.stored_bytes))
    return " | ".join([*counts, f"{usage.cpu_seconds:.1f}", f"{usage.seconds:.1f}", *sizes])


def _render_dollars(found: Sequence[Capacity]) -> list[str]:
    lines = [
        f"| $ a month: {name} | {' | '.join(f'{item.dollars[name]:,.2f}' for item in found)} |"
        for name in found[0].dollars
    ]
    totals = " | ".join(f"**{sum(item.dollars.values()):,.2f}**" for item in found)
    return [*lines, f"| **$ a month** | {totals} |"]


def _small_share(costs: Costs) -> float:
    smallest = costs.at(costs.first, MIX[0][1])
    return smallest.requests * UNITS_A_REQUEST / smallest.seconds / SMALL_TENANT_UNITS_A_SECOND


def _mix() -> str:
    return "of the tenants " + ", ".join(f"{share:.0%} have {users:,} users" for share, users in MIX)


def _wave(wave: Wave) -> str:
    return f"{_duration(wave.seconds)} ({wave.limit})"


def _duration(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE:.0f} min" if seconds < 2 * _HOUR else f"{seconds / _HOUR:.1f} h"
