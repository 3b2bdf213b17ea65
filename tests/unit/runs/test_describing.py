"""Numbers of a run as a whole, from its resources' checkpoints."""

import pytest

from tenantsync.runs.describing import throttled_seconds
from tenantsync.store.progress import ResourceProgress


def wait(begun: int, until: int, reason: str = "throttled") -> str:
    return f"2026-03-02T09:{begun:02d}:00.000Z/2026-03-02T09:{until:02d}:00.000Z/{reason}"


def waited(*waits: str, seconds: int = 0, carried_from: str = "") -> ResourceProgress:
    return ResourceProgress(
        run_id="r",
        resource="users",
        position=0,
        weight=1,
        waits=" ".join(waits),
        throttled_seconds=seconds,
        carried_from=carried_from,
    )


@pytest.mark.parametrize(
    ("resources", "minutes"),
    [
        ([], 0),
        ([waited(wait(0, 2)), waited(wait(0, 2))], 2),
        ([waited(wait(0, 2)), waited(wait(1, 5))], 5),
        ([waited(wait(0, 9)), waited(wait(1, 5))], 9),
        ([waited(wait(0, 2), wait(6, 7)), waited(wait(3, 5))], 5),
        ([waited(wait(0, 2)), waited(wait(2, 8, "propagation"))], 2),
        ([waited(wait(0, 2)), waited(wait(3, 9), seconds=360, carried_from="earlier")], 2),
        ([waited(wait(0, 2), seconds=3000), waited(wait(3, 5), seconds=120)], 50),
    ],
    ids=["none", "same", "overlap", "within", "apart", "other reason", "carried", "older ones forgotten"],
)
def test_time_that_several_waited_at_once_counts_once(resources: list[ResourceProgress], minutes: int):
    assert throttled_seconds(resources) == minutes * 60
