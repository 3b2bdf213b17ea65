"""Every resource that is synced, in the order people see them. Append only: runs in flight know them by key."""

from typing import Final

from tenantsync.resources.devices import DEVICES
from tenantsync.resources.groups import GROUPS
from tenantsync.resources.licenses import LICENSES
from tenantsync.resources.mailboxes import MAILBOXES
from tenantsync.resources.memberships import MEMBERSHIPS
from tenantsync.resources.organization import ORGANIZATION
from tenantsync.resources.secure_score import SECURE_SCORE
from tenantsync.resources.spec import ResourceSpec
from tenantsync.resources.users import USERS

RESOURCES: Final[tuple[ResourceSpec, ...]] = (
    ORGANIZATION,
    USERS,
    GROUPS,
    MEMBERSHIPS,
    LICENSES,
    DEVICES,
    MAILBOXES,
    SECURE_SCORE,
)
_BY_KEY: Final = {spec.key: spec for spec in RESOURCES}


def find_resource(key: str) -> ResourceSpec | None:
    """The resource of that key, or None."""
    return _BY_KEY.get(key)
