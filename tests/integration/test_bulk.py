"""Rows go out exactly as the SDK would have sent them, come back as it would have read them, and are refused alike."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from azure.core import MatchConditions
from azure.core.credentials import AccessToken
from azure.data.tables import EdmType, TableServiceClient, TableTransactionError, UpdateMode

from devstack.storage import Storage
from tenantsync.store.bulk import BulkRefusedError, BulkRows

BY_HAND, BY_SDK = "ByHand", "BySdk"
VALUES: dict[str, Any] = {
    "empty": "",
    "text": "plain",
    "markup": "a'b\"c<d>&%+/\\ \r\n--changeset_x--\r\n",
    "control": "".join(map(chr, range(1, 32))),
    "separators": "one\u2028two\u2029three",
    "umlaut": "ä你",
    "emoji": "\U0001f600\U0001f468‍\U0001f469",
    "date_like": "2026-03-01T00:00:00Z",
    "long": "x" * 32_000,
    "nothing": None,
    "zero": 0,
    "negative": -5,
    "int32": 2**31 - 1,
    "below_int32": -(2**31),
    "yes": True,
    "no": False,
    "half": 0.5,
    "whole": 3.0,
    "tiny": 5e-324,
    "infinite": float("inf"),
    "minus_infinite": float("-inf"),
    "bytes": b"\x00\xff\r\n",
    "no_bytes": b"",
    "many_bytes": b"\xff" * 64_000,
}
KEYS = ["plain", "a'b", "with space", "ü\U0001f600", "100%", "a+b&c=d", "!2f", "~", "x" * 500]


@pytest.fixture
def service(storage: Storage) -> TableServiceClient:
    found = TableServiceClient.from_connection_string(storage.connection_string)
    for table in (BY_HAND, BY_SDK):
        found.create_table_if_not_exists(table)
    return found


@pytest.fixture
def writer(service: TableServiceClient) -> BulkRows:
    return BulkRows(service.url, service.credential)


@pytest.fixture
def partition() -> str:
    return f"p'{uuid4().hex} ü"


def stored(service: TableServiceClient, table: str, partition: str) -> dict[str, dict[str, Any]]:
    """Rows by key, with the types the service keeps beside the values."""
    found = service.get_table_client(table).query_entities("PartitionKey eq @p", parameters={"p": partition})
    return {row["RowKey"]: {name: (type(value).__name__, value) for name, value in row.items()} for row in found}


def write_both(
    service: TableServiceClient, writer: BulkRows, rows: list[dict[str, Any]], sdk_rows: list[dict[str, Any]]
) -> None:
    writer.upsert(BY_HAND, rows)
    operations: list[tuple[str, Mapping[str, Any], Mapping[str, Any]]] = [
        ("upsert", row, {"mode": UpdateMode.REPLACE}) for row in sdk_rows
    ]
    service.get_table_client(BY_SDK).submit_transaction(operations)


@pytest.mark.parametrize("name", VALUES)
def test_value_is_stored_as_by_the_sdk(service: TableServiceClient, writer: BulkRows, partition: str, name: str):
    rows = [{"PartitionKey": partition, "RowKey": "r", "value": VALUES[name], "after": "kept"}]
    write_both(service, writer, rows, rows)
    assert stored(service, BY_HAND, partition) == stored(service, BY_SDK, partition)


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, 2**63 - 1, -(2**63)])
def test_large_whole_number_is_stored_as_the_sdks_int64(
    service: TableServiceClient, writer: BulkRows, partition: str, value: int
):
    row = {"PartitionKey": partition, "RowKey": "r"}
    write_both(service, writer, [{**row, "value": value}], [{**row, "value": (value, EdmType.INT64)}])
    assert stored(service, BY_HAND, partition) == stored(service, BY_SDK, partition)


def test_keys_are_those_of_the_sdk(service: TableServiceClient, writer: BulkRows, partition: str):
    rows = [{"PartitionKey": partition, "RowKey": key, "n": number} for number, key in enumerate(KEYS)]
    write_both(service, writer, rows, rows)
    found = stored(service, BY_HAND, partition)
    assert set(found) == set(KEYS)
    assert found == stored(service, BY_SDK, partition)


def test_upsert_replaces_the_whole_row(service: TableServiceClient, writer: BulkRows, partition: str):
    row = {"PartitionKey": partition, "RowKey": "r"}
    writer.upsert(BY_HAND, [{**row, "old": 1, "both": 1}])
    writer.upsert(BY_HAND, [{**row, "both": 2}])
    (found,) = stored(service, BY_HAND, partition).values()
    assert ("old" in found, found["both"][1]) == (False, 2)


def test_more_rows_and_bytes_than_a_transaction_holds_are_split(
    service: TableServiceClient, writer: BulkRows, partition: str
):
    small = [{"PartitionKey": partition, "RowKey": f"s{number:04d}"} for number in range(250)]
    wide = {f"part{number}": "ü" * 30_000 for number in range(12)}  # some 720 KB of the 4 MiB a request may have
    large = [{"PartitionKey": partition, "RowKey": f"x{number:04d}", **wide} for number in range(9)]
    writer.upsert(BY_HAND, small + large)
    assert len(stored(service, BY_HAND, partition)) == 259
    writer.delete(BY_HAND, partition, [row["RowKey"] for row in small])
    assert len(stored(service, BY_HAND, partition)) == 9


def test_scan_gives_what_the_sdk_reads_in_the_same_order(service: TableServiceClient, writer: BulkRows, partition: str):
    values = {name: VALUES[name] for name in ("empty", "markup", "control", "emoji", "negative", "int32", "yes", "no")}
    writer.upsert(BY_HAND, [{"PartitionKey": partition, "RowKey": key, "other": 1, **values} for key in KEYS])
    by_sdk = service.get_table_client(BY_HAND).query_entities(
        "PartitionKey eq @p", parameters={"p": partition}, select=["PartitionKey", "RowKey", *values]
    )
    expected = [dict(row) for row in by_sdk]
    assert writer.scan(BY_HAND, partition, tuple(values)) == expected
    assert writer.scan(BY_HAND, partition, tuple(values), after=expected[2]["RowKey"], limit=3) == expected[3:6]
    assert writer.scan(BY_HAND, "nobody's", ("empty",)) == []
    with pytest.raises(BulkRefusedError, match="404 TableNotFound"):
        writer.scan("Nowhere", partition, ("empty",))


@pytest.mark.parametrize(
    ("rows", "status"),
    [
        ([{"RowKey": "same"}, {"RowKey": "same"}], 400),
        ([{"RowKey": "r", "value": "x" * 40_000}], 400),
        ([{"RowKey": "x" * 1100}], 400),
    ],
)
def test_transaction_is_refused_as_a_whole_where_the_sdks_is(
    service: TableServiceClient, writer: BulkRows, partition: str, rows: list[dict[str, Any]], status: int
):
    batch = [{"PartitionKey": partition, "RowKey": "good"}, *({"PartitionKey": partition, **row} for row in rows)]
    with pytest.raises(TableTransactionError) as by_sdk:
        service.get_table_client(BY_SDK).submit_transaction(
            [("upsert", row, {"mode": UpdateMode.REPLACE}) for row in batch]
        )
    with pytest.raises(BulkRefusedError) as by_hand:
        writer.upsert(BY_HAND, batch)
    assert (by_hand.value.status, by_hand.value.code) == (by_sdk.value.status_code, str(by_sdk.value.error_code))
    assert by_hand.value.status == status
    assert stored(service, BY_HAND, partition) == {}


def test_missing_table_and_missing_row_are_told_apart(writer: BulkRows, partition: str):
    with pytest.raises(BulkRefusedError, match="404 TableNotFound"):
        writer.upsert("Nowhere", [{"PartitionKey": partition, "RowKey": "r"}])
    with pytest.raises(BulkRefusedError, match="404 ResourceNotFound"):
        writer.delete(BY_HAND, partition, ["gone"])


def test_wrong_key_is_refused(storage: Storage, partition: str):
    wrong = storage.connection_string.replace("AccountKey=", "AccountKey=AAAA")
    service = TableServiceClient.from_connection_string(wrong)
    with pytest.raises(BulkRefusedError, match="403"):
        BulkRows(service.url, service.credential).upsert(BY_HAND, [{"PartitionKey": partition, "RowKey": "r"}])


@pytest.mark.parametrize("value", [datetime(2026, 3, 1, tzinfo=UTC), {"a": 1}, 2**63])
def test_value_no_row_can_hold_is_a_mistake_of_the_caller(writer: BulkRows, partition: str, value: object):
    with pytest.raises((TypeError, BulkRefusedError)):
        writer.upsert(BY_HAND, [{"PartitionKey": partition, "RowKey": "r", "value": value}])


class Identity:
    """A token credential that remembers what it was asked for."""

    def __init__(self) -> None:
        self.scopes: list[str] = []

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        self.scopes += scopes
        return AccessToken("a-token", 4_000_000_000)


def test_identity_is_asked_for_storages_scope_and_never_sent_in_the_clear(azurite: Storage, partition: str):
    identity = Identity()
    endpoint = f"http://127.0.0.1:{azurite.port}/devstoreaccount1"
    with pytest.raises(Exception, match="not permitted for non-TLS"):
        BulkRows(endpoint, identity).upsert(BY_HAND, [{"PartitionKey": partition, "RowKey": "r"}])
    secure = BulkRows(endpoint.replace("http:", "https:"), identity)
    with pytest.raises(Exception, match="MaxRetryError"):  # nobody speaks TLS there: the token was asked for, not sent
        secure.upsert(BY_HAND, [{"PartitionKey": partition, "RowKey": "r"}])
    assert identity.scopes == ["https://storage.azure.com/.default"]


@pytest.mark.parametrize("key", KEYS)
def test_replaced_row_is_that_of_the_sdk(service: TableServiceClient, writer: BulkRows, partition: str, key: str):
    found = []
    for table in (BY_HAND, BY_SDK):
        client = service.get_table_client(table)
        etag = client.create_entity({"PartitionKey": partition, "RowKey": key, "before": "gone"})["etag"]
        found.append((client, etag))
    row = {"PartitionKey": partition, "RowKey": key, "value": "a'b ü", "number": 7}
    new = writer.replace(BY_HAND, row, found[0][1])
    found[1][0].update_entity(row, UpdateMode.REPLACE, etag=found[1][1], match_condition=MatchConditions.IfNotModified)
    assert stored(service, BY_HAND, partition) == stored(service, BY_SDK, partition)
    assert new == found[0][0].get_entity(partition, key).metadata["etag"]
    with pytest.raises(BulkRefusedError) as refused:
        writer.replace(BY_HAND, row, found[0][1])
    assert refused.value.status == 412


def test_replace_in_a_table_that_is_missing_says_so(writer: BulkRows, partition: str):
    with pytest.raises(BulkRefusedError) as refused:
        writer.replace("NoSuchTable", {"PartitionKey": partition, "RowKey": "r"}, "W/\"datetime'1'\"")
    assert (refused.value.status, refused.value.code) == (404, "TableNotFound")
