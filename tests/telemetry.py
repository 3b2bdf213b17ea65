"""What is traced and measured, kept in memory for as long as a test runs; and what the deployment says of it."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

_FUNCTION_APP = Path(__file__).resolve().parents[1] / "infra/app/function.bicep"
_NOWHERE = "http://127.0.0.1:1"
_ONLY_HERE = {
    "APPLICATIONINSIGHTS_CONNECTION_STRING": f"InstrumentationKey=00000000-0000-4000-8000-000000000001;"
    f"IngestionEndpoint={_NOWHERE};LiveEndpoint={_NOWHERE}",
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED": "true",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "true",
}


def telemetry_settings() -> Mapping[str, str]:
    """The deployment's settings for Microsoft's worker, and what keeps a test from reaching anybody."""
    setting = r"^    ((?:OTEL|PYTHON_APP|AZURE_TRACING)\w+): '([^']*)'$"
    return {**_ONLY_HERE, **dict(re.findall(setting, _FUNCTION_APP.read_text(), re.MULTILINE))}


class Telemetry:
    """Spans that have ended, and the sums of metrics since the test began."""

    def __init__(self) -> None:
        self._exporter, self._reader = _providers()
        self._exporter.clear()
        self._before = self._read()

    @property
    def spans(self) -> Sequence[ReadableSpan]:
        return self._exporter.get_finished_spans()

    def span(self, name: str) -> Any:
        """The one span of that name."""
        (found,) = (span for span in self.spans if span.name == name)
        return found

    def sum(self, name: str, **attributes: str) -> float:
        """What a counter or a histogram has added up."""
        key = (name, frozenset(attributes.items()))
        return self._read().get(key, 0) - self._before.get(key, 0)

    def latest(self, name: str, **attributes: str) -> float:
        """The number of a gauge."""
        return self._read()[name, frozenset(attributes.items())]

    def text(self) -> str:
        """Everything that would be exported."""
        data = self._reader.get_metrics_data()
        return "".join(span.to_json() for span in self.spans) + (data.to_json() if data else "")

    def _read(self) -> dict[tuple[str, frozenset[Any]], float]:
        data = self._reader.get_metrics_data()
        return {
            (metric.name, frozenset(point.attributes.items())): getattr(point, "sum", getattr(point, "value", 0))
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            for point in metric.data.data_points
        }


@cache
def _providers() -> tuple[InMemorySpanExporter, InMemoryMetricReader]:
    """Once in a process: OpenTelemetry takes no second provider."""
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    traces = TracerProvider()
    traces.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(traces)
    metrics.set_meter_provider(MeterProvider([reader]))
    return exporter, reader


@pytest.fixture
def telemetry() -> Telemetry:
    return Telemetry()
