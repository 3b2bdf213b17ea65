"""What is true of the process once its services are built."""

import gc
import sys
from collections.abc import Iterator

import pytest

from tenantsync.services import tune_interpreter


@pytest.fixture
def interpreter() -> Iterator[None]:
    thresholds, interval = gc.get_threshold(), sys.getswitchinterval()
    yield
    sys.setswitchinterval(interval)
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def test_collector_looks_at_a_page_a_few_times_only_and_still_finds_cycles(interpreter: None):
    tune_interpreter()
    youngest = gc.get_stats()[0]["collections"]
    page = [{"id": str(number), "assignedLicenses": [{}]} for number in range(5_000)]
    assert gc.get_stats()[0]["collections"] - youngest <= 4
    youngest = gc.get_stats()[0]["collections"]
    del page
    for _ in range(60_000):
        circle: list[object] = []
        circle.append(circle)
    assert gc.get_stats()[0]["collections"] > youngest


def test_threads_take_turns_often_enough_to_ask_for_the_next_page_at_once(interpreter: None):
    usual = sys.getswitchinterval()
    tune_interpreter()
    assert sys.getswitchinterval() < usual / 2
