import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenantsync.errors import RequestError
from tenantsync.store.inventory import Inventory, Listing
from tests.fakes.memory_tables import MemoryTables
from tests.fakes.microsoft import TENANT

LISTING = Listing(TENANT, "users", "run.0")


@pytest.fixture
def inventory(tables: MemoryTables) -> Inventory:
    return Inventory(tables)


def read_all(inventory: Inventory, top: int) -> list[str]:
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = inventory.read_page(TENANT, "users", top, cursor)
        assert len(page.items) <= top
        found += [item["id"] for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found


@pytest.mark.parametrize("top", [1, 7, 100, 1000])
def test_pages_give_every_item_once_whatever_their_size(inventory: Inventory, top: int):
    wanted = [f"id-{number}" for number in range(120)]
    inventory.write(LISTING, {name: {"id": name} for name in wanted})
    assert sorted(read_all(inventory, top)) == sorted(wanted)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=30), st.text(max_size=200), min_size=1, max_size=20))
def test_items_come_back_as_they_went_in(values: dict[str, str]):
    inventory = Inventory(MemoryTables())
    items = {name: {"id": name, "value": value} for name, value in values.items()}
    inventory.write(LISTING, items)
    stored = inventory.read_page(TENANT, "users", 1000, None).items
    assert {item["id"]: item for item in stored} == items


@pytest.mark.parametrize("text", ["a" * 200_000, "\u00e4" * 100_000, "\U0001f600" * 60_000])
def test_oversize_text_is_split_over_properties_never_dropped(inventory: Inventory, tables: MemoryTables, text: str):
    assert inventory.write(LISTING, {"big": {"id": "big", "text": text}}) == 0
    (row,) = tables.rows("Inventory")
    for value in row.values.values():
        assert len(str(value).encode("utf-16-le")) <= 64 * 1024
    assert inventory.read_page(TENANT, "users", 1, None).items[0]["text"] == text


def test_row_beyond_the_stores_limit_is_counted_not_stored(inventory: Inventory, tables: MemoryTables):
    assert inventory.write(LISTING, {"huge": {"id": "huge", "text": "x" * 600_000}}) == 1
    assert tables.rows("Inventory") == []


def test_writing_an_item_again_leaves_one(inventory: Inventory):
    for _ in range(2):
        inventory.write(LISTING, {"a": {"id": "a"}})
    assert read_all(inventory, 10) == ["a"]


def test_tally_is_summed_over_the_listings_own_rows(inventory: Inventory):
    inventory.write(Listing(TENANT, "users", "old.0"), {"x": {"id": "x"}}, lambda item: {"guests": 100})
    items = {str(number): {"id": str(number)} for number in range(40)}  # some share a shard
    inventory.write(LISTING, items, lambda item: {"guests": 1, "score": 0.5})
    stored = stale = 0
    total: dict[str, float] = {}
    cursor = ""
    while True:
        count = inventory.count(LISTING, cursor)
        stored, stale, cursor = stored + count.stored, stale + count.stale, count.cursor
        for name, number in count.tally.items():
            total[name] = total.get(name, 0) + number
        if not cursor:
            break
    assert (stored, stale, total) == (40, 1, {"guests": 40, "score": 20.0})


@pytest.mark.parametrize("cursor", ["x", "!!!", "OTk6eA", "LTE6", "bm8", "\u00e9"])
def test_foreign_cursor_is_refused(inventory: Inventory, cursor: str):
    with pytest.raises(RequestError, match="invalid_request"):
        inventory.read_page(TENANT, "users", 10, cursor)
