"""Side notes of a listing that has to remember something between its slices; gone when it has ended."""

from collections.abc import Iterator, Sequence
from typing import Final

from tenantsync.errors import ConflictError
from tenantsync.store.tables import TableStore
from tenantsync.wire import SCRATCH_TABLE

_NOTES_AT_ONCE: Final = 10
_KEPT: Final = "_kept"


class Scratch:
    """Numbered notes (at most 64 KiB each) of one listing: the source's own, and the engine's of rows it left alone."""

    def __init__(self, tables: TableStore, listing: str) -> None:
        self._tables = tables
        self._listing = listing

    def write(self, number: int, note: bytes) -> None:
        """Stores a note, or stores it again."""
        row = {"PartitionKey": self._listing, "RowKey": f"{number:08d}", "note": note}
        self._tables.upsert(SCRATCH_TABLE, row)

    def read_all(self) -> Iterator[bytes]:
        """All notes, in the order of their numbers."""
        after = ""
        while rows := self._tables.scan(SCRATCH_TABLE, self._listing, after=after, limit=_NOTES_AT_ONCE):
            yield from (row.values["note"] for row in rows)
            after = rows[-1].key

    def read(self, numbers: Sequence[int]) -> list[bytes]:
        """These notes; raises ConflictError when one is gone, as then somebody else has ended the listing."""
        rows = self._tables.read_many(SCRATCH_TABLE, [(self._listing, f"{number:08d}") for number in numbers])
        if None in rows:
            raise ConflictError("write_conflict", "a note of the listing is gone")
        return [row.values["note"] for row in rows if row]

    def kept(self) -> "Scratch":
        """The notes of rows that were left alone, apart from the source's."""
        return Scratch(self._tables, self._listing + _KEPT)

    def clear(self) -> None:
        """Deletes all notes of both kinds."""
        for listing in (self._listing, self._listing + _KEPT):
            while rows := self._tables.scan(SCRATCH_TABLE, listing, limit=1000, columns=("schema",)):
                self._tables.delete(SCRATCH_TABLE, listing, [row.key for row in rows])
