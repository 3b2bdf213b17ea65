"""Whether a run has proven every number, and whether the numbers are the simulated tenant's."""

from collections.abc import Mapping
from typing import Any

from devstack.demo.journey import describe_problem


def find_failures(status: Mapping[str, Any], truth: Mapping[str, Any]) -> list[str]:
    """Everything that keeps the run from being proven, a line each."""
    failures = [] if status["state"] == "completed" else [f"The run ended as {status['state']}."]
    if status.get("problem"):
        failures.append(describe_problem(status["problem"]))
    for name, item in status["resources"].items():
        if item["certificate"]["verdict"] != "complete":
            problem = f"\n  {describe_problem(item['problem'])}" if item["problem"] else ""
            failures.append(f"{name}: {item['state']}, {item['certificate']['verdict']}{problem}")
    summary = status["summary"] or {}
    failures += [
        f"{name}: {summary.get(name)} instead of {expected}"
        for name, expected in truth.items()
        if summary.get(name) != expected
    ]
    return failures
