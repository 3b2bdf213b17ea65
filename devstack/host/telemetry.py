"""Where a local run's spans and metrics go: into files, or to the collector OTEL_EXPORTER_OTLP_ENDPOINT names.

Also what Microsoft's worker does for a function: it is called inside the trace its host names.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from opentelemetry import context, metrics, trace
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    ConsoleMetricExporter,
    MetricExporter,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

SPANS: Final = "spans.jsonl"
METRICS: Final = "metrics.jsonl"
_COLLECTOR: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
_SPANS_MS: Final = 500
_METRICS_MS: Final = 10_000
_ONLY_NEW: Final[dict[type, AggregationTemporality]] = dict.fromkeys((Counter, Histogram), AggregationTemporality.DELTA)
"""As on Azure; also, a stack on which nothing happens writes nothing."""
_MOST_BYTES: Final = 50 * 1024 * 1024
_propagator: Final = TraceContextTextMapPropagator()


@contextmanager
def exporting(directory: Path | None) -> Iterator[None]:
    """Spans and metrics are exported for the time of the block; to nobody without directory and collector."""
    exporters = _to_collector() if os.environ.get(_COLLECTOR) else _to_files(directory) if directory else None
    if exporters is None:
        yield
        return
    resource = Resource.create({"service.name": "opspilot365-connect"})
    traces = TracerProvider(sampler=ALWAYS_ON, resource=resource)
    traces.add_span_processor(BatchSpanProcessor(exporters[0], schedule_delay_millis=_SPANS_MS))
    numbers = MeterProvider([PeriodicExportingMetricReader(exporters[1], _METRICS_MS)], resource)
    trace.set_tracer_provider(traces)
    metrics.set_meter_provider(numbers)
    try:
        yield
    finally:
        traces.shutdown()
        numbers.shutdown()


@contextmanager
def continued(trace_parent: str) -> Iterator[None]:
    """Spans inside continue the trace of a `traceparent` header; without one they begin their own."""
    token = context.attach(_propagator.extract({"traceparent": trace_parent}, context.Context()))
    try:
        yield
    finally:
        context.detach(token)


def _to_collector() -> tuple[SpanExporter, MetricExporter]:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(), OTLPMetricExporter()


def _to_files(directory: Path) -> tuple[SpanExporter, MetricExporter]:
    directory.mkdir(parents=True, exist_ok=True)
    spans = ConsoleSpanExporter(out=_open(directory / SPANS), formatter=lambda span: span.to_json(None) + "\n")
    numbers = ConsoleMetricExporter(_open(directory / METRICS), lambda data: data.to_json(None) + "\n", _ONLY_NEW)
    return spans, numbers


def _open(path: Path) -> TextIO:
    """Goes on with what a run before has written, as long as that is not too much."""
    is_long = path.exists() and path.stat().st_size > _MOST_BYTES
    return path.open("w" if is_long else "a", encoding="utf-8")
