"""`dev.py bench --large`: a million users, by the engine, a bare loop and the Functions host, beside ten thousand."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from devstack.bench import host
from devstack.bench.listing import LARGEST, Bench
from devstack.bench.ratios import history_ratios, memory_ratios
from devstack.bench.report import render_host, render_listing, render_ratios
from devstack.bench.results import Findings
from devstack.bench.sections import LARGE, PAGE, replace_section
from devstack.stack import Stack

SIZES: Final = (10_000, 1_000_000)


def run(*, is_written: bool) -> bool:
    """Whether every number was proven and every ratio met."""
    found = measure(SIZES)
    ratios = [*memory_ratios(found), *history_ratios(found)]
    lines = [
        "Made by `python3 dev.py bench --large --write`, in one run, each size once.",
        *("", *render_ratios(found, ratios)),
        *("", *render_listing(found.rows)),
        *("", *render_host(found.onboardings)),
    ]
    print("\n".join(lines))
    if is_written:
        PAGE.write_text(replace_section(PAGE.read_text(), LARGE, lines))
    return found.is_proven and all(ratio.is_met for ratio in ratios)


def measure(sizes: Sequence[int]) -> Findings:
    """Each size on a stack of its own."""
    found = Findings()
    for users in sizes:
        with (
            tempfile.TemporaryDirectory(prefix="opspilot365-") as directory,
            Stack(Path(directory), host.tenants_of(users), is_large=True) as stack,
        ):
            found.rows += Bench(stack, users).measure(0, LARGEST, rounds=1)
            found.onboardings.append(host.onboard(stack, users))
    return found
