"""Groups of every kind Graph has; dynamic distribution groups are not among them."""

from typing import Final

from tenantsync.resources.sources import Collection, ObjectChanges
from tenantsync.resources.spec import ResourceSpec

_SELECT: Final = (
    "id",
    "displayName",
    "description",
    "mail",
    "mailNickname",
    "mailEnabled",
    "securityEnabled",
    "groupTypes",
    "visibility",
    "isAssignableToRole",
    "membershipRule",
    "membershipRuleProcessingState",
    "assignedLicenses",
    "onPremisesSyncEnabled",
    "createdDateTime",
    "renewedDateTime",
    "expirationDateTime",
    "proxyAddresses",
)


GROUPS = ResourceSpec(
    key="groups",
    title="Groups",
    permissions=("Group.Read.All", "Directory.Read.All"),
    weight=10,
    count=lambda graph: graph.fetch_count("/groups/$count"),
    source=Collection(path="/groups", select=_SELECT),
    changes=ObjectChanges(path="/groups/delta", select=_SELECT),
)
