"""The tables and the page docs/performance.md, in Markdown."""

import os
import platform
from collections.abc import Iterator, Sequence
from typing import Final

from devstack.bench.ratios import Ratio, cost_of
from devstack.bench.results import STORE, Findings, Onboarding, Row, page_floor

_LISTING_HEAD: Final = (
    "| Users | Latency | Subject | Runs | Seconds | Objects a second | CPU s per 100,000 | Peak MB |",
    "|---:|---:|---|---:|---:|---:|---:|---:|",
)
_HOST_HEAD: Final = (
    "| Users | Objects | Seconds | Objects a second | CPU s per 100,000 | Peak MB | Generations | Events | Actions |",
    "|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
)
_HEAD: Final = """# Performance

Made by `{command}` in one run on one machine ({machine}): simulator, table service
and subject side by side, each a process of its own. What counts are the ratios, not the seconds. Numbers are medians of
the runs given; the subjects take turns, so that all share the machine's noise.

![CPU and time of the subjects](performance.svg)

"""
_NOTES: Final = """
## How to read this

- A subject is a process that does one thing: its CPU and memory are its own. "Ours" is the engine as the app's process
  has it: the whole listing, rows in the table service, the count from the store, the verdict. The ratios of CPU compare
  these, as only they bring the same users. The Functions host runs all resources, HTTP, and the local Durable engine
  with its SQLite in one process.
- "roadrecon" is its own gather (paging, batches, SQLAlchemy) of the same users and properties. Its table has these
  properties instead of its own hundred columns, which favours it, and it writes to a file in its own process, where
  ours talks to a table service.
- "msgraph-sdk" only pulls, once, and only 10,000 users.
- The table service is `devstack/table_service`, whose CPU is read from its process.
- Events and actions are the most that any generation of a resource's orchestration had in its history.
"""
_RESYNC_HEAD: Final = ("| Users | Sync | Objects | Requests | Seconds | CPU s |", "|---:|---|---:|---:|---:|---:|")


def render(found: Findings, ratios: Sequence[Ratio]) -> list[str]:
    """Everything that was found, for the screen and the page."""
    small_things = (
        f"Importing the app and indexing its functions takes {found.import_seconds:.2f} s. "
        f"The idle host uses {found.idle:.1%} of a core."
    )
    return [
        "## What must hold",
        "",
        *render_ratios(found, ratios),
        *("", "## Users", "", *render_listing(found.rows)),
        *("", "## The Functions host, a whole onboarding", "", *render_host(found.onboardings)),
        *("", "## Second sync with no change: users, groups, memberships", "", *_RESYNC_HEAD, *_resync_rows(found)),
        "",
        small_things,
    ]


def render_ratios(found: Findings, ratios: Sequence[Ratio]) -> list[str]:
    """What must hold, and whatever could not be measured or was not proven."""
    return [
        *(f"- {ratio}" for ratio in ratios),
        *(f"- MISSING: {row.subject} at {row.users:,} users {row.note}" for row in found.rows if row.sample is None),
        *(f"- NOT PROVEN: {line}" for item in found.onboardings for line in item.failures),
    ]


def render_listing(rows: Sequence[Row]) -> list[str]:
    """The table of subjects."""
    return [*_LISTING_HEAD, *_listing_rows(rows)]


def render_host(onboardings: Sequence[Onboarding]) -> list[str]:
    """The table of whole onboardings."""
    return [*_HOST_HEAD, *map(_host_row, onboardings)]


def _listing_rows(rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        start = f"| {row.users:,} | {row.latency_ms} ms | {row.subject} | {row.runs} |"
        if row.sample is None:
            yield f"{start} missing: {row.note} | | | |"
            continue
        sample = row.sample
        cost = f"{cost_of(sample):.2f} | {sample.peak:.0f}"
        yield f"{start} {sample.seconds:.2f} | {_pace(sample.objects, sample.seconds)} | {cost} |"
        if row.subject == STORE:
            yield from _floor_rows(row)


def _floor_rows(row: Row) -> Iterator[str]:
    """What no software of ours could go below, beside the row it is the floor of."""
    start = f"| {row.users:,} | {row.latency_ms} ms |"
    if row.latency_ms:
        seconds = page_floor(row.users, row.latency_ms)
        yield f"{start} floor: serial pages' latency | | {seconds:.2f} | {_pace(row.users, seconds)} | | |"
    if row.sample is not None:
        cost = row.sample.store_cpu * 100_000 / row.users
        yield f"{start} floor: the table service's CPU | {row.runs} | {row.sample.store_cpu:.2f} | | {cost:.2f} | |"


def _host_row(item: Onboarding) -> str:
    sample = item.sample
    return (
        f"| {item.users:,} | {sample.objects:,} | {sample.seconds:.1f} | {_pace(sample.objects, sample.seconds)} |"
        f" {cost_of(sample):.2f} | {sample.peak:.0f} | {item.generations} | {item.events} | {item.actions} |"
    )


def _resync_rows(found: Findings) -> Iterator[str]:
    for resync in found.resyncs:
        for name, sample in (("first", resync.first), ("second", resync.second)):
            numbers = f"{sample.objects:,} | {sample.requests:,} | {sample.seconds:.2f} | {sample.cpu:.2f}"
            yield f"| {resync.users:,} | {name} | {numbers} |"


def _pace(objects: int, seconds: float) -> str:
    return f"{objects / seconds:,.0f}"


def render_page(lines: Sequence[str], command: str) -> str:
    """docs/performance.md."""
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    return _HEAD.format(command=command, machine=machine) + "\n".join(lines) + "\n" + _NOTES
