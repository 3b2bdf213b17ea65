"""What is traced and measured, kept in memory for as long as a test runs."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


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
