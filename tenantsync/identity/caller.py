"""Who calls the portal's API: checks the bearer token here, in code, whatever stands in front of the app."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import jwt

from tenantsync.clock import Clock
from tenantsync.errors import RequestError, TransientError
from tenantsync.identity.authority import is_guid
from tenantsync.identity.issuer_keys import IssuerKeys
from tenantsync.outbound import Outbound
from tenantsync.settings import Settings

_LEEWAY_SECONDS: Final = 60
_LONGEST_TOKEN: Final = 16 * 1024
_CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}


class Role(StrEnum):
    """App roles of the portal's API. Every MSP's own admin hands them out: they reach that MSP only."""

    READ = "Onboarding.Read"
    CONNECT = "Onboarding.Connect"
    SUPPORT = "Onboarding.Support"
    OPS = "Onboarding.Ops"


@dataclass(frozen=True, slots=True)
class Caller:
    """A checked caller; `msp_id` is the tenant of the MSP, and all data of a request is keyed by it."""

    msp_id: str
    user_id: str
    roles: frozenset[str]
    is_operator: bool = False

    def reaches(self, msp_id: str) -> bool:
        """Whether this caller may touch an MSP's data: its own, and any as the operator's Support or Ops."""
        is_staff = self.is_operator and not self.roles.isdisjoint({Role.SUPPORT, Role.OPS})
        return msp_id == self.msp_id or is_staff


class CallerIdentity:
    """Validates RS256 tokens of allowed MSPs against their issuer's published keys."""

    def __init__(
        self,
        settings: Settings,
        outbound: Outbound,
        clock: Clock,
        knows: Callable[[str], bool] = lambda msp_id: False,  # noqa: ARG005 - nobody is known
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._keys = IssuerKeys(outbound, clock, lambda issuer: knows(issuer.split("/")[-2]))

    def identify(self, authorization: str, *any_of: Role) -> Caller:
        """The caller behind an Authorization header, who has one of the roles.

        Raises RequestError 401 or 403; an MSP that is not allowed is refused before any key is fetched.
        """
        token = _bearer_token(authorization)
        key_id, msp_id = self._claimed_origin(token)
        claims = self._verified_claims(token, key_id, msp_id)
        roles = frozenset(claims["roles"] if isinstance(claims.get("roles"), list) else ())
        if roles.isdisjoint(any_of):
            raise RequestError("role_missing", f"The role {' or '.join(role.value for role in any_of)} is needed.")
        is_operator = msp_id == self._settings.operator_tenant_id
        return Caller(msp_id, str(claims.get("oid") or claims.get("sub") or ""), roles, is_operator)

    def _claimed_origin(self, token: str) -> tuple[str, str]:
        try:
            header = jwt.get_unverified_header(token)
            claims = jwt.decode(token, options={"verify_signature": False})
        except jwt.InvalidTokenError as error:
            raise _unauthenticated("The token cannot be read.") from error
        msp_id, key_id = claims.get("tid"), header.get("kid")
        if header.get("alg") != "RS256" or not isinstance(key_id, str):
            raise _unauthenticated("The token is not signed with RS256.")
        if not isinstance(msp_id, str) or not is_guid(msp_id) or claims.get("iss") != self._issuer(msp_id):
            raise _unauthenticated("The token's issuer does not fit its tenant.")
        allowed = self._settings.allowed_msp_tenants
        if allowed is not None and msp_id not in allowed and msp_id != self._settings.operator_tenant_id:
            raise RequestError("msp_not_allowed")
        return key_id, msp_id

    def _verified_claims(self, token: str, key_id: str, msp_id: str) -> dict[str, Any]:
        key = self._find_key(key_id, msp_id)
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key=key,
                algorithms=["RS256"],
                audience=self._settings.api_audience,
                issuer=self._issuer(msp_id),
                options={"require": ["exp", "nbf", "aud", "iss"], "verify_exp": False, "verify_nbf": False},
            )
        except jwt.InvalidTokenError as error:
            raise _unauthenticated("The token is not valid for this service.") from error
        self._keys.confirm(self._issuer(msp_id))
        self._check_times(claims)
        return claims

    def _check_times(self, claims: dict[str, Any]) -> None:
        now = self._clock.now().timestamp()
        expires, starts = claims["exp"], claims["nbf"]
        numbers = isinstance(expires, int | float) and isinstance(starts, int | float)
        if not numbers or now > expires + _LEEWAY_SECONDS or now < starts - _LEEWAY_SECONDS:
            raise _unauthenticated("The token has expired or is not valid yet.")

    def _find_key(self, key_id: str, msp_id: str) -> Any:
        try:
            key = self._keys.find(self._issuer(msp_id), key_id)
        except TransientError as error:
            raise RequestError(
                "service_unavailable", "The issuer's keys cannot be read.", headers={"Retry-After": "60"}
            ) from error
        if key is None:
            raise _unauthenticated("The token is signed with an unknown key.")
        return key

    def _issuer(self, msp_id: str) -> str:
        return f"{self._settings.login_endpoint}/{msp_id}/v2.0"


def _bearer_token(authorization: str) -> str:
    scheme, _, token = authorization[: _LONGEST_TOKEN + 1].partition(" ")
    if len(authorization) > _LONGEST_TOKEN:
        raise _unauthenticated("The token is too long.")
    if scheme.lower() != "bearer" or not token.strip():
        raise _unauthenticated("Send a bearer token of the portal's API.")
    return token.strip()


def _unauthenticated(detail: str) -> RequestError:
    return RequestError("unauthenticated", detail, headers=_CHALLENGE)
