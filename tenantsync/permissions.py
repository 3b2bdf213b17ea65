"""The permissions the product asks for, in the order people read them, each with its reason in plain words."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Permission:
    """A Microsoft Graph permission; `kind` is `application` or `delegated`."""

    name: str
    kind: str
    why: str

    def to_json(self) -> dict[str, str]:
        return {"name": self.name, "kind": self.kind, "why": self.why}


PERMISSIONS: Final = (
    Permission("User.Read.All", "application", "Lists the users and guests with their licences."),
    Permission("Group.Read.All", "application", "Lists the groups and who is in them."),
    Permission("Directory.Read.All", "application", "Reads the organization, its domains and subscriptions."),
    Permission(
        "DeviceManagementManagedDevices.Read.All",
        "application",
        "Lists the devices managed by Intune and their compliance.",
    ),
    Permission("SecurityEvents.Read.All", "application", "Reads the Microsoft Secure Score."),
    Permission(
        "Reports.Read.All", "application", "Reads the mailbox usage report: which mailboxes there are, how full."
    ),
    Permission("Mail.Read", "delegated", "Kept for support with a signed-in person; the inventory never uses it."),
)
APPLICATION_PERMISSIONS: Final = frozenset(item.name for item in PERMISSIONS if item.kind == "application")
