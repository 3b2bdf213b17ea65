"""`dev.py trace` finds everything of one cause by any id it has, and shows it as a tree."""

import json
import logging
import math
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

from devstack import trace
from devstack.host.telemetry import METRICS, _Complaint, _to_files, exporting
from devstack.setup import ROOT
from devstack.trace import SpanLine, draw, find_spans, read_spans

CAUSE = {"connect.correlation_id": "c-1"}


def line(number: int, parent: int, name: str, **attributes: object) -> str:
    times = {"start_time": f"2026-11-28T09:00:0{number}.000000Z", "end_time": f"2026-11-28T09:00:0{number}.500000Z"}
    parents = {"parent_id": f"0x{parent}" if parent else None}
    return json.dumps(
        {"context": {"span_id": f"0x{number}"}, **parents, "name": name, **times, "attributes": attributes}
    )


LINES = [
    line(1, 0, "POST connect", **CAUSE),
    line(2, 0, "GET callback", **{"connect.correlation_id": "c-2"}),
    line(4, 3, "GET /v1.0/users", **CAUSE, **{"connect.request_id": "g-1", "http.response.status_code": 200}),
    line(3, 2, "sync_slice", **CAUSE, **{"connect.run_id": "run-1", "connect.resource": "users"}),
    line(5, 0, "GET somebody-elses", **{"connect.correlation_id": "c-3"}),
]
TREE = [
    "09:00:01.000000    0.500 s POST connect",
    "09:00:02.000000    0.500 s GET callback",
    "09:00:03.000000    0.500 s   sync_slice  users",
    "09:00:04.000000    0.500 s     GET /v1.0/users  200 g-1",
]


@pytest.mark.parametrize("wanted", ["c-1", "run-1", "g-1", "RUN-1"])
def test_any_id_leads_to_the_whole_tree(wanted: str):
    assert list(draw(find_spans([SpanLine.parse(item) for item in LINES], wanted))) == TREE


def test_what_nobody_asked_for_is_found_with_what_it_was_done_in():
    """A timer's work has no cause, as the list of the consents that are due."""
    daily = [line(6, 0, "watch_consents"), line(7, 6, "GET /v1.0/x", **{"connect.request_id": "g-2"}), LINES[0]]
    assert [span.name for span in find_spans([SpanLine.parse(item) for item in daily], "g-2")] == [
        *("GET /v1.0/x", "watch_consents")
    ]


def test_line_a_kill_has_torn_hides_no_other(tmp_path: Path):
    path = tmp_path / "spans.jsonl"
    path.write_bytes("\n".join([LINES[0], '{"cont' + LINES[1], LINES[2], ""]).encode() + b'{"name": "\xc3\n{}\n')
    assert [span.name for span in read_spans(path)] == ["POST connect", "GET /v1.0/users"]


@pytest.mark.parametrize(("wanted", "code", "said"), [("g-1", 0, "sync_slice"), ("nobody", 1, "Nothing was done")])
def test_file_is_read_up_to_the_line_that_is_being_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    wanted: str,
    code: int,
    said: str,
):
    (tmp_path / "telemetry").mkdir()
    (tmp_path / "telemetry/spans.jsonl").write_text("\n".join([*LINES, '{"cont']))
    monkeypatch.setattr(sys, "argv", ["trace", wanted, "--data", str(tmp_path)])
    assert trace.main() == code
    assert said in capsys.readouterr().out


def test_reader_that_has_seen_enough_is_no_error(tmp_path: Path):
    (tmp_path / "telemetry").mkdir()
    more_than_a_pipe_holds = [
        line(1, 0, "POST connect", **CAUSE).replace("0x1", f"0x{number}") for number in range(5000)
    ]
    (tmp_path / "telemetry/spans.jsonl").write_text("\n".join(more_than_a_pipe_holds))
    command = [sys.executable, "-m", "devstack.trace", "c-1", "--data", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as shown:
        assert shown.stdout is not None
        assert shown.stdout.readline() == f"{TREE[0]}\n"
        shown.stdout.close()
        assert shown.stderr is not None
        assert shown.stderr.read() == ""
    assert shown.returncode == -signal.SIGPIPE


def test_nothing_was_traced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(sys, "argv", ["trace", "c-1", "--data", str(tmp_path)])
    assert trace.main() == 3
    assert "dev.py up" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN  # of whoever calls it, it is not changed


def test_nothing_is_exported_unless_it_is_said_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    monkeypatch.setattr("opentelemetry.trace.set_tracer_provider", lambda provider: pytest.fail("somebody exports"))
    with exporting(None):
        assert list(tmp_path.iterdir()) == []


ENDING = """
import os, socket, sys, time
from opentelemetry import metrics, trace
from devstack.host import telemetry

telemetry._LAST_WORDS_SECONDS = 0.5
with socket.create_server(("127.0.0.1", 0)) as silent:
    port = 1 if sys.argv[1] == "away" else silent.getsockname()[1]
    os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{port}"
    with telemetry.exporting(None):
        metrics.get_meter("a").create_counter("b").add(1)
        with trace.get_tracer("a").start_as_current_span("b"):
            began = time.monotonic()
    print(time.monotonic() - began)
"""


@pytest.mark.parametrize("collector", ["away", "silent"])
def test_collector_that_does_not_answer_does_not_hold_up_the_end(collector: str):
    """Its exporters would wait for ten seconds and more, which is said once."""
    command = [sys.executable, "-c", ENDING, collector]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert float(ended.stdout) < 6
    (said,) = ended.stderr.splitlines()
    assert said.startswith("The collector http://127.0.0.1:")
    assert " has not taken everything: " in said


def test_collector_is_told_by_its_own_words_and_not_when_it_is_asked_again(capsys: pytest.CaptureFixture[str]):
    complaint = _Complaint("http://collector.test")
    for level, told in ((logging.WARNING, "503, retrying"), (logging.ERROR, "401"), (logging.ERROR, "again")):
        assert not complaint.filter(logging.LogRecord("otlp", level, "", 0, told, None, None))
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith("The collector http://collector.test")
    assert said.endswith(": 401")


def test_numbers_are_written_once_and_a_quiet_stack_writes_none(tmp_path: Path):
    exporters: Any = _to_files(tmp_path)
    provider = MeterProvider([PeriodicExportingMetricReader(exporters[1], math.inf)])
    provider.get_meter("test").create_counter("pages").add(3)
    for _ in range(3):
        provider.force_flush()
    (line,) = (tmp_path / METRICS).read_text().splitlines()
    assert '"value": 3' in line
    provider.shutdown()
    for exporter in exporters:
        exporter.out.close()
