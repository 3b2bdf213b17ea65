"""Findings in which everything holds, to be spoilt one by one."""

from dataclasses import replace
from typing import Any

from devstack.bench.results import BARE, MSGRAPH, PULL, ROADRECON, STORE, Findings, Onboarding, Resync, Row, Sample

SAMPLE = Sample(objects=100_000, seconds=10.0, cpu=2.0, peak=65.0, store_cpu=6.0, requests=500)


def row(subject: str, users: int = 100_000, latency_ms: int = 0, **changes: Any) -> Row:
    sample = replace(SAMPLE, objects=users, **changes)
    return Row(users=users, latency_ms=latency_ms, subject=subject, runs=3, sample=sample)


def onboarding(users: int, peak: float = 80.0, actions: int = 42) -> Onboarding:
    sample = replace(SAMPLE, objects=users * 6, peak=peak)
    return Onboarding(users=users, sample=sample, events=170, actions=actions, generations=users // 40_000 + 1)


def findings() -> Findings:
    return Findings(
        rows=[
            *(row(name, cpu=cpu) for name, cpu in ((STORE, 2.0), (PULL, 0.8), (BARE, 1.0), (ROADRECON, 5.0))),
            row(MSGRAPH, users=10_000, cpu=30.0),
            *(row(name, latency_ms=200, seconds=22.0) for name in (STORE, PULL, BARE, ROADRECON)),
        ],
        onboardings=[onboarding(10_000), onboarding(100_000)],
        resyncs=[
            Resync(users=100_000, first=SAMPLE, second=replace(SAMPLE, seconds=0.1, requests=3)),
        ],
        idle=0.005,
        import_seconds=0.7,
    )
