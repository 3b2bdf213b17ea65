"""Turns Graph's refusals into our failures, by one table. Branches on codes; on text only where Graph gives no code."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tenantsync.errors import (
    Cause,
    ConsentError,
    ConsentPendingError,
    ContractError,
    CursorExpiredError,
    NotLicensedError,
    PermissionMissingError,
    TenantSyncError,
    ThrottledError,
    TransientError,
)
from tenantsync.retry_after import parse_retry_after

_CLIENT_ERROR: Final = 400
_SERVER_ERROR: Final = 500


@dataclass(frozen=True, slots=True)
class _Rule:
    """One row: any empty condition matches everything."""

    failure: type[TenantSyncError]
    problem: str
    statuses: frozenset[int] = frozenset()
    codes: frozenset[str] = frozenset()
    text: str = ""

    def matches(self, status: int, codes: frozenset[str], message: str) -> bool:
        return (
            (not self.statuses or status in self.statuses)
            and (not self.codes or not self.codes.isdisjoint(codes))
            and self.text in message
        )


def _rule(failure: type[TenantSyncError], problem: str, statuses: set[int], *codes: str, text: str = "") -> _Rule:
    return _Rule(failure, problem, frozenset(statuses), frozenset(codes), text)


_RULES: Final = (
    _rule(ThrottledError, "throttled", {429}),
    _rule(ThrottledError, "throttled", set(), "TooManyRequests", "activityLimitReached", "Directory_TooManyRequests"),
    _rule(
        CursorExpiredError,
        "page_expired",
        set(),
        "Directory_ExpiredPageToken",
        "DirectoryPageTokenNotFoundException",
        "syncStateNotFound",
        "syncStateInvalid",
        "resyncRequired",
    ),
    _rule(CursorExpiredError, "page_expired", {410}),
    _rule(NotLicensedError, "not_licensed", {400, 403}, "Authentication_RequestFromNonPremiumTenantOrB2CTenant"),
    # Intune has one generic code for "this tenant has no Intune"
    _rule(NotLicensedError, "not_licensed", {400}, text="Request not applicable to target tenant"),
    _rule(NotLicensedError, "not_licensed", set(), text="AADSTS500014"),
    _rule(ConsentPendingError, "consent_lost", {401}, "Authorization_IdentityNotFound"),
    _rule(ConsentError, "consent_lost", {401}, "InvalidAuthenticationToken"),
    # Intune and the reports wrap "forbidden" into 401 or 403 UnknownError
    _rule(PermissionMissingError, "permission_missing", {401, 403}),
    _rule(TransientError, "microsoft_unavailable", {409}, "Directory_ConcurrencyViolation"),
    _rule(TransientError, "microsoft_unavailable", {408, 423, 425}),
)


def build_failure(status: int, headers: Mapping[str, str], body: object, workload: str = "") -> TenantSyncError:
    """The failure behind an answer that is not a success (or an error body inside a 200)."""
    error = body.get("error") if isinstance(body, Mapping) else None
    error = error if isinstance(error, Mapping) else {}
    codes, message = frozenset(_codes(error)), str(error.get("message", ""))
    code = str(error.get("code", ""))
    request_id = headers.get("request-id", "")
    cause = Cause(status, code, request_id, parse_retry_after(headers), workload)
    detail = f"Graph answered {status} {code}".rstrip()
    for rule in _RULES:
        if rule.matches(status, codes, message):
            # that there is no licence is the whole story, however Microsoft words it
            said = "" if rule.failure is NotLicensedError else detail
            return rule.failure(rule.problem, said, cause=cause)
    if status >= _SERVER_ERROR or status < _CLIENT_ERROR:
        return TransientError("microsoft_unavailable", detail, cause=cause)
    return ContractError("unexpected_answer", detail, cause=cause)


def _codes(error: Mapping[str, Any]) -> list[str]:
    """`error.code` and every nested `innerError.code`."""
    found: list[str] = []
    level: object = error
    while isinstance(level, Mapping):
        if isinstance(level.get("code"), str):
            found.append(level["code"])
        level = level.get("innerError") or level.get("innererror")
    return found
