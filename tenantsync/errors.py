"""Every expected failure, grouped by what to do about it.

TenantSyncError
├── RequestError            the caller's request is refused (HTTP edge)
├── ConfigurationError      STOP, our own set-up is wrong
├── ConsentError            RECONNECT, the customer's admin must act
│   └── ConsentPendingError WAIT, consent has not reached Microsoft's services yet
├── PermissionMissingError  SKIP, one resource cannot be read
├── NotLicensedError        SKIP, the tenant has no such service
├── ThrottledError          WAIT, never counted as an attempt
├── TransientError          RETRY with back-off, bounded
│   └── NewerReleaseError   a row that only a newer release understands: good again once that release is back
├── CursorExpiredError      RESTART this listing from its first page, bounded
├── ConflictError           somebody else wrote the row first
├── DataError               QUARANTINE one object, go on
└── ContractError           STOP, Microsoft answered in a way we do not understand
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from tenantsync.problems import Problem, find_problem


class Action(StrEnum):
    """What the engine does with a failure."""

    STOP = "stop"
    RECONNECT = "reconnect"
    SKIP = "skip"
    WAIT = "wait"
    RETRY = "retry"
    RESTART = "restart"
    QUARANTINE = "quarantine"


@dataclass(frozen=True, slots=True)
class Cause:
    """What the provider said: for logs and tables, never a token, a URL's query or personal data."""

    status: int | None = None
    provider_code: str = ""
    request_id: str = ""
    retry_after_seconds: float | None = None
    workload: str = ""
    """Which of Graph's limits the request counted against."""


class TenantSyncError(Exception):
    """An expected failure: `code` names a problem of the catalogue, `detail` says what happened this time."""

    action: ClassVar[Action] = Action.STOP

    def __init__(self, code: str, detail: str = "", *, cause: Cause | None = None) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.cause = cause or Cause()

    def problem(self) -> Problem:
        """The failure as a person should read it."""
        return find_problem(self.code, self.detail, self.cause.provider_code)


class RequestError(TenantSyncError):
    """The request is refused.

    `headers` go with the answer (Retry-After, WWW-Authenticate), `members` into the problem document.
    """

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, object] | None = None,
        cause: Cause | None = None,
    ) -> None:
        super().__init__(code, detail, cause=cause)
        self.headers = dict(headers or {})
        self.members = dict(members or {})


class ConfigurationError(TenantSyncError):
    """Our own set-up is wrong; trying again changes nothing."""


class ConsentError(TenantSyncError):
    """Consent is missing, declined or gone."""

    action = Action.RECONNECT


class ConsentPendingError(ConsentError):
    """Looks like consent that has not propagated; only believable for a while after the callback."""

    action = Action.WAIT


class PermissionMissingError(TenantSyncError):
    """Microsoft refuses this one resource."""

    action = Action.SKIP


class NotLicensedError(TenantSyncError):
    """The tenant does not have the service behind this resource."""

    action = Action.SKIP


class ThrottledError(TenantSyncError):
    """Come back later: after `cause.retry_after_seconds`, or after a back-off when Microsoft did not say."""

    action = Action.WAIT


class TransientError(TenantSyncError):
    """Likely to work a little later."""

    action = Action.RETRY


class NewerReleaseError(TransientError):
    """A newer release has written the row; it is neither read nor changed."""


class CursorExpiredError(TenantSyncError):
    """The page link is no longer good; the listing starts again."""

    action = Action.RESTART


class ConflictError(TenantSyncError):
    """The row exists already or has changed since it was read."""

    action = Action.RETRY


class DataError(TenantSyncError):
    """One object cannot be stored."""

    action = Action.QUARANTINE


class ContractError(TenantSyncError):
    """An answer no documentation describes: foreign link host, paging loop, missing body."""
