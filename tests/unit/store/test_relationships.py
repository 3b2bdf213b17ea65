"""Relationships of one tenant, found among those of thousands."""

from tenantsync.store.relationships import OwnRelationship, Relationships
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import MSP, OTHER_TENANT, TENANT


def relationship(tenant_id: str, number: int) -> OwnRelationship:
    at = f"2026-03-02T09:{number:02d}:00.000Z"
    return OwnRelationship(
        msp_id=MSP,
        tenant_id=tenant_id,
        key=f"{number:024x}",
        display_name=f"{tenant_id} {number}",
        customer_name="Contoso",
        duration="P90D",
        roles="",
        created_at=at,
        updated_at=at,
    )


def test_tenant_has_its_own_the_newest_first_however_many(tables: MemoryTables):
    stored = Relationships(tables)
    for number in range(45):
        for tenant_id in (TENANT, OTHER_TENANT):
            stored.create(relationship(tenant_id, number))
    for tenant_id in (TENANT, OTHER_TENANT):
        assert stored.list_of_tenant(MSP, tenant_id) == [
            relationship(tenant_id, number) for number in range(44, -1, -1)
        ]


def test_tenant_without_any_has_none(tables: MemoryTables):
    stored = Relationships(tables)
    stored.create(relationship(OTHER_TENANT, 1))
    assert stored.list_of_tenant(MSP, TENANT) == []
