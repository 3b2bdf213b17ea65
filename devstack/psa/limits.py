"""What a PSA's limits have seen: requests in a sliding time, requests at once, and what must never happen."""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Window:
    """At most `limit` requests in any `seconds`; `taken` of them are somebody else's."""

    seconds: float
    clock: Callable[[], float] = time.monotonic
    peak: int = 0
    _times: deque[float] = field(default_factory=deque)

    def wait(self, limit: int, taken: int = 0) -> float:
        """0 for a request that is admitted, and counted; else the seconds until one would be."""
        now = self.clock()
        while self._times and self._times[0] <= now - self.seconds:
            self._times.popleft()
        if len(self._times) + taken >= limit:
            return self._times[0] + self.seconds - now if self._times else self.seconds
        self._times.append(now)
        self.peak = max(self.peak, self.used + taken)
        return 0.0

    @property
    def used(self) -> int:
        """Requests of the latest window."""
        return len(self._times)


@dataclass
class Usage:
    """What a client has done so far; proofs read it."""

    window: Window
    requests: Counter[str] = field(default_factory=Counter)
    throttled: int = 0
    violations: list[str] = field(default_factory=list)
    """Things no client may do, although a vendor may let them pass."""
    at_once: Counter[str] = field(default_factory=Counter)
    most_at_once: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def held(self, endpoint: str) -> Iterator[int]:
        """For the time of one request; gives how many there are with it."""
        self.at_once[endpoint] += 1
        self.most_at_once[endpoint] = max(self.most_at_once[endpoint], self.at_once[endpoint])
        try:
            yield self.at_once[endpoint]
        finally:
            self.at_once[endpoint] -= 1

    def forget(self) -> None:
        """Counts from now on; the sliding window goes on, as the vendor's does."""
        self.requests.clear()
        self.most_at_once.clear()
        self.violations.clear()
        self.throttled, self.window.peak = 0, self.window.used

    def describe(self, limit: int) -> dict[str, Any]:
        """As JSON; `limit` is that of the window."""
        return {
            "requests": self.requests.total(),
            "byPath": dict(self.requests),
            "throttled": self.throttled,
            "window": {"seconds": self.window.seconds, "limit": limit, "peak": self.window.peak},
            "mostAtOnce": dict(self.most_at_once),
            "violations": list(self.violations),
        }
