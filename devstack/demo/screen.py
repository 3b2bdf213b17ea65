"""Progress on a terminal: a bar per resource, drawn in place; plain lines where there is no terminal."""

import os
import sys
from collections.abc import Mapping
from typing import Any, Final, TextIO

_BAR: Final = 24
_MARKS: Final = {"completed": "\u2714", "partial": "!", "failed": "\u2718", "skipped": "-", "waiting": "\u2026"}


class Screen:
    """Draws statuses on `stream`."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._in_place = stream.isatty() and not os.environ.get("NO_COLOR")
        self._lines = 0
        self._last: dict[str, str] = {}

    def say(self, text: str) -> None:
        """A line of its own."""
        print(text, file=self._stream, flush=True)
        self._lines = 0

    def show(self, status: Mapping[str, Any]) -> None:
        """Draws a status over the one before, or prints the lines that have changed."""
        lines = render(status)
        if self._in_place:
            up = f"\x1b[{self._lines}A" if self._lines else ""
            print(up + "\n".join(f"\x1b[2K{line}" for line in lines), file=self._stream, flush=True)
            self._lines = len(lines)
            return
        for line in lines:
            name = line.split()[0] if line.split() else ""
            if self._last.get(name) != line:
                self._last[name] = line
                print(line, file=self._stream, flush=True)


def render(status: Mapping[str, Any]) -> list[str]:
    """At most 80 columns: the run on one line, a resource on each of the others."""
    eta = f", about {status['etaSeconds']} s left" if status.get("etaSeconds") else ""
    waiting = f", waiting: {status['waiting']['reason']}" if status.get("waiting") else ""
    head = f"{status['state']} {status['percent']} %{eta}{waiting}"
    return [head[:80], *(_render_resource(name, item) for name, item in status["resources"].items())]


def _render_resource(name: str, item: Mapping[str, Any]) -> str:
    expected, processed = item["expected"], item["processed"]
    ended = item["state"] in ("completed", "partial", "skipped", "failed")
    share = 1.0 if ended else min(1.0, processed / expected) if expected else 0.0
    filled = round(share * _BAR)
    bar = "\u2588" * filled + "\u2591" * (_BAR - filled)
    of = f" / {expected:,}" if expected is not None else ""
    mark = _MARKS.get(item["state"], " ")
    note = f" {item['problem']['code']}" if item.get("problem") else ""
    return f"{name:<13} {bar} {mark} {processed:,}{of}{note}"[:80]


def render_summary(status: Mapping[str, Any]) -> list[str]:
    """The certificates as a table, and the numbers."""
    lines = [
        "",
        f"{'resource':<13} {'verdict':<9} {'expected':>10} {'received':>10} {'stored':>10} {'twice':>6} {'pages':>6}",
    ]
    for name, item in status["resources"].items():
        paper = item["certificate"]
        expected = "-" if paper["expected"] is None else f"{paper['expected']:,}"
        numbers = f"{expected:>10} {paper['received']:>10,} {paper['stored']:>10,} {paper['duplicates']:>6,}"
        lines.append(f"{name:<13} {paper['verdict']:<9} {numbers} {item['pages']:>6,}")
    return [*lines, ""]
