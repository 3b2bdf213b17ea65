"""How a subject's process measures itself: wall time, its own CPU, its peak memory. Standard library only."""

import json
import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_KIBI: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The users a subject is to bring, from the environment: the first page's address, a token, the CA bundle."""

    url: str
    token: str
    ca_bundle: str

    @classmethod
    def from_environment(cls) -> "Listing":
        return cls(
            url=os.environ["BENCH_URL"], token=os.environ["BENCH_TOKEN"], ca_bundle=os.environ["REQUESTS_CA_BUNDLE"]
        )


def report(run: Callable[[], int]) -> None:
    """Runs the subject, which gives its number of objects, and prints one JSON line for the bench."""
    began, cpu = time.perf_counter(), time.process_time()
    objects = run()
    seconds, spent = time.perf_counter() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIBI
    print(json.dumps({"objects": objects, "seconds": seconds, "cpu": spent, "peak": peak}))
