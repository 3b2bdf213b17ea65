"""Chaos plans: repeatable, covering everything, and never asking for more than a run has to survive."""

import pytest

from devstack.microsoft365.scenario import FAULT_KINDS, parse_tenant_spec
from tests.chaos.plan import FAULT_PATHS, SEEDS, STARTS_AGAIN, Happening, make_plan
from tests.chaos.test_chaos import SHORT
from tests.e2e.tenants import tenant

PLANS = [make_plan(seed) for seed in SEEDS]
REFUSED_FOR_GOOD = {"forbidden"}
"""A resource that is refused ends as skipped: no weather, but an answer."""


def test_same_seed_gives_the_same_plan():
    assert [make_plan(seed) for seed in SEEDS] == PLANS
    assert len({repr(plan) for plan in PLANS}) == len(PLANS)


def test_every_happening_and_every_fault_comes_in_both_syncs():
    first = {item.kind for plan in PLANS for item in plan.first.disturbances}
    second = {item.kind for plan in PLANS if plan.second for item in plan.second.disturbances}
    faults = {kind for plan in PLANS for kind, _, _ in plan.first.faults}
    assert first == set(Happening)
    assert second == set(Happening) - {Happening.CHANGE_TENANT}
    assert faults == set(FAULT_PATHS) == FAULT_KINDS - REFUSED_FOR_GOOD


def test_a_share_of_the_seeds_syncs_again_and_a_changed_tenant_always_does():
    assert 30 <= sum(1 for plan in PLANS if plan.second) <= 70
    assert all(plan.second for plan in PLANS if plan.first.changed_users)


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: str(plan.seed))
def test_microsoft_loses_a_listings_pages_no_oftener_than_a_run_starts_again(plan):
    for sync in plan.syncs:
        for path in {path for _, path, _ in sync.faults}:
            assert sum(1 for kind, of, _ in sync.faults if of == path and kind in STARTS_AGAIN) <= 1
    lost = [item for sync in plan.syncs for item in sync.disturbances if item.kind == Happening.KILL_SIMULATOR]
    assert len(lost) <= 1


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: str(plan.seed))
def test_simulator_takes_every_plan(plan):
    for sync in plan.syncs:
        parse_tenant_spec(tenant(1, "chaos.test", users=sync.users, faults=plan.fault_documents(sync)))


def test_short_seeds_cover_what_matters_most():
    plans = [make_plan(seed) for seed in SHORT]
    covered = {item.kind for plan in plans for sync in plan.syncs for item in sync.disturbances}
    faults = {kind for plan in plans for sync in plan.syncs for kind, _, _ in sync.faults}
    assert covered == set(Happening) - {Happening.CHANGE_TENANT, Happening.STOP_STORE}  # the latter ends as a kill does
    assert faults >= {"throttle", "throttle_date", "throttle_no_header", "unavailable", "hang", "loop", "truncate"}
    assert any(plan.second for plan in plans)
