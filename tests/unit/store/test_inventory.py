import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenantsync.errors import RequestError, TransientError
from tenantsync.store.inventory import Inventory, Listing, add_tally
from tenantsync.store.row_hashes import RowHashes, pack
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


def count_all(inventory: Inventory, listing: Listing, kept: RowHashes | None = None) -> tuple[int, int]:
    steps = list(inventory.count(listing, "", kept or RowHashes()))
    return sum(step.stored for step in steps), sum(step.stale for step in steps)


def known_hashes(inventory: Inventory, listing: Listing) -> RowHashes:
    return RowHashes([step.hashes for step in inventory.count(listing, "")])


def sweep_all(inventory: Inventory, listing: Listing, kept: RowHashes | None = None) -> None:
    cursor = "0:"
    while cursor:
        cursor = inventory.sweep(listing, cursor, kept or RowHashes())


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


@pytest.mark.parametrize(
    "text",
    ["a" * 200_000, "\u00e4" * 100_000, "\U0001f600" * 60_000, "x" * 1_300_000, "\U0001f600" * 500_000],
    ids=["ascii", "umlauts", "emoji", "beyond a row", "emoji beyond a row"],
)
def test_oversize_text_is_split_over_properties_and_rows_never_dropped(
    inventory: Inventory, tables: MemoryTables, text: str
):
    inventory.write(LISTING, {"big": {"id": "big", "text": text}})
    for row in tables.rows("Inventory"):
        sizes = [len(str(value).encode("utf-16-le")) for value in row.values.values()]
        assert max(sizes) <= 64 * 1024
        assert sum(sizes) <= 1024 * 1024 - 4096
    assert inventory.read_page(TENANT, "users", 1, None).items[0]["text"] == text
    assert count_all(inventory, LISTING) == (1, 0)


def test_rows_beyond_the_own_one_go_when_the_item_shrinks_or_leaves(inventory: Inventory, tables: MemoryTables):
    inventory.write(Listing(TENANT, "users", "old.0"), {"big": {"id": "big", "text": "x" * 1_300_000}})
    inventory.write(LISTING, {"big": {"id": "big", "text": "x"}})
    assert count_all(inventory, LISTING) == (1, 2)
    sweep_all(inventory, LISTING)
    assert len(tables.rows("Inventory")) == 1
    inventory.write(LISTING, {"big": {"id": "big", "text": "x" * 1_300_000}})
    assert inventory.remove_all(TENANT, "users", 100)
    assert tables.rows("Inventory") == []


def test_item_that_is_being_replaced_is_no_half_item(inventory: Inventory, tables: MemoryTables):
    inventory.write(LISTING, {"big": {"id": "big", "text": "x" * 1_300_000}})
    (beyond,) = (name for name in tables.tables["Inventory"] if name.endswith("_16"))
    tables.tables["Inventory"][beyond].popitem()
    with pytest.raises(TransientError):
        inventory.read_page(TENANT, "users", 1, None)


def test_unchanged_items_are_left_alone_and_count_as_the_listings_own(inventory: Inventory, tables: MemoryTables):
    first, second = Listing(TENANT, "devices", "old.0"), Listing(TENANT, "devices", "run.0")
    items = {name: {"id": name, "os": "iOS"} for name in ("a", "b", "c")}
    assert inventory.write_changed(first, items, None, RowHashes()) == []
    known = known_hashes(inventory, first)
    written = tables.written
    changed = {**items, "b": {"id": "b", "os": "Windows"}}
    del changed["c"]
    kept = RowHashes([pack(inventory.write_changed(second, changed, None, known))])
    assert (tables.written - written, len(kept)) == (1, 1)
    assert count_all(inventory, second, kept) == (2, 1)
    assert count_all(inventory, second) == (1, 2)
    sweep_all(inventory, second, kept)
    stored = inventory.read_page(TENANT, "devices", 10, None).items
    assert {item["id"]: item["os"] for item in stored} == {"a": "iOS", "b": "Windows"}


def test_row_that_is_not_what_was_left_alone_does_not_count(inventory: Inventory, tables: MemoryTables):
    first, second = Listing(TENANT, "devices", "old.0"), Listing(TENANT, "devices", "run.0")
    inventory.write_changed(first, {"a": {"id": "a", "os": "iOS"}}, None, RowHashes())
    known = known_hashes(inventory, first)
    inventory.write_changed(first, {"a": {"id": "a", "os": "Windows"}}, None, RowHashes())
    kept = RowHashes([pack(inventory.write_changed(second, {"a": {"id": "a", "os": "iOS"}}, None, known))])
    assert len(kept) == 1
    assert count_all(inventory, second, kept) == (0, 1)


def test_a_new_way_of_counting_rewrites_rows(inventory: Inventory):
    listing, items = Listing(TENANT, "devices", "old.0"), {"a": {"id": "a"}}
    inventory.write_changed(listing, items, lambda _: {"ios": 1}, RowHashes())
    known = known_hashes(inventory, listing)
    assert len(inventory.write_changed(listing, items, lambda _: {"ios": 1}, known)) == 1
    assert inventory.write_changed(listing, items, lambda _: {"android": 1}, known) == []


def test_writing_an_item_again_leaves_one(inventory: Inventory):
    for _ in range(2):
        inventory.write(LISTING, {"a": {"id": "a"}})
    assert read_all(inventory, 10) == ["a"]


def test_tally_is_summed_over_the_listings_own_rows(inventory: Inventory):
    inventory.write(Listing(TENANT, "users", "old.0"), {"x": {"id": "x"}}, lambda item: {"guests": 100})
    items = {str(number): {"id": str(number)} for number in range(40)}  # some share a shard
    inventory.write(LISTING, items, lambda item: {"guests": 1, "score": 0.5})
    total: dict[str, float] = {}
    for step in inventory.count(LISTING, ""):
        add_tally(total, step.tally)
    assert count_all(inventory, LISTING) == (40, 1)
    assert total == {"guests": 40, "score": 20.0}


def test_counting_goes_on_where_a_step_has_ended(inventory: Inventory):
    inventory.write(LISTING, {str(number): {"id": str(number)} for number in range(40)})
    steps = list(inventory.count(LISTING, ""))
    for number, step in enumerate(steps[:-1], start=1):
        assert list(inventory.count(LISTING, step.cursor)) == steps[number:]
    assert steps[-1].cursor == ""


@pytest.mark.parametrize("cursor", ["x", "!!!", "OTk6eA", "LTE6", "bm8", "\u00e9", "MDoA", "MV8wOmE"])
def test_foreign_cursor_is_refused(inventory: Inventory, cursor: str):
    with pytest.raises(RequestError, match="invalid_request"):
        inventory.read_page(TENANT, "users", 10, cursor)
