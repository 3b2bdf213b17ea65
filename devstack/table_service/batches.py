"""Entity-group transactions: multipart in, multipart out."""

import re
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import unquote

import orjson

from devstack.table_service.rows import Operation, RefusedError

_MAX_OPERATIONS: Final = 100
_MAX_BYTES: Final = 4 * 1024 * 1024
_MAX_PROPERTY: Final = 64 * 1024
_MAX_KEY: Final = 512
_MAX_ROW: Final = 1024 * 1024
_BOUNDARY: Final = re.compile(rb"multipart/mixed; boundary=\"?(changeset_[\w-]+)", re.IGNORECASE)
_OPERATION: Final = re.compile(rb"\r\n(PUT|POST|DELETE) (\S+) HTTP/1\.1\r\n")
_CONDITION: Final = re.compile(rb"\r\nIf-Match: ?([^\r]+)", re.IGNORECASE)
_ROW: Final = re.compile(r"/([A-Za-z][A-Za-z0-9]{2,62})\(PartitionKey='((?:[^']|'')*)',RowKey='((?:[^']|'')*)'\)$")


def parse_row_path(path: str) -> tuple[str, str, str] | None:
    """Table, partition and key of a path that names a row, percent-encoded or not."""
    found = _ROW.search(unquote(path))
    return (found[1], found[2].replace("''", "'"), found[3].replace("''", "'")) if found else None


def parse_batch(body: bytes) -> list[Operation]:
    """The operations of a transaction; raises RefusedError as the service does."""
    if len(body) > _MAX_BYTES:
        raise RefusedError(413, "RequestBodyTooLarge")
    boundary = _BOUNDARY.search(body)
    if boundary is None:
        raise RefusedError(400, "InvalidInput")
    parts = body.split(b"\r\n--" + boundary[1])[1:-1]
    operations = list(_parse(parts))
    keys = {(item.partition, item.key) for item in operations}
    if len(operations) > _MAX_OPERATIONS or len({item.partition for item in operations}) > 1:
        raise RefusedError(400, "CommandsInBatchActOnDifferentPartitions")
    if len(keys) < len(operations):
        raise RefusedError(400, "InvalidDuplicateRow")
    return operations


def _parse(parts: Sequence[bytes]) -> Iterator[Operation]:
    for part in parts:
        found = _OPERATION.search(part)
        place = parse_row_path(found[2].decode()) if found else None
        if found is None or place is None:
            raise RefusedError(400, "InvalidInput")
        headers, _, body = part[found.end() - 2 :].partition(b"\r\n\r\n")
        condition = _CONDITION.search(headers)
        yield make_operation(found[1].decode(), place, body, condition[1].decode() if condition else None)


def make_operation(method: str, place: tuple[str, str, str], body: bytes, condition: str | None) -> Operation:
    """Checks the limits of rows and keys."""
    table, partition, key = place
    if len(partition) > _MAX_KEY or len(key) > _MAX_KEY:
        raise RefusedError(400, "KeyValueTooLarge")
    if len(body) > _MAX_PROPERTY // 2:  # only then can a property be too large
        _check_row(body)
    return Operation(method, table, partition, key, body, condition)


def _check_row(body: bytes) -> None:
    entity = orjson.loads(body)
    sizes = [_size(value, entity.get(f"{name}@odata.type", "")) for name, value in entity.items()]
    if max(sizes) > _MAX_PROPERTY:
        raise RefusedError(400, "PropertyValueTooLarge")
    if sum(sizes) > _MAX_ROW:
        raise RefusedError(400, "EntityTooLarge")


def _size(value: object, kind: str) -> int:
    """Bytes a property takes: texts are kept as UTF-16, binary ones come as Base64."""
    if not isinstance(value, str):
        return 8
    return len(value) * 3 // 4 if kind == "Edm.Binary" else len(value.encode("utf-16-le"))


def write_answer(etags: Sequence[str]) -> bytes:
    """One 204 an operation."""
    return _frame([f"HTTP/1.1 204 No Content\r\nDataServiceVersion: 1.0;\r\nETag: {etag}\r\n\r\n" for etag in etags])


def write_refusal(error: RefusedError) -> bytes:
    """The one part that says why nothing was done."""
    said = error_body(error).decode()
    return _frame([f"HTTP/1.1 {error.status} Refused\r\nContent-Type: application/json\r\n\r\n{said}\r\n"])


def error_body(error: RefusedError) -> bytes:
    """The service's error document."""
    return orjson.dumps({"odata.error": {"code": error.code, "message": {"lang": "en-US", "value": error.code}}})


def _frame(parts: Sequence[str]) -> bytes:
    head = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    inner = "".join(f"--changesetresponse_1\r\n{head}{part}\r\n" for part in parts)
    outer = "Content-Type: multipart/mixed; boundary=changesetresponse_1\r\n\r\n"
    return f"--batchresponse_1\r\n{outer}{inner}--changesetresponse_1--\r\n--batchresponse_1--\r\n".encode()
