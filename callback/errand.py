"""What an administrator was sent to Microsoft for: three errands share the way there and back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from tenantsync.identity.tokens import SignedInAdmin
from tenantsync.orchestrations import Orchestrations


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an errand ended: a problem code, what happened, and Microsoft's code if it gave one."""

    code: str
    message: str = ""
    microsoft_code: str = ""
    other_tenant_id: str = ""
    members: Mapping[str, object] = field(default_factory=dict)


NO_ADMINISTRATOR: Final = Refusal("admin_role_missing", "Microsoft says that this account has no such role.")


@dataclass(frozen=True, slots=True)
class Accomplished:
    """The errand is done; `body` is what the portal is answered."""

    connection_id: str
    body: Mapping[str, Any]


class Errand(Protocol):
    """One errand, as stored."""

    @property
    def connection_id(self) -> str: ...
    @property
    def is_open(self) -> bool:
        """Whether it can still be accomplished."""

    @property
    def is_under_way(self) -> bool:
        """Whether it was accomplished: a reload is told so."""

    @property
    def keeps_link(self) -> bool:
        """Whether it stays open, and its sign-in link good, when a sign-in is refused."""

    def why_void(self) -> str:
        """The problem code of an errand that may no longer be accomplished, else empty."""

    def next_action(self, code: str) -> str:
        """What to do after this problem, where the catalogue's word is about connecting; else empty."""

    def why_not(self, admin: SignedInAdmin) -> Refusal | None:
        """Why this account cannot accomplish it, as far as that is known by now."""

    def mend(self, orchestrations: Orchestrations) -> None:
        """Repeats what a crash may have kept from happening after it was accomplished."""

    def refuse(self, refusal: Refusal) -> Mapping[str, object]:
        """Stores why it ended; gives what the problem document says on top."""

    def accomplish(self, admin: SignedInAdmin, orchestrations: Orchestrations) -> Accomplished:
        """Stores that the tenant's administrator has proven himself, and goes on.

        Raises ConflictError when it was closed meanwhile.
        """
