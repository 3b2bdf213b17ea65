"""Whatever dies, freezes, forgets or lies meanwhile: a run ends, and its numbers are Microsoft's.

A hundred seeds in `dev.py test --full`, a few in `dev.py test`. One seed again:
`python3 dev.py test --full "tests/chaos/test_chaos.py::test_run_ends_exact[17]"`.
"""

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.chaos.plan import SEEDS
from tests.chaos.play import play

SHORT = (1, 14, 43)
"""Few users, and yet every kind of death and most faults: `test_short_seeds_cover_what_matters_most`."""
AT_ONCE = int(os.environ.get("CHAOS_AT_ONCE", "4"))
"""Runs wait most of the time: for answers, timers and processes to start."""

Played = dict[int, Future[list[str]]]


@pytest.fixture(scope="module")
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """The chosen seeds, each being played or waiting for its turn."""
    chosen = [item.callspec.params["seed"] for item in request.session.items if is_chaos(item)]
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="chaos") as pool:
        runs = {seed: pool.submit(play, seed, tmp_path_factory.mktemp(f"chaos-{seed}-")) for seed in chosen}
        yield runs
        for run in runs.values():
            run.cancel()


def is_chaos(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and "played" in item.fixturenames and item.module.__name__ == __name__


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=() if seed in SHORT else pytest.mark.slow) for seed in SEEDS]
)
def test_run_ends_exact(seed: int, played: Played):
    assert played[seed].result()[-1].endswith("nothing is left of it")
