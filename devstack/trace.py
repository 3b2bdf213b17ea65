"""`dev.py trace`: what was done for one request or run, as a tree: requests, activities, calls of Microsoft's API."""

import argparse
import json
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from devstack.host.telemetry import SPANS
from tenantsync.tracing import PREFIX

_CAUSE: Final = f"{PREFIX}correlation_id"
_SHOWN: Final = ("http.response.status_code", "error.type", *(f"{PREFIX}{name}" for name in ("resource", "request_id")))


@dataclass(frozen=True, slots=True)
class SpanLine:
    """One span of the file."""

    id: str
    parent: str
    name: str
    began: datetime
    seconds: float
    attributes: Mapping[str, Any]

    @classmethod
    def parse(cls, line: str) -> "SpanLine":
        """A line of the file as OpenTelemetry's SDK writes it."""
        span = json.loads(line)
        began, ended = (datetime.fromisoformat(span[name]) for name in ("start_time", "end_time"))
        seconds = (ended - began).total_seconds()
        parent = span["parent_id"] or ""
        return cls(span["context"]["span_id"], parent, span["name"], began, seconds, span["attributes"])


def main() -> int:
    """0 when something was found, 1 when nothing has that id, 3 when nothing was traced."""
    parser = argparse.ArgumentParser(prog="dev.py trace", description=__doc__)
    parser.add_argument("id", help="of a run, of a request (X-Correlation-Id), or what Graph calls a request")
    parser.add_argument("--data", type=Path, default=Path(".devstack/data"))
    arguments = parser.parse_args()
    path = arguments.data / "telemetry" / SPANS
    if not path.exists():
        print(f"{path} is not there: python3 dev.py up, or demo --data DIR, writes it.", file=sys.stderr)
        return 3
    found = find_spans(read_spans(path), arguments.id)
    print("\n".join(draw(found)) if found else f"Nothing was done for {arguments.id}.")
    return int(not found)


def read_spans(path: Path) -> list[SpanLine]:
    """All spans of a file; one that is still being written, or that a kill has torn, is left out."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        return [span for line in lines if (span := _read_whole(line))]


def _read_whole(line: str) -> SpanLine | None:
    try:
        return SpanLine.parse(line) if line.endswith("\n") else None
    except (ValueError, KeyError):
        return None


def find_spans(spans: Sequence[SpanLine], wanted: str) -> list[SpanLine]:
    """Whatever has this id, everything that was done for the same cause, and what it was done in."""
    ids = (wanted, wanted.lower())  # ours are lower case, whatever they were copied from
    named = {span.id for span in spans if any(value in ids for value in span.attributes.values())}
    causes = {span.attributes.get(_CAUSE) for span in spans if span.id in named} - {None}
    by_id = {span.id: span for span in spans}
    found: dict[str, SpanLine] = {}
    for span in spans:
        is_meant = span.attributes.get(_CAUSE) in causes or span.id in named
        step: SpanLine | None = span if is_meant else None
        while step is not None and step.id not in found:
            found[step.id] = step
            step = by_id.get(step.parent)
    return list(found.values())


def draw(spans: Sequence[SpanLine]) -> Iterator[str]:
    """A line each, in the order of time, what belongs to another further to the right."""
    known = {span.id for span in spans}
    children: dict[str, list[SpanLine]] = {}
    for span in sorted(spans, key=lambda span: span.began):
        children.setdefault(span.parent if span.parent in known else "", []).append(span)
    yield from _draw(children, "", 0)


def _draw(children: Mapping[str, Sequence[SpanLine]], parent: str, depth: int) -> Iterator[str]:
    for span in children.get(parent, ()):
        told = " ".join(str(span.attributes[name]) for name in _SHOWN if name in span.attributes)
        yield f"{span.began:%H:%M:%S.%f} {span.seconds:8.3f} s {'  ' * depth}{span.name}  {told}".rstrip()
        yield from _draw(children, span.id, depth + 1)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # the reader of a pipe may have seen enough
    sys.exit(main())
