"""The arithmetic of capacity, on costs that can be reckoned in the head."""

import json
import re
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from devstack.bench import capacity_model
from devstack.bench.capacity import FLEETS, render_capacity
from devstack.bench.capacity_costs import billed_bytes, read_costs
from devstack.bench.capacity_model import MIX, PRICES, Costs, Usage, reckon
from devstack.bench.sections import CAPACITY, PAGE
from devstack.host.schedule import parse_schedule
from tenantsync.settings import Settings

ROOT = Path(capacity_model.__file__).parents[2]
SMALL = Usage(
    requests=20, transactions=100, executions=30, cpu_seconds=0.1, seconds=4.0, log_bytes=10_000, stored_bytes=1e6
)
LARGE = replace(SMALL, requests=110, seconds=13.0, stored_bytes=10e6)
COSTS = Costs(
    measured_at="2026-01-31",
    sizes=(1_000, 10_000),
    latency_ms=200,
    changed_share=0.01,
    first=(SMALL, LARGE),
    daily=(SMALL, SMALL),
    quiet_minute_transactions=10.0,
)


@pytest.mark.parametrize(("users", "requests", "seconds"), [(1_000, 20, 4.0), (2_000, 30, 5.0), (0, 10, 3.0)])
def test_usage_lies_on_the_line_through_both_sizes(users: int, requests: float, seconds: float):
    usage = COSTS.at(COSTS.first, users)
    assert usage.requests == pytest.approx(requests)
    assert usage.seconds == pytest.approx(seconds)


def test_usage_is_never_below_zero():
    steep = replace(COSTS, first=(replace(SMALL, requests=1), LARGE))
    assert steep.at(steep.first, 0).requests == 0


def test_mix_is_whole():
    assert sum(share for share, _ in MIX) == pytest.approx(1)


def test_day_of_a_fleet_is_that_of_its_tenants_and_what_stands():
    found = reckon(1_000, COSTS)
    assert found.requests == pytest.approx(20_000)
    assert found.transactions == pytest.approx(100_000 + 14_400 + 144 * 5)
    assert found.executions == pytest.approx(30_000 + capacity_model.TIMERS_A_DAY)
    assert found.users == pytest.approx(250_000)
    assert found.stored_gb == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("tenants", "costs", "seconds", "limit"),
    [
        (12, COSTS, 4.0, "places"),
        (13, COSTS, 8.0, "places"),
        (101, COSTS, 600.0, "line"),
        (100, replace(COSTS, daily=(replace(SMALL, cpu_seconds=2.0),) * 2), 200.0, "CPU"),
    ],
)
def test_wave_ends_when_its_narrowest_place_lets_it(tenants: int, costs: Costs, seconds: float, limit: str):
    wave = reckon(tenants, costs).wave
    assert (wave.seconds, wave.limit) == (pytest.approx(seconds), limit)


def test_fleet_too_large_for_a_day_says_so():
    assert reckon(14_400, COSTS).is_within_a_day
    assert not reckon(14_501, COSTS).is_within_a_day


def test_busy_time_is_not_more_than_the_runs_together():
    assert reckon(12, COSTS).busy_gb_seconds == pytest.approx(4.0 * 2)
    assert reckon(101, COSTS).busy_gb_seconds == pytest.approx(101 * 4.0 * 2)


def test_month_costs_what_its_parts_cost():
    found = reckon(12, COSTS)
    dollars = found.dollars
    assert dollars["always-ready instance"] == pytest.approx(30 * (172_800 * 0.000004 + 8 * 0.000016))
    assert dollars["executions"] == pytest.approx(30 * found.executions * 0.4e-6)
    assert dollars["logs"] == 0  # what is free is not charged
    dear = reckon(12, COSTS, replace(PRICES, free_log_gb=0.0))
    assert dear.dollars["logs"] == pytest.approx(30 * found.log_gb * 2.30)
    run = 10_000 + 20 * 1_500 + 30 * 4_000
    assert found.log_gb == pytest.approx((12 * run + capacity_model.TIMERS_A_DAY * 4_000) / 1e9)


def test_row_is_as_large_as_table_storage_bills_it():
    body = json.dumps(
        {
            "PartitionKey": "ab",
            "RowKey": "c",
            "text": "äb",
            "count": "12",
            "count@odata.type": "Edm.Int64",
            "small": 7,
            "flag": True,
            "blob": "AAAA",
            "blob@odata.type": "Edm.Binary",
        }
    ).encode()
    parts = {"keys": 4 + 2 * 3, "text": 16 + 8, "count": 18 + 8, "small": 18 + 4, "flag": 16 + 1, "blob": 16 + 4 + 3}
    assert billed_bytes("ab", "c", body) == sum(parts.values())


def test_constants_are_those_of_the_product():
    smallest = json.loads((ROOT / "infra/sizes/small.json").read_text())
    assert smallest["instanceMemoryMB"] == capacity_model.INSTANCE_GB * 1024
    assert smallest["runsAtOnce"] == capacity_model.RUNS_AT_ONCE
    assert Settings.__init__.__kwdefaults__["runs_at_once"] == capacity_model.RUNS_AT_ONCE


def test_timers_of_a_day_are_counted():
    schedules = re.findall(r'schedule="([^"]+)"', (ROOT / "timers/triggers.py").read_text())
    midnight = datetime(2026, 1, 1, tzinfo=UTC) - timedelta(seconds=1)
    assert sum(_count(schedule, midnight) for schedule in schedules) == capacity_model.TIMERS_A_DAY


def _count(schedule: str, begin: datetime) -> int:
    parsed, moment, found = parse_schedule(schedule), begin, 0
    while (moment := parsed.following(moment)) <= begin + timedelta(days=1):
        found += 1
    return found


def test_costs_survive_their_file():
    assert Costs.from_json(json.loads(json.dumps(asdict(COSTS)))) == COSTS


def test_performance_page_shows_what_the_kept_costs_come_to():
    begin, end = CAPACITY.marks
    shown = PAGE.read_text().partition(begin)[2].partition(end)[0]
    assert shown.strip().splitlines()[2:] == render_capacity(read_costs())
    assert all(reckon(tenants, read_costs()).is_within_a_day for tenants in FLEETS)
