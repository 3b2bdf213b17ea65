"""Whether our own app is fit to be consented to, checked before anybody is sent to Microsoft."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Lock
from typing import Any, Final, Protocol

from tenantsync.clock import Clock
from tenantsync.errors import Cause, ConfigurationError, TenantSyncError
from tenantsync.settings import Settings

_GOOD_FOR: Final = timedelta(minutes=5)
_UNKNOWN_APP: Final = "AADSTS700016"
"""In our own tenant that is no missing consent: the registration itself is not there."""
_MULTI_TENANT: Final = frozenset({"AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount"})


class CheckState(StrEnum):
    """How a check ended. One that failed is a problem, not a state."""

    PASSED = "passed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the preflight; `detail` says why it was skipped."""

    name: str
    state: CheckState
    detail: str = ""

    def to_json(self) -> dict[str, str]:
        return {"check": self.name, "state": self.state.value, "detail": self.detail}


class ReadsGraph(Protocol):
    """Graph of our own tenant."""

    def renew_roles(self) -> frozenset[str]: ...
    def fetch_json(self, target: str) -> Mapping[str, Any]: ...


class AppRegistration:
    """Checks of our credential and registration; an outcome is good for five minutes."""

    def __init__(self, settings: Settings, home: ReadsGraph | None, clock: Clock) -> None:
        self._settings = settings
        self._home = home
        self._clock = clock
        self._known: tuple[datetime, tuple[Check, ...]] | None = None
        self._lock = Lock()

    def check(self) -> tuple[Check, ...]:
        """Raises ConfigurationError for what would fail for certain; what cannot be checked is skipped."""
        now = self._clock.now()
        with self._lock:
            if self._known and now - self._known[0] < _GOOD_FOR:
                return self._known[1]
        checks = tuple(self._run())
        with self._lock:
            self._known = (now, checks)
        return checks

    def _run(self) -> Iterator[Check]:
        if self._home is None:
            reason = "HOME_TENANT_ID is not set."
            yield from (Check(name, CheckState.SKIPPED, reason) for name in ("credential", "redirect_uri", "audience"))
            return
        yield self._check_credential(self._home)
        yield from self._check_registration(self._home)

    @staticmethod
    def _check_credential(home: ReadsGraph) -> Check:
        try:
            home.renew_roles()
        except ConfigurationError:
            raise
        except TenantSyncError as failure:
            if failure.cause.provider_code == _UNKNOWN_APP:
                raise ConfigurationError("app_not_found", f"Microsoft said {_UNKNOWN_APP}.") from failure
            return Check("credential", CheckState.SKIPPED, f"It could not be checked: {failure.detail}.")
        return Check("credential", CheckState.PASSED)

    def _check_registration(self, home: ReadsGraph) -> Iterator[Check]:
        path = f"/applications(appId='{self._settings.client_id}')?$select=signInAudience,web"
        try:
            registration = home.fetch_json(path)
        except TenantSyncError as failure:
            reason = f"The app registration cannot be read: {failure.detail}."
            yield from (Check(name, CheckState.SKIPPED, reason) for name in ("redirect_uri", "audience"))
            return
        yield self._check_redirect(registration)
        yield self._check_audience(registration)

    def _check_redirect(self, registration: Mapping[str, Any]) -> Check:
        web = registration.get("web")
        if not isinstance(web, Mapping) or not isinstance(web.get("redirectUris"), list):
            return Check("redirect_uri", CheckState.SKIPPED, "The registration does not show its redirect addresses.")
        if self._settings.callback_url not in web["redirectUris"]:
            detail = f"{self._settings.callback_url} is not registered."
            raise ConfigurationError("redirect_uri_mismatch", detail, cause=Cause(provider_code="AADSTS50011"))
        return Check("redirect_uri", CheckState.PASSED)

    @staticmethod
    def _check_audience(registration: Mapping[str, Any]) -> Check:
        audience = registration.get("signInAudience")
        if audience is None:
            return Check("audience", CheckState.SKIPPED, "The registration does not show its audience.")
        if audience not in _MULTI_TENANT:
            detail = f"Its audience is {audience}."
            raise ConfigurationError("app_not_multitenant", detail, cause=Cause(provider_code="AADSTS50194"))
        return Check("audience", CheckState.PASSED)
