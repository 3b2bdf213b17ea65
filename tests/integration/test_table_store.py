"""One suite for every TableStore: what the fake promises, Azurite keeps."""

import gc
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from azure.data.tables import TableServiceClient

from devstack.storage import Storage
from tenantsync.errors import ConflictError, TransientError
from tenantsync.store.keys import encode_key
from tenantsync.store.tables import AzureTables, TableStore
from tests.fakes.memory_tables import MemoryTables

TABLE = "Suite"


@pytest.fixture(params=["memory", "azurite", "large"])
def store(request: pytest.FixtureRequest) -> TableStore:
    if request.param == "memory":
        return MemoryTables()
    storage: Storage = request.getfixturevalue(request.param)
    return AzureTables(TableServiceClient.from_connection_string(storage.connection_string))


@pytest.fixture
def partition() -> str:
    return uuid4().hex


def row(partition: str, key: str, **values: Any) -> dict[str, Any]:
    return {"PartitionKey": partition, "RowKey": key, **values}


def test_missing_row_reads_as_none(store: TableStore, partition: str):
    assert store.read(TABLE, partition, "nothing") is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "text",
        "\u00e4\u4f60\U0001f600",
        "2026-03-01T00:00:00Z",
        "a'b\"c<d>&%",
        "x" * 30_000,
        0,
        -5,
        2**31 - 1,
        2**40,
        1.5,
        True,
        b"\x00\xff",
    ],
    ids=lambda value: f"{type(value).__name__}-{str(value)[:12]}",
)
def test_values_come_back_as_they_went_in(store: TableStore, partition: str, value: Any):
    store.upsert(TABLE, row(partition, "r", value=value))
    found = store.read(TABLE, partition, "r")
    assert found is not None
    assert found.values["value"] == value
    assert type(found.values["value"]) is type(value)


@pytest.mark.parametrize("identifier", ["a/b\\c#d?e", "\u00fc\U0001f600", "with space", "%41", "x" * 900])
def test_any_identifier_makes_a_key(store: TableStore, partition: str, identifier: str):
    key = encode_key(identifier)
    store.upsert(TABLE, row(partition, key, value=1))
    found = store.read(TABLE, partition, key)
    assert found is not None
    assert found.key == key


def test_insert_of_an_existing_row_is_a_conflict_and_changes_nothing(store: TableStore, partition: str):
    store.insert(TABLE, row(partition, "r", value=1))
    with pytest.raises(ConflictError):
        store.insert(TABLE, row(partition, "r", value=2))
    found = store.read(TABLE, partition, "r")
    assert found is not None
    assert found.values["value"] == 1


def test_replace_needs_the_etag_that_was_read(store: TableStore, partition: str):
    store.insert(TABLE, row(partition, "r", value=1, other="kept?"))
    first = store.read(TABLE, partition, "r")
    assert first is not None
    etag = store.replace(TABLE, row(partition, "r", value=2), first.etag)
    with pytest.raises(ConflictError):
        store.replace(TABLE, row(partition, "r", value=3), first.etag)
    store.replace(TABLE, row(partition, "r", value=4), etag)
    found = store.read(TABLE, partition, "r")
    assert found is not None
    assert (found.values["value"], "other" in found.values) == (4, False)


def test_replace_of_a_row_that_is_gone_is_a_conflict(store: TableStore, partition: str):
    store.insert(TABLE, row(partition, "r", value=1))
    found = store.read(TABLE, partition, "r")
    assert found is not None
    store.delete(TABLE, partition, ["r"])
    with pytest.raises(ConflictError):
        store.replace(TABLE, row(partition, "r", value=2), found.etag)


def test_remove_needs_the_etag_that_was_read(store: TableStore, partition: str):
    store.insert(TABLE, row(partition, "r", value=1))
    first = store.read(TABLE, partition, "r")
    assert first is not None
    etag = store.replace(TABLE, row(partition, "r", value=2), first.etag)
    with pytest.raises(ConflictError):
        store.remove(TABLE, partition, "r", first.etag)
    store.remove(TABLE, partition, "r", etag)
    assert store.read(TABLE, partition, "r") is None
    store.remove(TABLE, partition, "r", etag)


def test_of_concurrent_replaces_exactly_one_wins(store: TableStore, partition: str):
    store.insert(TABLE, row(partition, "r", value=0))
    found = store.read(TABLE, partition, "r")
    assert found is not None

    def attempt(number: int) -> bool:
        try:
            store.replace(TABLE, row(partition, "r", value=number), found.etag)
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1


def test_write_stores_many_rows_over_partitions(store: TableStore, partition: str):
    partitions = {
        f"{partition}-{shard}": [row(f"{partition}-{shard}", f"{n:04d}", n=n) for n in range(250)] for shard in "ab"
    }
    store.write(TABLE, partitions)
    store.write(TABLE, partitions)
    for name in partitions:
        assert [item.values["n"] for item in store.scan(TABLE, name)] == list(range(250))


def test_write_of_one_key_twice_in_a_transaction_is_refused(store: TableStore, partition: str):
    with pytest.raises(TransientError):
        store.write(TABLE, {partition: [row(partition, "same"), row(partition, "same")]})


def test_write_of_nothing_is_nothing(store: TableStore, partition: str):
    store.write(TABLE, {})
    assert store.scan(TABLE, partition) == []


def test_scan_goes_on_behind_a_key_in_order(store: TableStore, partition: str):
    store.write(TABLE, {partition: [row(partition, f"{n:04d}", n=n, more="x") for n in range(30)]})
    first = store.scan(TABLE, partition, limit=20)
    rest = store.scan(TABLE, partition, after=first[-1].key, limit=20)
    assert [item.values["n"] for item in first + rest] == list(range(30))


def test_scan_gives_only_the_asked_columns(store: TableStore, partition: str):
    store.write(TABLE, {partition: [row(partition, "r", n=1, more="x")]})
    (found,) = store.scan(TABLE, partition, columns=("n",))
    assert set(found.values) == {"PartitionKey", "RowKey", "n"}


def test_asked_column_that_a_row_does_not_have_is_left_out(store: TableStore, partition: str):
    """Azure gives null for it, and a record would take that for its value."""
    store.write(TABLE, {partition: [row(partition, "r", n=1)]})
    (found,) = store.scan(TABLE, partition, columns=("n", "missing"))
    assert set(found.values) == {"PartitionKey", "RowKey", "n"}


def test_scan_pages_hold_at_most_a_thousand(store: TableStore, partition: str):
    store.write(TABLE, {partition: [row(partition, f"{n:05d}") for n in range(1200)]})
    assert len(store.scan(TABLE, partition)) == 1000


def test_scan_of_many_partitions_keeps_their_order(store: TableStore, partition: str):
    names = [f"{partition}{number}" for number in range(6)]
    store.write(TABLE, {name: [row(name, key) for key in "ba"] for name in names[1:]})
    found = store.scan_many(TABLE, [*reversed(names), names[1]])
    assert [[item.values["PartitionKey"] + item.key for item in rows] for rows in found] == [
        *([f"{name}a", f"{name}b"] for name in reversed(names[1:])),
        [],
        [f"{names[1]}a", f"{names[1]}b"],
    ]
    assert store.scan_many(TABLE, []) == []
    assert found[0][0].etag


def test_delete_of_what_is_gone_is_fine(store: TableStore, partition: str):
    store.insert(TABLE, row(partition, "r"))
    store.delete(TABLE, partition, ["r", "never", "r"])
    assert store.read(TABLE, partition, "r") is None


def test_delete_of_many_takes_the_ones_that_are_there_and_no_other(store: TableStore, partition: str):
    store.write(TABLE, {partition: [{"PartitionKey": partition, "RowKey": f"{n:04d}"} for n in range(250)]})
    store.delete(TABLE, partition, [f"{n:04d}" for n in range(100)])  # one whole transaction
    store.delete(TABLE, partition, [f"{n:04d}" for n in range(50, 240)])  # transactions with rows that are gone
    assert [row.key for row in store.scan(TABLE, partition)] == [f"{n:04d}" for n in range(240, 250)]


def test_check_passes_on_a_service_that_answers(store: TableStore):
    store.check()


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("Read", lambda store, table, key: store.read(table, key, "r") is None),
        ("Insert", lambda store, table, key: store.insert(table, row(key, "r"))),
        ("Upsert", lambda store, table, key: store.upsert(table, row(key, "r"))),
        ("Scan", lambda store, table, key: store.scan(table, key)),
        ("ScanColumns", lambda store, table, key: store.scan(table, key, columns=("text",))),
        ("Write", lambda store, table, key: store.write(table, {key: [row(key, "r")]})),
        ("Delete", lambda store, table, key: store.delete(table, key, ["r", "s"])),
        ("Remove", lambda store, table, key: store.remove(table, key, "r", 'W/"1"')),
    ],
)
def test_table_that_the_store_has_forgotten_is_made_again_at_once(
    storage: Storage, partition: str, name: str, call: Callable[[TableStore, str, str], object]
):
    service = TableServiceClient.from_connection_string(storage.connection_string)
    store = AzureTables(service)
    store.insert(f"Vanishing{name}", row(partition, "other"))
    service.delete_table(f"Vanishing{name}")
    call(store, f"Vanishing{name}", partition)
    store.insert(f"Vanishing{name}", row(partition, "other"))


def test_row_of_a_table_that_the_store_has_forgotten_was_changed_by_somebody_else(storage: Storage, partition: str):
    service = TableServiceClient.from_connection_string(storage.connection_string)
    store = AzureTables(service)
    store.insert("VanishingReplace", row(partition, "r"))
    known = store.read("VanishingReplace", partition, "r")
    assert known
    service.delete_table("VanishingReplace")
    with pytest.raises(ConflictError):
        store.replace("VanishingReplace", row(partition, "r"), known.etag)


def test_service_that_is_down_is_a_passing_failure():
    down = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YWJj;TableEndpoint=http://127.0.0.1:9/a;"
    store = AzureTables(TableServiceClient.from_connection_string(down, retry_total=0))
    with pytest.raises(TransientError, match="storage_unavailable"):
        store.check()


def test_a_missing_row_keeps_nothing_of_its_callers(store: TableStore, partition: str):
    class Page:
        """Stands for the megabytes a caller may hold."""

    def look() -> weakref.ref[Page]:
        page = Page()
        assert store.read(TABLE, partition, "missing") is None
        return weakref.ref(page)

    look()  # makes the table
    gc.disable()
    try:
        assert look()() is None
    finally:
        gc.enable()
