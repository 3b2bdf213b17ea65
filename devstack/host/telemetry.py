"""Where a local run's spans and metrics go: into files, or to the collector OTEL_EXPORTER_OTLP_ENDPOINT names.

Also what Microsoft's worker does for a function: it is called inside the trace its host names.
"""

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
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
_LAST_WORDS_SECONDS: Final = 2.0
"""So long the end waits for what was not exported yet: of the fifteen seconds in which the host has to stop."""
_MOST_BYTES: Final = 50 * 1024 * 1024
_propagator: Final = TraceContextTextMapPropagator()


@contextmanager
def exporting(directory: Path | None) -> Iterator[None]:
    """Spans and metrics are exported for the time of the block; to nobody without directory and collector."""
    complaint = _Complaint(os.environ.get(_COLLECTOR, ""))
    exporters = _to_collector(complaint) if complaint.endpoint else _to_files(directory) if directory else None
    if exporters is None:
        yield
        return
    resource = Resource.create({"service.name": "opspilot365-connect"})
    traces = TracerProvider(sampler=ALWAYS_ON, resource=resource, shutdown_on_exit=False)
    traces.add_span_processor(BatchSpanProcessor(exporters[0], schedule_delay_millis=_SPANS_MS))
    numbers = MeterProvider(
        [PeriodicExportingMetricReader(exporters[1], _METRICS_MS)], resource, shutdown_on_exit=False
    )
    trace.set_tracer_provider(traces)
    metrics.set_meter_provider(numbers)
    try:
        yield
    finally:
        if not _are_done(traces.shutdown, numbers.shutdown) and complaint.endpoint:
            complaint.say("it does not answer in time")


@contextmanager
def continued(trace_parent: str) -> Iterator[None]:
    """Spans inside continue the trace of a `traceparent` header; without one they begin their own."""
    token = context.attach(_propagator.extract({"traceparent": trace_parent}, context.Context()))
    try:
        yield
    finally:
        context.detach(token)


class _Complaint(logging.Filter):
    """Says once, in plain words, that the collector took something not, instead of each attempt that has failed."""

    def __init__(self, endpoint: str) -> None:
        super().__init__()
        self.endpoint = endpoint
        self._is_said = False

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno >= logging.ERROR:  # below that it is tried again
            self.say(record.getMessage())
        return False

    def say(self, why: str) -> None:
        if not self._is_said:
            self._is_said = True
            where = f"The collector {self.endpoint} ({_COLLECTOR})"
            print(f"{where} has not taken everything: {why}", file=sys.stderr, flush=True)


def _are_done(*steps: Callable[[], None]) -> bool:
    """Whether all have ended in time; the exporters' own end waits for a silent collector ten seconds and more."""
    threads = [Thread(target=step, daemon=True) for step in steps]
    end = time.monotonic() + _LAST_WORDS_SECONDS
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return not any(thread.is_alive() for thread in threads)


def _to_collector(complaint: _Complaint) -> tuple[SpanExporter, MetricExporter]:
    from opentelemetry.exporter.otlp.proto.http import metric_exporter, trace_exporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    for module in (metric_exporter, trace_exporter):
        logging.getLogger(module.__name__).addFilter(complaint)
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
