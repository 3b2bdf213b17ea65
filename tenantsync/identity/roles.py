"""Microsoft Entra directory roles, as far as they decide who may consent for a whole organization."""

from collections.abc import Collection
from typing import Final

GLOBAL_ADMINISTRATOR: Final = "62e90394-69f5-4237-9190-012177145e10"
PRIVILEGED_ROLE_ADMINISTRATOR: Final = "e8611ab8-c189-46e8-94e1-60213ab1f814"
_NAMES: Final = {
    GLOBAL_ADMINISTRATOR: "Global Administrator",
    PRIVILEGED_ROLE_ADMINISTRATOR: "Privileged Role Administrator",
}
_MAY_CONSENT: Final = frozenset({GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR})


def may_consent(directory_roles: Collection[str]) -> bool:
    """Whether an account with these roles (template ids) may consent to application permissions of Graph."""
    return not _MAY_CONSENT.isdisjoint(directory_roles)


def role_name(role: str) -> str:
    """Microsoft's name of a role template id, or the id."""
    return _NAMES.get(role, role)
