"""What the bench of company syncs says of its numbers, and when it says that they are not good enough."""

from dataclasses import replace
from typing import Any

import pytest

from devstack.bench.psa import Measured, Pass, render

USAGE: dict[str, Any] = {
    "requests": 18,
    "throttled": 0,
    "window": {"seconds": 60, "limit": 1000, "peak": 18},
    "mostAtOnce": {"api": 1},
    "violations": [],
}
GOOD = Measured(
    provider="connectwise",
    companies=5000,
    first=Pass(seconds=3.4, requests=9, written=5000, state="completed"),
    again=Pass(seconds=2.8, requests=9, written=0, state="completed"),
    usage=USAGE,
)


def test_numbers_are_a_row_and_a_verdict():
    lines = render([GOOD], 200)
    assert "| ConnectWise PSA | 5,000 | 3.4 s | 9 | 5,000 | 2.8 s | 9 | 0 | 1 | 18 of 1,000 in 60 s |" in lines
    assert lines[-1].endswith("nothing written when nothing has changed: yes")


@pytest.mark.parametrize(
    "bad",
    [
        replace(GOOD, first=replace(GOOD.first, seconds=60.0)),
        replace(GOOD, first=replace(GOOD.first, state="failed")),
        replace(GOOD, again=replace(GOOD.again, state="held")),
        replace(GOOD, again=replace(GOOD.again, written=1)),
        replace(GOOD, first=replace(GOOD.first, written=0)),
        replace(GOOD, usage={**USAGE, "throttled": 1}),
        replace(GOOD, usage={**USAGE, "mostAtOnce": {"Companies": 4}}),
        replace(GOOD, usage={**USAGE, "window": {"seconds": 60, "limit": 1000, "peak": 1001}}),
        replace(GOOD, usage={**USAGE, "violations": ["credentials in a discovery call"]}),
    ],
)
def test_anything_that_is_not_as_it_must_be_is_said(bad: Measured):
    assert not bad.is_met
    assert render([GOOD, bad], 200)[-1].endswith("NO")
