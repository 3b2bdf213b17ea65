"""What the deployment's settings make Microsoft's worker do with traces: export ours, and nobody else's.

The worker (azure_functions_worker/dispatcher.py, azure_functions_runtime/otel.py) calls `configure_azure_monitor` with
a connection string and a logger's name, and takes everything else from these settings.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from azure.monitor.opentelemetry.exporter.export.metrics._exporter import _convert_point_to_envelope
from azure.monitor.opentelemetry.exporter.export.trace._exporter import _convert_span_to_envelope
from opentelemetry.sdk.metrics.export import NumberDataPoint

from tenantsync import logs, tracing
from tests.telemetry import Telemetry, telemetry_settings

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = telemetry_settings()
SCRIPT = """
import json, logging, os
from azure.monitor.opentelemetry import configure_azure_monitor
from azure.monitor.opentelemetry._constants import _ALL_SUPPORTED_INSTRUMENTED_LIBRARIES as libraries
from azure.core.settings import settings
import requests, urllib3
from azure.monitor.opentelemetry.exporter._utils import _populate_part_a_fields
from opentelemetry import context, trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from tenantsync import logs, metrics, tracing
before = requests.Session.send, urllib3.connectionpool.HTTPConnectionPool.urlopen
configure_azure_monitor(connection_string=os.environ["APPLICATIONINSIGHTS_CONNECTION_STRING"], logger_name="")
# what the worker does for each invocation; the host's own trace is not marked as sampled
context.attach(TraceContextTextMapPropagator().extract({"traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-00"}))
with tracing.span("something") as span:
    found = {
        "recording": span.is_recording(),
        "trace": f"{span.get_span_context().trace_id:032x}",
        "parent": f"{span.parent.span_id:016x}" if span.is_recording() else "",
        "instrumented": before != (requests.Session.send, urllib3.connectionpool.HTTPConnectionPool.urlopen),
        "azure": bool(settings.tracing_enabled() or settings.tracing_implementation()),
        "handlers": [type(item).__name__ for item in logging.getLogger().handlers],
        "libraries": sorted(libraries),
        "role": _populate_part_a_fields(span.resource)["ai.cloud.role"],
    }
print(json.dumps(found), flush=True)
os._exit(0)  # nothing is flushed to nowhere
"""


@pytest.fixture(scope="module")
def worker() -> dict[str, Any]:
    environment = {**os.environ, **SETTINGS, "OTEL_SERVICE_NAME": "the-app", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_our_spans_are_recorded_inside_the_hosts_trace_whatever_it_samples(worker: dict[str, Any]):
    assert (worker["recording"], worker["trace"], worker["parent"]) == (True, "a" * 32, "b" * 16)


def test_what_the_app_exports_comes_from_the_app(worker: dict[str, Any]):
    """The host calls itself by the site's name; without the setting the app's part has the role `unknown_service`."""
    assert worker["role"] == "the-app"
    bicep = (ROOT / "infra/app/function.bicep").read_text()
    assert "OTEL_SERVICE_NAME: siteName\n" in bicep


def test_nobody_elses_spans_with_whole_urls_are_made(worker: dict[str, Any]):
    assert (worker["instrumented"], worker["azure"]) == (False, False)
    assert sorted(SETTINGS["OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"].split(",")) == worker["libraries"]


def test_log_lines_go_to_the_host_only(worker: dict[str, Any]):
    assert worker["handlers"] == []


def test_exactly_one_side_configures_the_export():
    """The setting that only attaches traces makes the worker of Python 3.12 fail every invocation, so it stays away."""
    assert SETTINGS["PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY"] == "true"
    assert "PYTHON_ENABLE_OPENTELEMETRY" not in (ROOT / "infra/app/function.bicep").read_text()
    assert "telemetryMode" not in json.loads((ROOT / "host.json").read_text())
    files = [path for path in ROOT.glob("[a-z]*/**/*.py") if path.parts[len(ROOT.parts)] not in ("tests", "devstack")]
    assert [path for path in (*files, ROOT / "function_app.py") if "configure_azure_monitor" in path.read_text()] == []


def exported(telemetry: Telemetry, name: str) -> Any:
    """A span as Azure's exporter sends it; its fields become the columns of AppDependencies."""
    return _convert_span_to_envelope(telemetry.span(name)).data.base_data


def test_call_of_graph_has_its_path_and_status_in_the_workspace(telemetry: Telemetry):
    with tracing.exchange("graph", "GET", "https://graph.test/v1.0/users/a@b.com?x=y") as begun:
        begun.note(SimpleNamespace(status_code=404, headers={"request-id": "g-1"}))
    called = exported(telemetry, "GET /v1.0/users/{id}")
    assert (called.name, called.target, called.result_code) == ("GET /v1.0/users/{id}", "graph", "404")
    assert called.properties["connect.request_id"] == "g-1"
    assert not re.search(r"https?:|[@?]|graph\.test", str(called.as_dict()))


def test_every_column_the_query_of_one_cause_shows_is_filled(telemetry: Telemetry):
    ids = {"run_id": "r", "resource": "users"}
    with logs.correlated("c", **ids), tracing.span("POST /api/x") as span:
        tracing.note_status(span, 503)
        tracing.note_problem(span, "microsoft_unavailable")
        span.set_attribute("connect.request_id", "g-1")
    asked = set(re.findall(r'Properties\["(.+?)"\]', (ROOT / "infra/queries/one-cause.kql").read_text()))
    told = exported(telemetry, "POST /api/x").properties
    assert (told["connect.status"], told["connect.problem"]) == ("503", "microsoft_unavailable")
    assert asked - told.keys() == set()


def test_number_of_a_gauge_is_in_the_column_the_query_reads():
    """Azure's exporter gives a gauge no maximum."""
    point = NumberDataPoint({"queue": "admission"}, 0, 0, 17.0)
    (number,) = _convert_point_to_envelope(point, "connect.queue.age").data.base_data.metrics
    assert (number.value, number.count, number.max) == (17.0, 1, None)
    assert "max(Sum)" in (ROOT / "infra/queries/queue-age.kql").read_text()
