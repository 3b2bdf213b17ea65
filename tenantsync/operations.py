"""What may be asked for beyond the inventory: operations that change something, and additional services.

Delegated permissions act as a signed-in person and can be asked for one by one. Application permissions act alone; they
cannot be asked for by name, so they live in a registration of their own and never weigh on the read-only one.
"""

from dataclasses import dataclass
from typing import Final

from tenantsync.permissions import PERMISSIONS, Permission

GRAPH: Final = "graph"
INVENTORY: Final = "inventory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Something an MSP may want to do in a tenant, and the least it takes.

    `resource` is the service the permissions belong to: `graph`, or the service's own address.
    """

    key: str
    title: str
    kind: str
    permissions: tuple[Permission, ...]
    resource: str = GRAPH
    is_service: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(permission.name for permission in self.permissions)


def _delegated(key: str, title: str, *permissions: tuple[str, str], **more: str | bool) -> Operation:
    needed = tuple(Permission(name, "delegated", why) for name, why in permissions)
    return Operation(key=key, title=title, kind="delegated", permissions=needed, **more)  # type: ignore[arg-type]


def _application(key: str, title: str, *permissions: tuple[str, str, str]) -> Operation:
    needed = tuple(Permission(name, "application", why, role_id) for name, why, role_id in permissions)
    return Operation(key=key, title=title, kind="application", permissions=needed)


OPERATIONS: Final = (
    Operation(key=INVENTORY, title="Read the inventory", kind="application", permissions=PERMISSIONS),
    _delegated(
        "reset_passwords",
        "Reset passwords",
        ("User-PasswordProfile.ReadWrite.All", "Sets a new password for a user, as the signed-in administrator."),
    ),
    _delegated(
        "block_sign_in",
        "Block and allow sign-in",
        ("User.EnableDisableAccount.All", "Disables and enables accounts, as the signed-in administrator."),
    ),
    _delegated(
        "manage_users",
        "Create and change users",
        ("User.ReadWrite.All", "Creates and changes users and their licences, as the signed-in administrator."),
    ),
    _delegated(
        "manage_group_members",
        "Change group members",
        ("GroupMember.ReadWrite.All", "Adds and removes members of groups, as the signed-in administrator."),
    ),
    _delegated(
        "manage_devices",
        "Manage devices",
        (
            "DeviceManagementManagedDevices.ReadWrite.All",
            "Changes and retires devices in Intune, as the signed-in administrator.",
        ),
    ),
    _application(
        "automate_users",
        "Change users and memberships unattended",
        ("User.ReadWrite.All", "Creates and changes users without a person.", "741f803b-c850-494e-b5df-cde7c675a1ca"),
        (
            "GroupMember.ReadWrite.All",
            "Changes memberships without a person.",
            "dbaae8cf-10b5-4b86-a4a1-f871c94c6695",
        ),
    ),
    _application(
        "automate_devices",
        "Manage devices unattended",
        (
            "DeviceManagementManagedDevices.ReadWrite.All",
            "Changes and retires devices without a person.",
            "243333ab-4d21-40cb-a475-36241daa0842",
        ),
    ),
    _delegated(
        "exchange_online",
        "Exchange Online administration",
        ("Exchange.Manage", "Manages mailboxes in Exchange Online, as the signed-in administrator."),
        resource="https://outlook.office365.com",
        is_service=True,
    ),
    _delegated(
        "sharepoint",
        "SharePoint",
        ("Sites.Read.All", "Reads sites and their files, as the signed-in administrator."),
        is_service=True,
    ),
    _delegated(
        "teams",
        "Microsoft Teams",
        ("Team.ReadBasic.All", "Lists the teams."),
        ("Channel.ReadBasic.All", "Lists the channels of teams."),
        is_service=True,
    ),
    _delegated(
        "defender",
        "Microsoft Defender",
        ("SecurityAlert.Read.All", "Reads alerts of Microsoft Defender."),
        ("SecurityIncident.Read.All", "Reads incidents of Microsoft Defender."),
        is_service=True,
    ),
)
_BY_KEY: Final = {operation.key: operation for operation in OPERATIONS}
SERVICES: Final = tuple(operation.key for operation in OPERATIONS if operation.is_service)
ROLE_NAMES: Final = {
    permission.role_id: permission.name
    for operation in OPERATIONS
    for permission in operation.permissions
    if permission.role_id
}
"""Names of Microsoft's application permissions by id."""


_ASK_AGAIN: Final = "Ask for the permissions again and send the administrator the new link."
_ABOUT_CONNECTING: Final = frozenset(
    {"consent_declined", "wrong_tenant", "link_expired", "link_cancelled", "link_replaced", "state_used"}
)


def ask_again(problem_code: str) -> str:
    """What to do when a request for permissions ended so, where the catalogue would say to connect; else empty."""
    return _ASK_AGAIN if problem_code in _ABOUT_CONNECTING else ""


def find_operation(key: str) -> Operation | None:
    """The operation of that key, or None."""
    return _BY_KEY.get(key)
