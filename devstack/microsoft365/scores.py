"""Secure Scores: one a day, beside what comparable tenants have."""

from typing import Any, Final

from devstack.microsoft365.answers import Ask, next_link, read_position
from devstack.microsoft365.scenario import TenantSpec

_DAYS: Final = 90
_CURRENT: Final = 41.5
_MAX: Final = 90.0
_AVERAGES: Final = {"AllTenants": 37.2, "TotalSeats": 44.8, "IndustryTypes": 39.6}

Page = dict[str, Any]


def secure_scores(origin: str, ask: Ask, spec: TenantSpec) -> Page:
    """One score a day, newest first; a new tenant has none."""
    if not spec.secure_score:
        return {"value": []}
    (start,) = read_position(ask) or [0]
    end = min(_DAYS, start + (ask.top or _DAYS))
    value = [_score(spec, day) for day in range(start, end)]
    page: Page = {"value": value}
    return {**page, "@odata.nextLink": next_link(origin, ask, [end])} if end < _DAYS else page


def _score(spec: TenantSpec, day: int) -> Page:
    return {
        "id": f"{spec.tenant_id}_2026-{3 - day // 30:02d}-{28 - day % 28:02d}",
        "azureTenantId": spec.tenant_id,
        "createdDateTime": f"2026-{3 - day // 30:02d}-{28 - day % 28:02d}T00:00:00Z",
        "currentScore": _CURRENT - day / 10,
        "maxScore": _MAX,
        "activeUserCount": spec.users,
        "licensedUserCount": spec.users,
        "enabledServices": ["HasExchange", "HasIntune"],
        "averageComparativeScores": [{"basis": basis, "averageScore": score} for basis, score in _AVERAGES.items()],
        "controlScores": [
            {"controlName": "MFARegistrationV2", "controlCategory": "Identity", "score": 6.0, "description": ""}
        ],
    }


def describe_score() -> dict[str, Any]:
    """The newest score as sync-status shows it."""
    averages = [{"basis": basis, "score": score} for basis, score in _AVERAGES.items()]
    return {"current": _CURRENT, "max": _MAX, "averages": averages}
