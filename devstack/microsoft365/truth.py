"""The numbers a sync of a simulated tenant must arrive at, in the shape of sync-status."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from devstack.microsoft365.population import SKUS, Population, device_compliance, device_platform
from devstack.microsoft365.scores import describe_score


def truth_of(population: Population) -> dict[str, Any]:
    """The `summary` of a sync that has missed nothing."""
    return {
        "users": population.users,
        "guests": population.guests,
        "groups": population.groups,
        "memberships": population.memberships,
        "licenses": _licenses(population),
        "devices": population.devices if population.spec.intune else None,
        "devicesByPlatform": _devices_by(device_platform, population),
        "devicesByCompliance": _devices_by(device_compliance, population),
        "mailboxes": population.mailboxes,
        "secureScore": describe_score() if population.spec.secure_score else None,
    }


def _licenses(population: Population) -> dict[str, Any]:
    """All subscriptions have the same number of seats."""
    products = sorted((name, population.assigned_of(number)) for number, (_, name, _) in enumerate(SKUS))
    return {
        "subscriptions": len(SKUS),
        "seats": population.seats * len(SKUS),
        "assigned": population.assigned,
        "bySku": [
            {"skuPartNumber": name, "enabled": population.seats, "consumed": consumed} for name, consumed in products
        ],
    }


def _devices_by(trait: Callable[[int], str], population: Population) -> dict[str, int] | None:
    return dict(Counter(map(trait, range(population.devices)))) if population.spec.intune else None
