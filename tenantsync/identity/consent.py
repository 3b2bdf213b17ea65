"""The admin-consent link, and reading what Microsoft sends back with it. Nothing here proves anything yet."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

_STATE_BYTES: Final = 32
_LONGEST_CODE: Final = 20
_DECLINED: Final = "AADSTS65004"


def new_state() -> str:
    """256 unguessable bits; only its hash is ever stored."""
    return secrets.token_urlsafe(_STATE_BYTES)


def hash_state(state: str) -> str:
    """SHA-256 (hex) of the raw state string: the key it is stored under."""
    return hashlib.sha256(state.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ConsentLink:
    """What every consent link of this app has in common."""

    login_endpoint: str
    graph_endpoint: str
    client_id: str
    redirect_uri: str

    def build(self, tenant_id: str, state: str, scopes: Sequence[str] = (), client_id: str = "") -> str:
        """The v2 admin-consent address for one tenant; v2 fails without `scope` (AADSTS900144).

        Without `scopes` everything of the registration is asked for; only delegated permissions can be named.
        """
        query = {
            "client_id": client_id or self.client_id,
            "scope": " ".join(scopes) or f"{self.graph_endpoint}/.default",
            "redirect_uri": self.redirect_uri,
            "state": state,
        }
        return f"{self.login_endpoint}/{tenant_id}/v2.0/adminconsent?{urlencode(query)}"


@dataclass(frozen=True, slots=True)
class CallbackFields:
    """Microsoft's redirect, unverified: every field may be forged."""

    state: str
    error: str
    error_description: str
    tenant: str
    code: str
    raw: Mapping[str, str]

    @classmethod
    def parse(cls, fields: Mapping[str, str]) -> "CallbackFields":
        """Takes the fields of the query, form or JSON object; a missing one is an empty string."""
        return cls(
            state=fields.get("state", ""),
            error=fields.get("error", ""),
            error_description=fields.get("error_description", ""),
            tenant=fields.get("tenant", "").strip().lower(),
            code=fields.get("code", ""),
            raw=dict(fields),
        )

    @property
    def is_declined(self) -> bool:
        """The person pressed Cancel, as opposed to an error of Microsoft's."""
        cancelled = self.raw.get("error_subcode") == "cancel"
        return (
            _DECLINED in self.error_description
            or cancelled
            or (self.error == "access_denied" and "AADSTS" not in self.error_description)
        )

    @property
    def error_code(self) -> str:
        """`AADSTS65004`-like code if the description names one, else the OAuth error; safe to show."""
        for word in self.error_description.replace(":", " ").split():
            if word.startswith("AADSTS") and word[6:].isdigit() and len(word) <= _LONGEST_CODE:
                return word
        return "".join(c for c in self.error if c.isalnum() or c == "_")[:64]
