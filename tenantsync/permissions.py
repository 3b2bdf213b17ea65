"""The permissions the product asks for, in the order people read them, each with its reason in plain words."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Permission:
    """A Microsoft Graph permission; `kind` is `application` or `delegated`, `role_id` Microsoft's id of the first."""

    name: str
    kind: str
    why: str
    role_id: str = ""

    def to_json(self) -> dict[str, str]:
        return {"name": self.name, "kind": self.kind, "why": self.why}


PERMISSIONS: Final = (
    Permission(
        "User.Read.All",
        "application",
        "Lists the users and guests with their licences.",
        "df021288-bdef-4463-88db-98f22de89214",
    ),
    Permission(
        "Group.Read.All",
        "application",
        "Lists the groups and who is in them.",
        "5b567255-7703-4780-807c-7be8301ae99b",
    ),
    Permission(
        "Directory.Read.All",
        "application",
        "Reads the organization, its domains and subscriptions.",
        "7ab1d382-f21e-4acd-a863-ba3e13f7da61",
    ),
    Permission(
        "DeviceManagementManagedDevices.Read.All",
        "application",
        "Lists the devices managed by Intune and their compliance.",
        "2f51be20-0bb4-4fed-bf7b-db946066c75e",
    ),
    Permission(
        "SecurityEvents.Read.All",
        "application",
        "Reads the Microsoft Secure Score.",
        "bf394140-e372-4bf9-a898-299cfc7564e5",
    ),
    Permission(
        "Reports.Read.All",
        "application",
        "Reads the mailbox usage report: which mailboxes there are, how full.",
        "230c1aed-a721-4c5d-9cb4-a90514e508ef",
    ),
    Permission("Mail.Read", "delegated", "Kept for support with a signed-in person; the inventory never uses it."),
)
APPLICATION_PERMISSIONS: Final = frozenset(item.name for item in PERMISSIONS if item.kind == "application")
READS_DIRECTORY_ROLES: Final = "Directory.Read.All"
DELEGATED_PERMISSIONS: Final = frozenset(item.name for item in PERMISSIONS if item.kind == "delegated")
ASKED: Final = " ".join(item.name for item in PERMISSIONS if item.kind == "application")
"""The application permissions as a connection remembers them."""
