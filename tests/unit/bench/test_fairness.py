"""What the fairness bench says of its numbers, and when it says that small tenants are starved."""

from dataclasses import replace

import pytest

from devstack.bench.fairness import Batch, Fairness, render_fairness

FAIR = Fairness(
    tenants=200,
    huge_users=200_000,
    latency_ms=50,
    alone=Batch(median=20.0, last=40.0),
    beside=Batch(median=30.0, last=72.0),
    huge_before=1,
    huge_after=60,
)


def test_small_tenants_within_twice_their_time_are_fair():
    assert FAIR.is_met
    assert "- beside the huge tenant: 1.50 and 1.80 times their time alone (at most 2)" in render_fairness(FAIR)
    assert "| beside one of 200,000 users | 30.0 s | 72.0 s |" in render_fairness(FAIR)


@pytest.mark.parametrize(
    "unfair",
    [
        replace(FAIR, beside=Batch(median=30.0, last=81.0)),
        replace(FAIR, beside=Batch(median=41.0, last=72.0)),
        replace(FAIR, huge_before=0),
        replace(FAIR, huge_after=100),
    ],
)
def test_slower_ones_or_a_huge_tenant_that_was_not_there_are_not(unfair: Fairness):
    assert not unfair.is_met
