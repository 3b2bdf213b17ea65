"""Mailboxes, from Exchange's usage report joined with the users by name.

The report names people by user principal name only. So the listing has two parts: names and ids of all users, noted
in scratch rows; then the report, row by row. A tenant may conceal the names: then the number is still right.
"""

import csv
import hashlib
import io
import sqlite3
import tempfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from typing import Any, Final

import orjson

from tenantsync.errors import ContractError, CursorExpiredError, PermissionMissingError
from tenantsync.graph.client import TenantGraph
from tenantsync.graph.paging import read_pages
from tenantsync.graph.workloads import REPORTS
from tenantsync.resources.spec import Page, Reading, ResourceSpec
from tenantsync.store.inventory import Item
from tenantsync.store.scratch import Scratch

_PATH: Final = "/reports/getMailboxUsageDetail(period='D7')"
_NAMES_PATH: Final = "/users?$top=999&$select=id,userPrincipalName"
_NAMES: Final = "names"
_ROWS: Final = "rows"
_ROWS_A_PAGE: Final = 2000
_SAMPLE: Final = 50
_SURELY_CONCEALED: Final = 20
_MEMORY_BYTES: Final = 1024 * 1024
_NAME: Final = "User Principal Name"
_REFRESHED: Final = "Report Refresh Date"
_TEXTS: Final = {
    "userPrincipalName": _NAME,
    "displayName": "Display Name",
    "createdDate": "Created Date",
    "lastActivityDate": "Last Activity Date",
    "recipientType": "Recipient Type",
    "hasArchive": "Has Archive",
}
_NUMBERS: Final = {
    "itemCount": "Item Count",
    "storageUsedInBytes": "Storage Used (Byte)",
    "issueWarningQuotaInBytes": "Issue Warning Quota (Byte)",
    "prohibitSendQuotaInBytes": "Prohibit Send Quota (Byte)",
    "prohibitSendReceiveQuotaInBytes": "Prohibit Send/Receive Quota (Byte)",
    "deletedItemCount": "Deleted Item Count",
    "deletedItemSizeInBytes": "Deleted Item Size (Byte)",
}

ReportRow = Mapping[str, str]


def tally_mailbox(mailbox: Item) -> Mapping[str, float]:
    """Bytes used, summed over the tenant."""
    return {"storageUsedInBytes": mailbox.get("storageUsedInBytes") or 0}


def is_live(row: ReportRow) -> bool:
    """The report keeps mailboxes for a while after they were deleted."""
    return row.get("Is Deleted", "").strip().lower() != "true"


def mailbox_item(row: ReportRow, user_id: str | None) -> Item:
    """The inventory's mailbox; without a user its id is a stable hash of the name the report gives."""
    texts = {name: row.get(column) or None for name, column in _TEXTS.items()}
    numbers = {name: _number(row.get(column)) for name, column in _NUMBERS.items()}
    identifier = user_id or hashlib.sha256(row[_NAME].lower().encode()).hexdigest()[:32]
    return {"id": identifier, "userId": user_id, **texts, **numbers}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None


@dataclass(frozen=True, slots=True)
class _Position:
    """Where the listing is: `part` names or rows, the number of the next note or row, and the link or report date.

    `notes` is how many notes of names there must be.
    """

    part: str = _NAMES
    number: int = 0
    mark: str = ""
    notes: int = 0

    @classmethod
    def parse(cls, cursor: str) -> "_Position":
        return cls(*orjson.loads(cursor)) if cursor else cls()

    def __str__(self) -> str:
        return orjson.dumps([self.part, self.number, self.mark, self.notes]).decode()


def reads_names(cursor: str) -> bool:
    """Whether the listing is at its first part, or at its beginning."""
    return _Position.parse(cursor).part == _NAMES


class MailboxReport:
    """Source for the usage report."""

    def requests(self) -> tuple[str, ...]:
        return (_PATH, _NAMES_PATH)

    def read(self, reading: Reading, cursor: str) -> Iterator[Page]:
        """Microsoft gives a tenant's report fourteen times in ten minutes, so it is fetched only where it is needed."""
        position = _Position.parse(cursor)
        if position.part == _NAMES and (cursor or not _looks_concealed(reading.graph)):
            notes = yield from _note_names(reading, position)
            position = replace(position, notes=notes)
        with download_report(reading.graph) as report, closing(NameIndex(reading.scratch)) as names:
            if names.notes < position.notes:  # else mailboxes would get other ids than before
                raise CursorExpiredError("page_expired", "the notes of names are gone")
            yield from _report_pages(report, names, position)


def _note_names(reading: Reading, position: _Position) -> Generator[Page, None, int]:
    """Pages without rows: each notes a page of users' names and ids, the last one leads on to the report.

    Gives how many notes there are.
    """
    number = position.number
    try:
        for page in read_pages(reading.graph, position.mark or _NAMES_PATH):
            pairs = [(user.get("userPrincipalName"), user.get("id")) for user in page.objects]
            reading.scratch.write(number, NameIndex.pack(pairs))
            number += 1
            last = _Position(_ROWS, notes=number)
            following = _Position(_NAMES, number, page.next_link) if page.next_link else last
            yield Page(cursor=str(following))
    except PermissionMissingError:
        yield Page(cursor=str(_Position(_ROWS)))  # the report can be read without knowing the users
        return 0
    return number


def _report_pages(report: io.TextIOBase, names: "NameIndex", position: _Position) -> Iterator[Page]:
    first = next(_read_rows(report), None)
    if first is None:
        yield Page()
        return
    refreshed = first.get(_REFRESHED, "")
    # a report that is newer than the one begun with starts again at its first row
    done = position.number if position.part == _ROWS and position.mark == refreshed else 0
    rows = _read_rows(report, after=done)
    while True:
        chunk = list(islice(rows, _ROWS_A_PAGE))
        done += len(chunk)
        is_last = len(chunk) < _ROWS_A_PAGE
        page = _to_page(chunk, names, None if is_last else str(_Position(_ROWS, done, refreshed, position.notes)))
        yield replace(page, as_of=refreshed)
        if is_last:
            return


def _to_page(chunk: list[ReportRow], names: "NameIndex", cursor: str | None) -> Page:
    live = [row for row in chunk if is_live(row)]
    items = [mailbox_item(row, names.find(row[_NAME])) for row in live]
    joined = sum(1 for item in items if item["userId"])
    concealed = not joined and (len(items) >= _SURELY_CONCEALED or (bool(items) and _are_concealed(live)))
    rows = {str(item["id"]): item for item in items}
    return Page(rows, len(live), cursor, note="names_concealed" if concealed else "")


@contextmanager
def download_report(graph: TenantGraph) -> Iterator[io.TextIOBase]:
    """The whole report as text, on disk when it is large, so that a slow store cannot break the download."""
    with tempfile.SpooledTemporaryFile(max_size=_MEMORY_BYTES) as file:
        with graph.open_report(_PATH) as chunks:
            for chunk in chunks:
                file.write(chunk)
        file.seek(0)
        with io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
            yield text


def _read_rows(report: io.TextIOBase, after: int = 0) -> Iterator[ReportRow]:
    """The rows behind the first `after`, which cost next to nothing."""
    report.seek(0)
    lines = csv.reader(report)
    columns = next(lines, [])
    if _NAME not in columns:
        raise ContractError("unexpected_answer", "the mailbox report has no user principal names")
    rows = islice(filter(None, lines), after, None)
    return (dict(zip_longest(columns, row[: len(columns)], fillvalue="")) for row in rows)


def _looks_concealed(graph: TenantGraph) -> bool:
    with download_report(graph) as report:
        return _are_concealed(list(islice(filter(is_live, _read_rows(report)), _SAMPLE)))


def _are_concealed(rows: list[ReportRow]) -> bool:
    return bool(rows) and not any("@" in row[_NAME] for row in rows)


class NameIndex:
    """Finds a user's id by name, on disk: a million users take no memory to speak of."""

    _HASH_BYTES: Final = 8

    def __init__(self, scratch: Scratch) -> None:
        # an unnamed database is a temporary file of SQLite's; the reader thread may differ from the closing one
        self._database = sqlite3.connect("", check_same_thread=False)
        self._database.execute("CREATE TABLE names (hash BLOB PRIMARY KEY, id TEXT) WITHOUT ROWID")
        self.notes = 0
        for note in scratch.read_all():
            self.notes += 1
            self._database.executemany("INSERT OR REPLACE INTO names VALUES (?, ?)", self._unpack(note))

    @classmethod
    def pack(cls, pairs: list[tuple[Any, Any]]) -> bytes:
        """Names (as short hashes) and ids as one note, about 50 bytes a user."""
        known = ((name, identifier) for name, identifier in pairs if name and identifier)
        return b"".join(cls._hash(name) + str(identifier).encode() + b"\n" for name, identifier in known)

    @classmethod
    def _unpack(cls, note: bytes) -> Iterator[tuple[bytes, str]]:
        start = 0
        while start < len(note):
            split = start + cls._HASH_BYTES
            end = note.index(b"\n", split)
            yield note[start:split], note[split:end].decode()
            start = end + 1

    @classmethod
    def _hash(cls, name: str) -> bytes:
        return hashlib.blake2b(name.lower().encode(), digest_size=cls._HASH_BYTES).digest()

    def find(self, name: str) -> str | None:
        """The id of the user of that name, or None."""
        row = self._database.execute("SELECT id FROM names WHERE hash = ?", (self._hash(name),)).fetchone()
        return str(row[0]) if row else None

    def close(self) -> None:
        """Deletes the index."""
        self._database.close()


MAILBOXES = ResourceSpec(
    key="mailboxes",
    title="Exchange mailboxes",
    workload=REPORTS,
    asks_directory=reads_names,
    permissions=("Reports.Read.All",),
    weight=15,
    tally=tally_mailbox,
    evidence="whole_report_read",
    pace=2000,
    foreseen_from="users",
    slice_factor=10,  # every slice fetches the report and reads the names anew
    source=MailboxReport(),
)
