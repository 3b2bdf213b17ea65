"""Every number that is measured: name, unit, meaning and attributes. Their values are few: a tenant is never one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final

from opentelemetry import metrics

_meter: Final = metrics.get_meter("tenantsync")


class Kind(StrEnum):
    """How numbers of a metric are put together."""

    COUNTER = "counter"
    """Added up."""
    HISTOGRAM = "histogram"
    """Counted by size."""
    GAUGE = "gauge"
    """The latest one counts."""


@dataclass(frozen=True)
class Metric:
    """What is measured; `unit` as UCUM has it, `attributes` tell the series of a metric apart."""

    kind: Kind
    name: str
    unit: str
    about: str
    attributes: tuple[str, ...]

    def note(self, value: float, **attributes: str) -> None:
        """One number; raises TypeError when the attributes are not the metric's."""
        if attributes.keys() != {*self.attributes}:
            raise TypeError(f"{self.name} has the attributes {self.attributes}, not {tuple(attributes)}")
        self._note(value, attributes)

    @cached_property
    def _note(self) -> Callable[[float, Mapping[str, str]], None]:
        if self.kind is Kind.COUNTER:
            return _meter.create_counter(self.name, self.unit, self.about).add
        if self.kind is Kind.HISTOGRAM:
            return _meter.create_histogram(self.name, self.unit, self.about).record
        return _meter.create_gauge(self.name, self.unit, self.about).set


OBJECTS: Final = Metric(
    Kind.COUNTER,
    "connect.objects",
    "{object}",
    "objects written to the inventory; one that is written again counts again",
    ("resource",),
)
PAGES: Final = Metric(Kind.COUNTER, "connect.pages", "{page}", "pages stored, empty ones too", ("resource",))
THROTTLED: Final = Metric(
    Kind.COUNTER,
    "connect.throttled",
    "s",
    "seconds a resource is put off because Microsoft, or the throttle gate, wants it",
    ("resource",),
)
RUN_DURATION: Final = Metric(
    Kind.HISTOGRAM,
    "connect.run.duration",
    "s",
    "from the start of a run to its end, waits included; cancelled runs are left out",
    ("kind", "outcome"),
)
CONSENTS: Final = Metric(
    Kind.COUNTER,
    "connect.consents",
    "{consent}",
    "`verified`, or the problem's code when an administrator's consent came to nothing or was lost",
    ("outcome",),
)
QUEUE_AGE: Final = Metric(
    Kind.GAUGE,
    "connect.queue.age",
    "s",
    "age of the oldest in `notifications`, `ticket_notes` or, since its run began, `admission`; 0 when nothing waits",
    ("queue",),
)
REQUESTS: Final = Metric(
    Kind.COUNTER,
    "connect.requests",
    "{request}",
    "requests to `graph`, `sign_in`, `reports` or a PSA, by `2xx` to `5xx`, `throttled`, or `none` without an answer",
    ("service", "outcome"),
)
ALL_METRICS: Final = (OBJECTS, PAGES, THROTTLED, RUN_DURATION, CONSENTS, QUEUE_AGE, REQUESTS)
