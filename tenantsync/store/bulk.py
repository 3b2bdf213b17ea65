"""Rows by the hundred and the thousand: entity-group transactions and narrow queries, encoded by hand.

The SDK spends ten to twenty times the CPU on a row (ADR 14), and inventory rows come by the hundred thousand.
Credentials are those of the SDK, errors azure-core's; what is stored is equal, which the suite in
tests/integration/test_bulk.py proves.
"""

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from email.utils import formatdate
from http import HTTPStatus
from threading import Lock
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit
from uuid import uuid4

import certifi
import orjson
import urllib3
from azure.core.credentials import AccessToken, AzureNamedKeyCredential, TokenCredential
from azure.core.exceptions import ServiceRequestError

BATCH_ROWS: Final = 100
_BATCH_BYTES: Final = 3_900_000
"""The service takes 4 MiB a request, the frame included."""
_CONNECTIONS: Final = 16
_TIMEOUT: Final = urllib3.Timeout(connect=10, read=60)
_RETRIES: Final = urllib3.Retry(
    total=3, backoff_factor=0.5, status_forcelist=(500, 502, 503, 504), allowed_methods=None, raise_on_status=False
)
"""Every request may be repeated: rows are replaced, deleted or read."""
_RENEWED_SECONDS: Final = 300
_SCOPE: Final = "https://storage.azure.com/.default"
_HEADERS: Final = {"x-ms-version": "2019-02-02", "DataServiceVersion": "3.0", "MaxDataServiceVersion": "3.0;NetFx"}
_PART: Final = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
_UPSERT: Final = "Content-Type: application/json\r\nAccept: application/json\r\nPrefer: return-no-content\r\n"
_DELETE: Final = "Accept: application/json\r\nIf-Match: *\r\n"
_NARROW: Final = {"Accept": "application/json;odata=nometadata"}
_CONTINUATION: Final = "x-ms-continuation-"
_DONE: Final = b"HTTP/1.1 204"
_STATUS: Final = re.compile(rb"HTTP/1\.1 (\d{3})")
_CODE: Final = re.compile(rb'"code"\s*:\s*"(\w+)"')
_PLAIN: Final = re.compile(r"[A-Za-z0-9._~-]*").fullmatch
"""Keys that mean the same in an address; most do."""
_TEXT_ONLY: Final = {str}
_INT32: Final = 2**31
_INT64: Final = 2**63
_FRAME_BYTES: Final = 60
"""Between two operations."""


class BulkRefusedError(Exception):
    """The service refused a query, or a transaction as a whole: then nothing of it is stored."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code


class BulkRows:
    """Writes to one account, by its key (AzureNamedKeyCredential) or as an identity (TokenCredential).

    Raises BulkRefusedError, and azure-core's ServiceRequestError when nobody answers.
    """

    def __init__(self, endpoint: str, credential: Any, ca_bundle: str = "") -> None:
        self._endpoint = endpoint.rstrip("/")
        self._origin = self._endpoint.removesuffix(urlsplit(self._endpoint).path)
        self._sign = _SharedKey(credential) if isinstance(credential, AzureNamedKeyCredential) else _Bearer(credential)
        trusted = ca_bundle or certifi.where()
        pools = urllib3.PoolManager(maxsize=_CONNECTIONS, retries=_RETRIES, timeout=_TIMEOUT, ca_certs=trusted)
        # there is one host only: its pool itself, since finding it costs each request a fifth of its CPU
        self._pool = pools.connection_from_url(self._endpoint)
        self._boundary = uuid4().hex
        """Random once, so that no stored text has it by chance; told to nobody but the service."""

    def upsert(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Creates or replaces rows of one partition, a hundred (or 4 MiB) at once, each transaction whole or not."""
        head = _Head("PUT", f"{self._endpoint}/{table}", _UPSERT)
        self._send(head.of(row["PartitionKey"], row["RowKey"]) + _to_json(row) for row in rows)

    def replace(self, table: str, row: Mapping[str, Any], etag: str) -> str:
        """Replaces one row that still has this ETag, gives the new one; refused with 412 if it has another.

        For checkpoints: each page writes one, and the SDK needs 2 ms of CPU for it.
        """
        url = f"{self._endpoint}/{table}(PartitionKey='{_quote(row['PartitionKey'])}',RowKey='{_quote(row['RowKey'])}')"
        headers = {"Content-Type": "application/json", "Accept": "application/json", "If-Match": etag}
        response = self._request("PUT", url, headers, _to_json(row))
        if response.status != HTTPStatus.NO_CONTENT:
            raise _refusal(response.status, response.data)
        return str(response.headers["ETag"])

    def delete(self, table: str, partition: str, rows: Iterable[str]) -> None:
        """Deletes rows of a partition; a transaction in which one is gone already is refused as a whole."""
        head = _Head("DELETE", f"{self._endpoint}/{table}", _DELETE)
        self._send(head.of(partition, row) for row in rows)

    def scan(
        self, table: str, partition: str, columns: Sequence[str], *, after: str = "", limit: int = 1000
    ) -> list[dict[str, Any]]:
        """Up to `limit` rows of a partition with a key above `after`, in key order: the keys and these columns.

        Texts, flags and 32-bit numbers come as they are; ETags are not asked for.
        """
        condition = f"PartitionKey eq '{_double(partition)}' and RowKey gt '{_double(after)}'"
        wanted = ",".join(("PartitionKey", "RowKey", *columns))
        found: list[dict[str, Any]] = []
        position: dict[str, str] = {}
        while len(found) < limit:
            query = {"$filter": condition, "$select": wanted, "$top": str(limit - len(found)), **position}
            url = f"{self._endpoint}/{table}()?{urlencode(query, quote_via=quote)}"
            response = self._request("GET", url, _NARROW)
            if response.status != HTTPStatus.OK:
                raise _refusal(response.status, response.data)
            found += orjson.loads(response.data)["value"]
            position = _continuation(response.headers)
            if not position:
                break
        return found

    def _send(self, operations: Iterable[bytes]) -> None:
        headers = {"Content-Type": f"multipart/mixed; boundary=batch_{self._boundary}"}
        for batch in _batched(operations):
            response = self._request("POST", f"{self._endpoint}/$batch", headers, _frame(batch, self._boundary))
            if response.status != HTTPStatus.ACCEPTED or response.data.count(_DONE) != len(batch):
                raise _refusal(response.status, response.data)

    def _request(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Any:
        signed = {**_HEADERS, **headers, **self._sign(url)}
        try:
            return self._pool.urlopen(method, url.removeprefix(self._origin), body, signed, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise ServiceRequestError(f"{type(error).__name__}: {urlsplit(url).hostname}", error=error) from error


class _SharedKey:
    """Signs with the account's key, as the table service documents it (SharedKeyLite)."""

    def __init__(self, credential: AzureNamedKeyCredential) -> None:
        self._account, key = credential.named_key
        self._key = base64.b64decode(key)

    def __call__(self, url: str) -> dict[str, str]:
        date = formatdate(usegmt=True)
        text = f"{date}\n/{self._account}{urlsplit(url).path}"
        digest = base64.b64encode(hmac.new(self._key, text.encode(), hashlib.sha256).digest()).decode()
        return {"x-ms-date": date, "Authorization": f"SharedKeyLite {self._account}:{digest}"}


class _Bearer:
    """Shows the identity's token, which is asked for again some minutes before it ends; never without TLS."""

    def __init__(self, credential: TokenCredential) -> None:
        self._credential = credential
        self._token: AccessToken | None = None
        self._lock = Lock()

    def __call__(self, url: str) -> dict[str, str]:
        if not url.startswith("https:"):
            raise ServiceRequestError("Bearer token authentication is not permitted for non-TLS protected URLs.")
        with self._lock:
            if self._token is None or self._token.expires_on - time.time() < _RENEWED_SECONDS:
                self._token = self._credential.get_token(_SCOPE)
        return {"x-ms-date": formatdate(usegmt=True), "Authorization": f"Bearer {self._token.token}"}


class _Head:
    """What stands before a row's content; all but the row's key is made once for a partition."""

    def __init__(self, method: str, url: str, headers: str) -> None:
        self._start = f"{_PART}{method} {url}(PartitionKey='"
        self._end = f"') HTTP/1.1\r\n{headers}\r\n"
        self._partition: str | None = None
        self._before = ""

    def of(self, partition: str, row: str) -> bytes:
        if partition != self._partition:
            self._partition, self._before = partition, f"{self._start}{_quote(partition)}',RowKey='"
        return f"{self._before}{_quote(row)}{self._end}".encode()


def _batched(operations: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for operation in operations:
        if batch and (len(batch) == BATCH_ROWS or size + len(operation) > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(operation)
        size += len(operation) + _FRAME_BYTES
    if batch:
        yield batch


def _frame(batch: Sequence[bytes], boundary: str) -> bytes:
    changeset = f"changeset_{boundary}"
    head = f"--batch_{boundary}\r\nContent-Type: multipart/mixed; boundary={changeset}\r\n".encode()
    between = f"\r\n--{changeset}\r\n".encode()
    tail = f"\r\n--{changeset}--\r\n--batch_{boundary}--\r\n".encode()
    return b"".join((head, *(part for operation in batch for part in (between, operation)), tail))


def _continuation(headers: Mapping[str, str]) -> dict[str, str]:
    """Where an answer that was cut short goes on; empty at the end."""
    names = ("NextPartitionKey", "NextRowKey")
    return {name: value for name in names if (value := headers.get(_CONTINUATION + name, ""))}


def _double(key: str) -> str:
    return key.replace("'", "''")


def _quote(key: str) -> str:
    return key if _PLAIN(key) else quote(_double(key), safe="")


def _to_json(row: Mapping[str, Any]) -> bytes:
    """The row with the types JSON has no word for named beside their values."""
    if set(map(type, row.values())) == _TEXT_ONLY:
        return _one_line(row)
    entity = dict(row)
    for name, value in row.items():
        if type(value) is str:
            continue
        if value is None:
            del entity[name]
            continue
        kind, encoded = _encode_value(value)
        entity[name] = encoded
        if kind:
            entity[f"{name}@odata.type"] = kind
    return _one_line(entity)


def _one_line(entity: Mapping[str, Any]) -> bytes:
    """JSON without the two separators that end a line in JavaScript: Azurite would take the rest for something else."""
    return orjson.dumps(entity).replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")


def _encode_value(value: object) -> tuple[str, Any]:
    if isinstance(value, str | bool):  # a member of an enum is a text, too
        return "", value
    if isinstance(value, int) and -_INT64 <= value < _INT64:
        return ("", value) if -_INT32 <= value < _INT32 else ("Edm.Int64", str(value))
    if isinstance(value, float):
        return "Edm.Double", value if abs(value) < float("inf") else _ODD_FLOATS[str(value)]
    if isinstance(value, bytes):
        return "Edm.Binary", base64.b64encode(value).decode()
    raise TypeError(f"a row cannot hold this {type(value).__name__}")


_ODD_FLOATS: Final = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def _refusal(status: int, answer: bytes) -> BulkRefusedError:
    inner = [int(found) for found in _STATUS.findall(answer)]
    code = _CODE.search(answer)
    refused = next((number for number in inner if number >= HTTPStatus.BAD_REQUEST), status)
    return BulkRefusedError(refused, code.group(1).decode() if code else "")
