"""`dev.py bench --psa`: all companies of each simulated PSA through the whole app, then the same again, unchanged."""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from azure.data.tables import TableServiceClient

from devstack.bench.sections import PAGE, PSA, replace_section
from devstack.psa.local import LocalPsa
from devstack.stack import Stack

_LIMIT_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.25
_PATIENCE_SECONDS: Final = 600.0
_TITLES: Final = {"connectwise": "ConnectWise PSA", "autotask": "Autotask", "halopsa": "HaloPSA"}
_COLUMNS: Final = (
    *("PSA", "Companies", "First sync", "Requests", "Rows written", "Second sync", "Requests", "Rows written"),
    *("Most at once", "Most in the limit's time"),
)
_THREADS: Final = 3
"""Autotask's requests at once, the only documented limit of that kind."""
_BOOKKEEPING: Final = frozenset({"PsaSyncs", "PsaConnections", "RequestBudgets", "Audit", "ConnectRate"})
"""Tables that say when was synced, not what."""

Versions = dict[tuple[str, str, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One sync: how long it took, how many requests, and how many rows were written."""

    seconds: float
    requests: int
    written: int
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Both syncs of one PSA, and the highest use of its limits."""

    provider: str
    companies: int
    first: Pass
    again: Pass
    usage: dict[str, Any]

    @property
    def is_met(self) -> bool:
        """In time, within every limit, and nothing written when nothing had changed."""
        window, at_once = self.usage["window"], max(self.usage["mostAtOnce"].values())
        is_within = window["peak"] <= window["limit"] and self.usage["throttled"] == 0 and at_once <= _THREADS
        is_done = self.first.state == self.again.state == "completed" and self.first.seconds < _LIMIT_SECONDS
        is_written_once = self.first.written > 0 and self.again.written == 0
        return is_done and is_within and is_written_once and not self.usage["violations"]


def main(arguments: Sequence[str]) -> int:
    """0 when every PSA is synced in time, within its limits, and an unchanged sync writes nothing; else 1."""
    parser = argparse.ArgumentParser(prog="dev.py bench --psa", description=__doc__)
    parser.add_argument("--companies", type=int, default=5000, help="of each PSA")
    parser.add_argument("--latency", type=int, default=200, metavar="MS", help="of every answer of a PSA")
    parser.add_argument("--write", action="store_true", help="replace the section in docs/performance.md, too")
    options = parser.parse_args(arguments)
    found = list(measure(options.companies, options.latency))
    lines = render(found, options.latency)
    print("\n".join(lines))
    if options.write:
        PAGE.write_text(replace_section(PAGE.read_text(), PSA, lines))
    return 0 if all(item.is_met for item in found) else 1


def measure(companies: int, latency_ms: int) -> Iterator[Measured]:
    """One PSA after the other, each on a stack of its own, as an MSP has one PSA."""
    for provider in _TITLES:
        print(f"{_TITLES[provider]}: {companies:,} companies ...", file=sys.stderr, flush=True)
        psa = LocalPsa({"companies": companies, provider: {"latencyMs": latency_ms}})
        with (
            tempfile.TemporaryDirectory(prefix="opspilot365-") as directory,
            Stack(Path(directory), [], psa=psa) as stack,
        ):
            yield _Bench(stack, psa).measure(provider)


def render(found: Sequence[Measured], latency_ms: int) -> list[str]:
    """Markdown: a table, and what must hold."""
    verdict = "yes" if all(item.is_met for item in found) else "NO"
    return [
        f"Every answer of a PSA takes {latency_ms} ms. Deleted companies and suppliers are not among those it lists.",
        "The second sync is a full one, too, and finds nothing changed.",
        "",
        _line(_COLUMNS),
        _line(["---"] * len(_COLUMNS)),
        *map(_row, found),
        "",
        f"- in less than {_LIMIT_SECONDS:.0f} s, no limit passed, nothing written when nothing has changed: {verdict}",
    ]


def _row(item: Measured) -> str:
    window = item.usage["window"]
    cells = (
        _TITLES[item.provider],
        f"{item.companies:,}",
        f"{item.first.seconds:.1f} s",
        item.first.requests,
        f"{item.first.written:,}",
        f"{item.again.seconds:.1f} s",
        item.again.requests,
        item.again.written,
        max(item.usage["mostAtOnce"].values()),
        f"{window['peak']} of {window['limit']:,} in {window['seconds']} s",
    )
    return _line(cells)


def _line(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


class _Bench:
    """Calls of a technician, and a look at what is stored."""

    def __init__(self, stack: Stack, psa: LocalPsa) -> None:
        self._stack, self._psa = stack, psa
        self._headers = {"Authorization": f"Bearer {stack.portal_token('Connect', 'Read')}"}
        self._tables = TableServiceClient.from_connection_string(stack.settings()["TABLES_CONNECTION_STRING"])

    def measure(self, provider: str) -> Measured:
        """Connects and syncs twice; what checking the connection costs is not part of it."""
        self._call("PUT", provider, self._psa.values()[provider])
        self._psa.ask(self._stack.http, "DELETE", f"{provider}/usage")
        first, companies = self._sync(provider)
        again, _ = self._sync(provider)
        return Measured(
            provider=provider,
            companies=companies,
            first=first,
            again=again,
            usage=self._psa.ask(self._stack.http, "GET", f"{provider}/usage"),
        )

    def _sync(self, provider: str) -> tuple[Pass, int]:
        """A full sync, and how many companies came."""
        before, began = self._versions(), time.monotonic()
        self._call("POST", f"{provider}/sync?kind=full")
        status = self._wait(provider)
        seconds = time.monotonic() - began
        written = len(self._versions().items() - before.items())
        requests = status["result"]["requests"]
        return Pass(seconds=seconds, requests=requests, written=written, state=status["state"]), status["processed"]

    def _wait(self, provider: str) -> dict[str, Any]:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (status := self._call("GET", f"{provider}/sync-status"))["state"] == "running":
            if time.monotonic() > deadline:
                sys.exit(f"the sync did not end: {status}")
            self._stack.check()
            time.sleep(_POLL_SECONDS)
        return status

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        url = f"{self._stack.api}/api/msp-portal/psa/{path}"
        answer = self._stack.http.request(method, url, json=body, headers=self._headers, timeout=120)
        if not answer.ok:
            sys.exit(f"{method} {path}: {answer.text}")
        document: dict[str, Any] = answer.json()
        return document

    def _versions(self) -> Versions:
        """The version of every row there is, without those that keep the books."""
        names = [table.name for table in self._tables.list_tables() if table.name not in _BOOKKEEPING]
        return {
            (name, row["PartitionKey"], row["RowKey"]): str(row.metadata["etag"])
            for name in names
            for row in self._tables.get_table_client(name).list_entities(select=["PartitionKey", "RowKey"])
        }
