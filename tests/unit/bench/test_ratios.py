"""What the bench says is met, missed, or not measured."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from devstack.bench.ratios import find_ratios
from devstack.bench.results import BARE, ROADRECON, STORE, Findings, Resync, Row
from tests.unit.bench.findings import SAMPLE, findings, onboarding, row


def missed(found: Findings) -> list[str]:
    return [ratio.text for ratio in find_ratios(found) if not ratio.is_met]


def exchange(found: Findings, *others: Row) -> Findings:
    places = {(other.subject, other.users, other.latency_ms) for other in others}
    kept = [item for item in found.rows if (item.subject, item.users, item.latency_ms) not in places]
    return replace(found, rows=[*kept, *others])


def test_all_hold():
    assert missed(findings()) == []
    assert len(find_ratios(findings())) == 8


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda found: exchange(found, row(STORE, cpu=3.1), row(ROADRECON, cpu=9.0)), "bare requests loop"),
        (lambda found: exchange(found, row(ROADRECON, cpu=3.0)), "roadrecon"),
        (lambda found: exchange(found, row(STORE, latency_ms=200, seconds=25.3)), "larger floor"),
        (lambda found: replace(found, onboardings=[onboarding(10_000), onboarding(100_000, peak=97)]), "peak memory"),
        (lambda found: replace(found, onboardings=[onboarding(100_000, actions=101)]), "actions"),
        (lambda found: replace(found, resyncs=[again(requests=11)]), "requests"),
        (lambda found: replace(found, resyncs=[again(seconds=0.3)]), "time"),
        (lambda found: replace(found, idle=0.03), "nothing to do"),
    ],
)
def test_each_can_be_missed(spoil: Callable[[Findings], Findings], told: str):
    (text,) = missed(spoil(findings()))
    assert told in text


def again(seconds: float = 0.1, requests: int = 3) -> Resync:
    return Resync(users=100_000, first=SAMPLE, second=replace(SAMPLE, seconds=seconds, requests=requests))


def test_a_store_that_needs_longer_than_the_pages_is_the_floor():
    slow_store = row(STORE, latency_ms=200, seconds=49.0, store_cpu=40.0)
    assert missed(exchange(findings(), slow_store)) == []


@pytest.mark.parametrize("peer", [ROADRECON, BARE])
def test_a_peer_that_could_not_be_run_is_a_ratio_that_is_not_met(peer: str):
    absent = Row(users=100_000, latency_ms=0, subject=peer, runs=0, sample=None, note="could not be installed: no net")
    found = exchange(findings(), absent)
    (text,) = missed(found)
    assert peer in text
    assert any(str(ratio).endswith("not measured (at most 0.6) **missed**") for ratio in find_ratios(found)) == (
        peer == ROADRECON
    )
