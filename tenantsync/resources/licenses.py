"""Subscriptions of the tenant. Who holds a licence comes with the users, so it needs no further requests."""

from collections.abc import Mapping

from tenantsync.resources.sources import Collection
from tenantsync.resources.spec import ResourceSpec
from tenantsync.store.inventory import Item


def tally_subscription(sku: Item) -> Mapping[str, float]:
    """`seats`: what can be assigned now; licences in their grace period still count.

    `enabled:` and `consumed:` have the same, and what is in use, by product.
    """
    units, product = sku.get("prepaidUnits") or {}, sku.get("skuPartNumber") or "unknown"
    seats = (units.get("enabled") or 0) + (units.get("warning") or 0)
    return {"seats": seats, f"enabled:{product}": seats, f"consumed:{product}": sku.get("consumedUnits") or 0}


LICENSES = ResourceSpec(
    key="licenses",
    title="Licences",
    permissions=("Directory.Read.All",),
    tally=tally_subscription,
    # $select on subscribedSkus is undocumented, so the whole object is taken
    source=Collection(path="/subscribedSkus", top=None, note_if_empty="no_subscription"),
)
