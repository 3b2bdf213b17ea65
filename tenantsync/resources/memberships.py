"""Who is in which group, through the groups' delta: one call per group would be the longest part of a sync."""

from collections.abc import Iterator

from tenantsync.resources.sources import DeltaMembers
from tenantsync.resources.spec import Object, ResourceSpec
from tenantsync.store.inventory import Item


def membership_rows(group: Object) -> Iterator[tuple[str, Item | None]]:
    """One row a member; a member marked as removed takes its row away."""
    group_id = group["id"]
    for member in group.get("members@delta") or ():
        identifier = f"{group_id}_{member['id']}"
        yield identifier, None if "@removed" in member else _membership(identifier, group_id, member)


def _membership(identifier: str, group_id: str, member: Object) -> Item:
    kind = str(member.get("@odata.type", "")).rpartition(".")[2]
    return {"id": identifier, "groupId": group_id, "memberId": member["id"], "memberType": kind or None}


_DELTA = DeltaMembers(path="/groups/delta", select=("id", "members"), rows=membership_rows)

MEMBERSHIPS = ResourceSpec(
    key="memberships",
    title="Group memberships",
    permissions=("Group.Read.All", "Directory.Read.All"),
    weight=30,
    evidence="delta_link_reached",
    pace=2000,
    source=_DELTA,
    changes=_DELTA,
)
