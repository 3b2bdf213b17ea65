"""`dev.py bench`: our sync beside others' on the same simulator in one run, as tables, ratios and a chart."""

import argparse
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import requests

from devstack.bench import capacity, fairness, host, large, psa
from devstack.bench.chart import draw, panels_of
from devstack.bench.listing import SUBJECTS, Bench
from devstack.bench.processes import SubjectError
from devstack.bench.ratios import find_ratios
from devstack.bench.report import render, render_page
from devstack.bench.results import Findings
from devstack.bench.sections import PAGE, carry_sections
from devstack.demo.journey import JourneyError
from devstack.processes import StackError
from devstack.stack import ROOT, Stack
from devstack.storage import StorageError

_USERS: Final = (10_000, 100_000)
_LATENCIES: Final = (0, 200)
_CHART: Final = ROOT / "docs/performance.svg"


def main() -> int:
    """0 when every ratio is met, 1 when not, 3 when the stack did not come up."""
    others = (("--fairness", fairness.main), ("--psa", psa.main), ("--capacity", capacity.main))
    for option, other in others:
        if option in sys.argv:
            return other([argument for argument in sys.argv[1:] if argument != option])
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    parser.add_argument("--users", type=int, nargs="+", default=list(_USERS), help="sizes (default 10000 100000)")
    parser.add_argument("--large", action="store_true", help="a million users instead: ours, a bare loop, the host")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md and its chart, too")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(130))
    try:
        is_met = large.run(is_written=arguments.write) if arguments.large else _run(arguments)
    except (StackError, StorageError) as error:
        print(error, file=sys.stderr)
        return 3
    except (SubjectError, JourneyError, requests.RequestException) as error:
        print(f"The bench stopped: {error}", file=sys.stderr)
        return 1
    return 0 if is_met else 1


def _run(arguments: argparse.Namespace) -> bool:
    """Whether every number was proven and every ratio met."""
    found = measure(sorted(set(arguments.users)))
    ratios = find_ratios(found)
    lines = render(found, ratios)
    print("\n".join(lines))
    if arguments.write:
        page = render_page(lines, "python3 dev.py bench --write")
        PAGE.write_text(carry_sections(PAGE.read_text(), page))
        _CHART.write_text(draw(panels_of(found)))
    return found.is_proven and all(ratio.is_met for ratio in ratios)


def measure(sizes: Sequence[int]) -> Findings:
    """Everything, each size on a stack of its own."""
    found = Findings(import_seconds=host.measure_import())
    for users in sizes:
        with (
            tempfile.TemporaryDirectory(prefix="opspilot365-") as directory,
            Stack(Path(directory), host.tenants_of(users), is_large=True) as stack,
        ):
            if not found.onboardings:
                found.idle = host.measure_idle(stack)
            _measure_size(stack, users, found)
    return found


def _measure_size(stack: Stack, users: int, found: Findings) -> None:
    bench = Bench(stack, users)
    for latency in _LATENCIES:
        found.rows += bench.measure(latency, SUBJECTS)
    found.resyncs.append(bench.measure_resync())
    found.onboardings.append(host.onboard(stack, users))


if __name__ == "__main__":
    sys.exit(main())
