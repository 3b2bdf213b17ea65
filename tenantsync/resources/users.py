"""Users, guests included, with their licences and how each was assigned."""

from collections.abc import Mapping
from typing import Final

from tenantsync.resources.sources import Collection, ObjectChanges
from tenantsync.resources.spec import ResourceSpec
from tenantsync.store.inventory import Item

_SELECT: Final = (
    "id",
    "userPrincipalName",
    "displayName",
    "givenName",
    "surname",
    "mail",
    "proxyAddresses",
    "accountEnabled",
    "userType",
    "createdDateTime",
    "creationType",
    "externalUserState",
    "jobTitle",
    "department",
    "companyName",
    "officeLocation",
    "usageLocation",
    "onPremisesSyncEnabled",
    "onPremisesImmutableId",
    "onPremisesLastSyncDateTime",
    "lastPasswordChangeDateTime",
    "assignedLicenses",
    "licenseAssignmentStates",
    "assignedPlans",
)


def tally_user(user: Item) -> Mapping[str, float]:
    """`guests`, `assigned` (licences of the user), and one `sku:` counter per licence."""
    skus = [licence["skuId"] for licence in user.get("assignedLicenses") or () if licence.get("skuId")]
    counters = {f"sku:{sku}": 1 for sku in skus}
    return {"guests": int(user.get("userType") == "Guest"), "assigned": len(counters), **counters}


USERS = ResourceSpec(
    key="users",
    title="Users",
    permissions=("User.Read.All", "Directory.Read.All"),
    weight=30,
    count=lambda graph: graph.fetch_count("/users/$count"),
    tally=tally_user,
    # signInActivity stays out: without Entra ID P1 it makes the whole listing fail
    source=Collection(path="/users", select=_SELECT),
    changes=ObjectChanges(path="/users/delta", select=_SELECT),
)
