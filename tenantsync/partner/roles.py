"""Microsoft Entra roles of a GDAP relationship: templates by job function, and what each feature needs.

Built-in roles only, as Microsoft asks. Global Administrator is in no template.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from tenantsync.errors import RequestError
from tenantsync.identity.roles import GLOBAL_ADMINISTRATOR

GLOBAL_READER: Final = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
DIRECTORY_READERS: Final = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"
SECURITY_READER: Final = "5d6b6bb7-de71-4623-b4af-96380a352509"
REPORTS_READER: Final = "4a5d8f65-41da-4de4-8968-e035b65339cf"
SERVICE_SUPPORT_ADMINISTRATOR: Final = "f023fd81-a637-4b56-95fd-791ac0226033"
HELPDESK_ADMINISTRATOR: Final = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
USER_ADMINISTRATOR: Final = "fe930be7-5e62-47db-91af-98c3a49a38b1"
LICENSE_ADMINISTRATOR: Final = "4d6ac14f-3453-41d0-bef9-a3e0c569773a"
GROUPS_ADMINISTRATOR: Final = "fdd7a751-b60b-444a-984c-02652fe8fa1c"
INTUNE_ADMINISTRATOR: Final = "3a2c62db-5318-420d-8d74-23affee5d9d5"
EXCHANGE_ADMINISTRATOR: Final = "29232cdf-9323-42fd-ade2-1d097af3e4de"
SHAREPOINT_ADMINISTRATOR: Final = "f28a1f50-f6e7-4571-818b-6a12f2af6b6c"
TEAMS_ADMINISTRATOR: Final = "69091246-20e8-4a56-aa4d-066075b2a7a8"
SECURITY_ADMINISTRATOR: Final = "194ae4cb-b126-40b2-bd5b-6091b380977d"
SECURITY_OPERATOR: Final = "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f"

ROLE_NAMES: Final = {
    GLOBAL_ADMINISTRATOR: "Global Administrator",
    GLOBAL_READER: "Global Reader",
    DIRECTORY_READERS: "Directory Readers",
    SECURITY_READER: "Security Reader",
    REPORTS_READER: "Reports Reader",
    SERVICE_SUPPORT_ADMINISTRATOR: "Service Support Administrator",
    HELPDESK_ADMINISTRATOR: "Helpdesk Administrator",
    USER_ADMINISTRATOR: "User Administrator",
    LICENSE_ADMINISTRATOR: "License Administrator",
    GROUPS_ADMINISTRATOR: "Groups Administrator",
    INTUNE_ADMINISTRATOR: "Intune Administrator",
    EXCHANGE_ADMINISTRATOR: "Exchange Administrator",
    SHAREPOINT_ADMINISTRATOR: "SharePoint Administrator",
    TEAMS_ADMINISTRATOR: "Teams Administrator",
    SECURITY_ADMINISTRATOR: "Security Administrator",
    SECURITY_OPERATOR: "Security Operator",
    "966707d0-3269-4727-9be2-8c3a10f19b9d": "Password Administrator",
    "c4e39bd9-1100-46d3-8c65-fb160da0071f": "Authentication Administrator",
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13": "Privileged Authentication Administrator",
    "e8611ab8-c189-46e8-94e1-60213ab1f814": "Privileged Role Administrator",
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": "Application Administrator",
    "158c047a-c907-4556-b7ef-446551a6b5f7": "Cloud Application Administrator",
    "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9": "Conditional Access Administrator",
    "9360feb5-f418-4baa-8175-e2a00bac4301": "Directory Writers",
    "8329153b-31d0-4727-b945-745eb3bc5f31": "Domain Name Administrator",
    "790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b": "Message Center Reader",
    "75934031-6c7e-415a-99d7-48dbd49e875e": "Usage Summary Reports Reader",
}
"""The roles that can be asked for here, by Microsoft's template ids."""
_BY_NAME: Final = {name.casefold(): role_id for role_id, name in ROLE_NAMES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleTemplate:
    """Roles for one job; each comes with the reason it is needed."""

    key: str
    title: str
    roles: tuple[tuple[str, str], ...]

    @property
    def role_ids(self) -> tuple[str, ...]:
        return tuple(role_id for role_id, _ in self.roles)

    def to_json(self) -> dict[str, Any]:
        roles = [{**describe_role(role_id), "why": why} for role_id, why in self.roles]
        return {"key": self.key, "title": self.title, "roles": roles}


READ_ONLY: Final = "read_only"
_DIRECTORY: Final = (DIRECTORY_READERS, "Reads users, groups and licences, without which no person can be found.")
TEMPLATES: Final = (
    RoleTemplate(
        key=READ_ONLY,
        title="Look at the inventory, change nothing",
        roles=(
            _DIRECTORY,
            (
                GLOBAL_READER,
                "Reads what has no smaller reading role: devices in Intune, settings of Exchange and Teams.",
            ),
            (SECURITY_READER, "Reads the Secure Score and security alerts."),
            (REPORTS_READER, "Reads usage reports row by row; Global Reader sees their sums only."),
        ),
    ),
    RoleTemplate(
        key="helpdesk",
        title="Help desk",
        roles=(
            _DIRECTORY,
            (HELPDESK_ADMINISTRATOR, "Resets passwords and ends sessions of people who are no administrators."),
            (SERVICE_SUPPORT_ADMINISTRATOR, "Reads service health and opens support requests at Microsoft."),
        ),
    ),
    RoleTemplate(
        key="user_administration",
        title="Users, groups and licences",
        roles=(
            _DIRECTORY,
            (USER_ADMINISTRATOR, "Creates, changes and blocks users."),
            (GROUPS_ADMINISTRATOR, "Creates groups and changes who is in them."),
            (LICENSE_ADMINISTRATOR, "Assigns licences."),
        ),
    ),
    RoleTemplate(
        key="intune",
        title="Devices",
        roles=(_DIRECTORY, (INTUNE_ADMINISTRATOR, "Changes and retires devices, policies and apps in Intune.")),
    ),
    RoleTemplate(
        key="exchange",
        title="Mail",
        roles=(_DIRECTORY, (EXCHANGE_ADMINISTRATOR, "Manages mailboxes, mail flow and shared mailboxes.")),
    ),
    RoleTemplate(
        key="security",
        title="Security",
        roles=(
            _DIRECTORY,
            (SECURITY_READER, "Reads the Secure Score and security alerts."),
            (SECURITY_OPERATOR, "Handles alerts and incidents."),
        ),
    ),
)
_TEMPLATES: Final = {template.key: template for template in TEMPLATES}

_READS_DIRECTORY: Final = (DIRECTORY_READERS, GLOBAL_READER, USER_ADMINISTRATOR)
_READS_SECURITY: Final = (SECURITY_READER, GLOBAL_READER, SECURITY_OPERATOR, SECURITY_ADMINISTRATOR)
FEATURES: Final = {
    "organization": _READS_DIRECTORY,
    "users": _READS_DIRECTORY,
    "groups": _READS_DIRECTORY,
    "memberships": _READS_DIRECTORY,
    "licenses": (*_READS_DIRECTORY, LICENSE_ADMINISTRATOR),
    "devices": (GLOBAL_READER, INTUNE_ADMINISTRATOR),
    "mailboxes": (REPORTS_READER, EXCHANGE_ADMINISTRATOR),
    "secure_score": _READS_SECURITY,
    "reset_passwords": (HELPDESK_ADMINISTRATOR, USER_ADMINISTRATOR),
    "block_sign_in": (USER_ADMINISTRATOR,),
    "manage_users": (USER_ADMINISTRATOR,),
    "manage_group_members": (GROUPS_ADMINISTRATOR, USER_ADMINISTRATOR),
    "manage_devices": (INTUNE_ADMINISTRATOR,),
    "exchange_online": (EXCHANGE_ADMINISTRATOR,),
    "sharepoint": (SHAREPOINT_ADMINISTRATOR,),
    "teams": (TEAMS_ADMINISTRATOR,),
    "defender": _READS_SECURITY,
}
"""What a technician can do in a customer's tenant with any one of these roles, the smallest first.

The keys are those of the inventory's resources and of the operations. Global Administrator is enough for each.
"""


def find_template(key: str) -> RoleTemplate | None:
    """The template of that key, or None."""
    return _TEMPLATES.get(key)


def parse_role(text: str) -> str:
    """A role's id from its id or name; raises RequestError `invalid_request` for one that is not built in."""
    role_id = text if text in ROLE_NAMES else _BY_NAME.get(text.casefold(), "")
    if not role_id:
        raise RequestError("invalid_request", f"There is no role {text[:60]!r} that could be asked for.")
    return role_id


def describe_role(role_id: str) -> dict[str, str]:
    """`{"roleId", "name"}`; a role nobody knows here has its id for a name."""
    return {"roleId": role_id, "name": ROLE_NAMES.get(role_id, role_id)}


def describe_features(role_ids: Collection[str]) -> list[dict[str, Any]]:
    """Each feature: whether it works with these roles, which would do, and the smallest that is missing."""
    is_global = GLOBAL_ADMINISTRATOR in role_ids
    found = []
    for feature, any_of in FEATURES.items():
        works = is_global or not set(any_of).isdisjoint(role_ids)
        names = [ROLE_NAMES[role_id] for role_id in any_of]
        found.append({"feature": feature, "works": works, "anyOf": names, "missing": [] if works else names[:1]})
    return found
