"""`dev.py bench [--users N …]`: medians of three runs, as a table and in docs/performance.md."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from devstack.bench import fairness
from devstack.bench.subjects import SUBJECTS, TENANT
from devstack.stack import ROOT, Stack

_RUNS: Final = 3
_USERS: Final = (10_000, 100_000)
_PAGE: Final = ROOT / "docs/performance.md"
_CPU_LIMIT: Final = 3.0
_SECOND_LIMIT: Final = 0.02
_MEMORY_LIMIT: Final = 1.2
Result = Mapping[str, float]


def main() -> int:
    """0 when every ratio is met, 1 when not."""
    if "--fairness" in sys.argv:
        return fairness.main([argument for argument in sys.argv[1:] if argument != "--fairness"])
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    parser.add_argument("--users", type=int, nargs="+", default=list(_USERS))
    parser.add_argument("--write", action="store_true", help="write docs/performance.md, too")
    arguments = parser.parse_args()
    results = {users: measure(users) for users in arguments.users}
    ratios = find_ratios(results)
    lines = [*render_table(results), "", *(f"- {line}" for line, _ in ratios)]
    print("\n".join(lines))
    if arguments.write:
        _PAGE.write_text(render_page(lines))
    return 0 if all(is_met for _, is_met in ratios) else 1


def measure(users: int) -> dict[str, Result]:
    """Every subject's median, by name, on one stack."""
    tenant = {"tenantId": TENANT, "domain": "contoso.com", "users": users, "consented": True}
    with tempfile.TemporaryDirectory(prefix="opspilot365-") as directory:
        stack = Stack(Path(directory), [tenant], is_large=True)
        with stack:
            environment = {**os.environ, **stack.settings()}
            return {name: _median([_run(name, environment, users) for _ in range(_RUNS)]) for name in SUBJECTS}


def _run(name: str, environment: Mapping[str, str], users: int) -> Result:
    print(f"{users:,} users: {name} ...", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "devstack.bench.subjects", name]
    done = subprocess.run(command, env=dict(environment), cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{name} failed:\n{done.stdout}{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if result["objects"] != users:
        sys.exit(f"{name} brought {result['objects']} of {users} users")
    return result


def _median(results: Sequence[Result]) -> Result:
    return {key: statistics.median(result[key] for result in results) for key in results[0]}


def find_ratios(results: Mapping[int, Mapping[str, Result]]) -> list[tuple[str, bool]]:
    """What must hold, said with its number, and whether it does; ratios within one run, never times."""
    most, fewest = max(results), min(results)
    ours, bare = results[most]["pull, map and store"], results[most]["bare requests loop"]
    again, small = results[most]["second sync, no change"], results[fewest]["pull, map and store"]
    cpu, second, memory = ours["cpu"] / bare["cpu"], again["seconds"] / ours["seconds"], ours["peak"] / small["peak"]
    return [
        (f"CPU of pull, map and store: {cpu:.2f} times the bare loop's (at most {_CPU_LIMIT})", cpu <= _CPU_LIMIT),
        (f"second sync: {second:.2%} of the first's time (at most {_SECOND_LIMIT:.0%})", second <= _SECOND_LIMIT),
        (
            f"memory at {most:,} users: {memory:.2f} times that at {fewest:,} (at most {_MEMORY_LIMIT})",
            memory <= _MEMORY_LIMIT,
        ),
    ]


def render_table(results: Mapping[int, Mapping[str, Result]]) -> list[str]:
    """Markdown, one row a subject and size."""
    rows = ["| Users | Subject | seconds | users a second | CPU s per 100,000 | peak MB |", "|---|---|---|---|---|---|"]
    for users, subjects in results.items():
        for name, result in subjects.items():
            pace, cpu = users / result["seconds"], result["cpu"] * 100_000 / users
            rows.append(
                f"| {users:,} | {name} | {result['seconds']:.2f} | {pace:,.0f} | {cpu:.2f} | {result['peak']:.0f} |"
            )
    return rows


def render_page(lines: Sequence[str]) -> str:
    """docs/performance.md."""
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    head = (
        "# Performance\n\nMade by `python3 dev.py bench --write`: users of one simulated tenant; simulator, table\n"
        f"service and subject on one machine ({machine}), medians of {_RUNS} runs.\n"
        "What counts are the ratios, not the seconds.\n\n"
    )
    return head + "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
