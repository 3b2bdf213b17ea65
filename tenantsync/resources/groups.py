"""Groups of every kind Graph has; dynamic distribution groups are not among them."""

from tenantsync.resources.sources import Collection
from tenantsync.resources.spec import ResourceSpec

GROUPS = ResourceSpec(
    key="groups",
    title="Groups",
    permissions=("Group.Read.All", "Directory.Read.All"),
    weight=10,
    count=lambda graph: graph.fetch_count("/groups/$count"),
    source=Collection(
        path="/groups",
        select=(
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
        ),
    ),
)
