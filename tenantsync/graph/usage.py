"""What talking to Graph has cost: requests, Microsoft's resource units, and how near its limits were."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final

_UNITS: Final = "x-ms-resource-unit"
_PERCENTAGE: Final = "x-ms-throttle-limit-percentage"
_SCOPE: Final = "x-ms-throttle-scope"
_INFORMATION: Final = "x-ms-throttle-information"
_PARTS_OF_SCOPE: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """`share_of_limit` is the highest Microsoft told (it tells from 0.8 on), 0 when it told none.

    `scope` (such as `Tenant_Application/ReadWrite`) and `information` (such as `ResourceUnitLimitExceeded`) are of the
    last refusal.
    """

    requests: int = 0
    resource_units: int = 0
    share_of_limit: float = 0.0
    throttle_scope: str = ""
    throttle_information: str = ""

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            requests=self.requests + other.requests,
            resource_units=self.resource_units + other.resource_units,
            share_of_limit=max(self.share_of_limit, other.share_of_limit),
            throttle_scope=other.throttle_scope or self.throttle_scope,
            throttle_information=other.throttle_information or self.throttle_information,
        )


@dataclass(slots=True)
class UsageMeter:
    """Adds up answers until somebody takes the sum; pages may be read in another thread."""

    _sum: Usage = field(default_factory=Usage)
    _lock: Any = field(default_factory=Lock)

    def note(self, headers: Mapping[str, str]) -> None:
        """One answer."""
        one = Usage(
            requests=1,
            resource_units=int(_number(headers.get(_UNITS, ""))),
            share_of_limit=_number(headers.get(_PERCENTAGE, "")),
            throttle_scope="/".join(headers.get(_SCOPE, "").split("/")[:_PARTS_OF_SCOPE]),
            throttle_information=headers.get(_INFORMATION, "").partition(",")[0],
        )
        with self._lock:
            self._sum += one

    def take(self) -> Usage:
        """The sum so far, which begins anew."""
        with self._lock:
            taken, self._sum = self._sum, Usage()
        return taken


def _number(text: str) -> float:
    """Zero for what is no number: these headers are nothing a sync may fail for."""
    try:
        return max(0.0, min(float(text), 1e6)) if text else 0.0
    except ValueError:
        return 0.0
