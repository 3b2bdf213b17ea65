"""The numbers at a glance: from the tallies of what is stored, and readable when they were made by an older release."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
import pytest

from tenantsync.resources.registry import find_resource
from tenantsync.runs.summary import build_summary
from tenantsync.store.inventory import add_tally
from tenantsync.store.progress import ResourceProgress, ResourceState, Verdict

SCORE = {
    "currentScore": 41.5,
    "maxScore": 90.0,
    "averageComparativeScores": [
        {"basis": "TotalSeats", "averageScore": 44.8},
        {"basis": "SomethingNew", "averageScore": 1.0},
        {"basis": "AllTenants", "averageScore": 37.2},
    ],
}


def ended(resource: str, items: Iterable[Mapping[str, Any]], verdict: Verdict = Verdict.COMPLETE) -> ResourceProgress:
    """A resource whose stored rows are these."""
    spec, total, stored = find_resource(resource), dict[str, float](), [dict(item) for item in items]
    assert spec is not None
    assert spec.tally is not None
    for item in stored:
        add_tally(total, spec.tally(item))
    return ResourceProgress(
        run_id="r",
        resource=resource,
        position=0,
        weight=1,
        state=ResourceState.COMPLETED,
        stored=len(stored),
        tally=orjson.dumps(total).decode(),
        verdict=verdict,
    )


def device(system: str, compliance: str) -> dict[str, str]:
    return {"operatingSystem": system, "complianceState": compliance}


def sku(name: str, enabled: int, consumed: int, warning: int = 0) -> dict[str, Any]:
    units = {"enabled": enabled, "warning": warning, "suspended": 5}
    return {"skuPartNumber": name, "prepaidUnits": units, "consumedUnits": consumed}


def test_devices_are_told_by_platform_and_compliance_the_most_frequent_first():
    devices = [device("iOS", "compliant"), device("Windows", "compliant"), device("Windows", "noncompliant"), {}]
    summary = build_summary([ended("devices", devices)])
    assert list(summary["devicesByPlatform"].items()) == [("Windows", 2), ("iOS", 1), ("unknown", 1)]
    assert summary["devicesByCompliance"] == {"compliant": 2, "noncompliant": 1, "unknown": 1}


def test_no_device_is_an_empty_answer_and_not_an_unknown_one():
    summary = build_summary([ended("devices", [])])
    assert (summary["devices"], summary["devicesByPlatform"], summary["devicesByCompliance"]) == (0, {}, {})


def test_numbers_that_are_not_proven_are_null():
    unproven = [
        ended("devices", [device("iOS", "compliant")], Verdict.PARTIAL),
        ended("licenses", [sku("SPE_E3", 25, 3)], Verdict.UNKNOWN),
    ]
    summary = build_summary(unproven)
    assert (summary["devicesByPlatform"], summary["devicesByCompliance"]) == (None, None)
    assert summary["licenses"]["bySku"] is None


def test_score_stands_beside_the_averages_microsoft_has():
    score = build_summary([ended("secure_score", [SCORE])])["secureScore"]
    averages = [{"basis": "AllTenants", "score": 37.2}, {"basis": "TotalSeats", "score": 44.8}]
    assert score == {"current": 41.5, "max": 90.0, "averages": averages}


@pytest.mark.parametrize("averages", [None, []])
def test_score_without_averages_has_none(averages: list[object] | None):
    score = build_summary([ended("secure_score", [{**SCORE, "averageComparativeScores": averages}])])["secureScore"]
    assert score["averages"] == []


def test_products_show_what_can_be_assigned_and_what_is():
    licenses = build_summary([ended("licenses", [sku("FLOW_FREE", 5, 0), sku("SPE_E3", 25, 7, warning=1)])])["licenses"]
    assert licenses["bySku"] == [
        {"skuPartNumber": "SPE_E3", "enabled": 26, "consumed": 7},
        {"skuPartNumber": "FLOW_FREE", "enabled": 5, "consumed": 0},
    ]
    assert licenses["seats"] == 31


def test_only_the_largest_products_are_shown():
    licenses = build_summary([ended("licenses", [sku(f"P{n}", n, 0) for n in range(60)])])["licenses"]
    assert [product["skuPartNumber"] for product in licenses["bySku"]] == [f"P{n}" for n in range(59, 9, -1)]


def test_checkpoints_of_an_older_release_are_read():
    licences = ResourceProgress(
        run_id="r",
        resource="licenses",
        position=0,
        weight=1,
        state=ResourceState.COMPLETED,
        stored=2,
        tally='{"seats":50}',
        verdict=Verdict.COMPLETE,
    )
    assert build_summary([licences])["licenses"] == {"subscriptions": 2, "seats": 50, "assigned": None, "bySku": None}
