"""What the operations document explains is what there is: every line of host.json, every table, commands that exist."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tenantsync import wire

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/operations.md").read_text()
TABLES = sorted(value for name, value in vars(wire).items() if name.endswith("_TABLE"))


def section(title: str) -> str:
    """The text between a heading and the next of its level."""
    return PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def leaves(document: Mapping[str, Any]) -> Iterator[str]:
    for name, value in document.items():
        yield from leaves(value) if isinstance(value, Mapping) else (name,)


def test_every_line_of_host_json_is_explained():
    explained = section("host.json, line by line")
    obvious = {"version", "id", "routePrefix", "default", "Host.Triggers.DurableTask", "isEnabled"}
    names = set(leaves(json.loads((ROOT / "host.json").read_text()))) - obvious
    assert {name for name in names if name not in explained} == set()


@pytest.mark.parametrize("table", TABLES)
def test_it_is_said_what_the_loss_of_a_table_means(table: str):
    rows = [line.split("|")[1] for line in section("A storage account is lost").splitlines() if line.startswith("| `")]
    assert sum(f"`{table}`" in row for row in rows) == 1


def test_log_lines_the_alerts_look_at_are_written():
    named = set(re.findall(r"`((?:run|slice|request)_[a-z]+)`", section("When an alert rings")))
    files = [path for folder in ("tenantsync", "activities") for path in (ROOT / folder).rglob("*.py")]
    source = "".join(path.read_text() for path in files)
    assert named
    assert {name for name in named if f'"{name}"' not in source} == set()
