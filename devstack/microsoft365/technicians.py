"""The people of the MSPs: who signs in to the portal, with what session, code and refresh token."""

import base64
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from devstack.microsoft365.scenario import MspSpec, PersonSpec

CODE_SECONDS: Final = 600
REFRESH_SECONDS: Final = 24 * 3600
"""Of a single-page application's refresh tokens, counted from the sign-in; a new token does not prolong it."""
_OPENID_SCOPES: Final = frozenset({"openid", "profile", "offline_access", "email"})
_ANY_MSP: Final = frozenset({"organizations", "common"})


@dataclass(frozen=True, slots=True)
class Technician:
    """Somebody with an account in an MSP's tenant."""

    msp: MspSpec
    spec: PersonSpec

    @property
    def object_id(self) -> str:
        return str(uuid5(NAMESPACE_URL, f"{self.msp.tenant_id}/{self.spec.username}"))

    @property
    def client_info(self) -> str:
        """By this a client tells accounts apart: base64url JSON `{uid, utid}`."""
        named = {"uid": self.object_id, "utid": self.msp.tenant_id}
        return base64.urlsafe_b64encode(json.dumps(named).encode()).decode().rstrip("=")

    def belongs_to(self, tenant: str) -> bool:
        """Whether the account may be used at `/{tenant}`: its own MSP's id or domain, or one that stands for all."""
        return tenant.lower() in _ANY_MSP | {self.msp.tenant_id, self.msp.domain}


@dataclass(frozen=True, slots=True)
class PortalCode:
    """An authorization code of the portal, good for one redemption with its verifier."""

    technician: Technician
    nonce: str
    challenge: str
    redirect_uri: str
    scope: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class PortalGrant:
    """What a refresh token stands for."""

    technician: Technician
    scope: str
    expires_at: float


@dataclass
class Technicians:
    """All of them, and what they hold; secrets are keys."""

    everybody: tuple[Technician, ...]
    sessions: dict[str, Technician] = field(default_factory=dict)
    codes: dict[str, PortalCode] = field(default_factory=dict)
    grants: dict[str, PortalGrant] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, msps: Iterable[MspSpec]) -> "Technicians":
        return cls(tuple(Technician(msp, person) for msp in msps for person in msp.people))

    def at(self, tenant: str) -> list[Technician]:
        """Those who can sign in at `/{tenant}`."""
        return [technician for technician in self.everybody if technician.belongs_to(tenant)]

    def find(self, username: str) -> Technician | None:
        name = username.lower()
        return next((one for one in self.everybody if one.spec.username.lower() == name), None)

    def open_session(self, technician: Technician) -> str:
        session = secrets.token_urlsafe(32)
        self.sessions[session] = technician
        return session

    def issue_code(self, code: PortalCode) -> str:
        text = f"1.{secrets.token_urlsafe(48)}"
        self.codes[text] = code
        return text

    def issue_refresh_token(self, grant: PortalGrant) -> str:
        """The earlier token of the same sign-in stays good, as two tabs may hold it."""
        text = f"1.{secrets.token_urlsafe(64)}"
        self.grants[text] = grant
        return text

    def sign_out_everywhere(self, tenant_id: str) -> None:
        """Voids the sessions, codes and refresh tokens of an MSP's people, as revoking their sessions does."""
        for session in [key for key, one in self.sessions.items() if one.msp.tenant_id == tenant_id]:
            del self.sessions[session]
        for text in [key for key, code in self.codes.items() if code.technician.msp.tenant_id == tenant_id]:
            del self.codes[text]
        self.revoked |= {key for key, grant in self.grants.items() if grant.technician.msp.tenant_id == tenant_id}


def unknown_scopes(scope: str, portal_scope: str) -> list[str]:
    """Those that neither OpenID Connect nor the portal's API has."""
    return sorted(set(scope.split()) - _OPENID_SCOPES - {portal_scope})
