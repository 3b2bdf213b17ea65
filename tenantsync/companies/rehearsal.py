"""What a full sync of companies would change: the same comparison as the sync's, and nothing is written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from tenantsync.clock import Clock
from tenantsync.companies.comparison import Comparison, PageChanges, add_counts, is_mass_change, is_whole
from tenantsync.companies.mirror import COMPANIES_AT_ONCE, Mirror
from tenantsync.errors import ContractError, ThrottledError
from tenantsync.psa.port import Company, CompanyPage, PsaAdapter
from tenantsync.store.row_hashes import RowHashes

_NAMES: Final = 20


@dataclass(slots=True, kw_only=True)
class Rehearsal:
    """What was found; `is_complete` says whether all pages were read in the time there was. Names are the first 20."""

    is_complete: bool = False
    is_mass_change: bool = False
    pages: int = 0
    received: int = 0
    expected: int | None = None
    nameless: int = 0
    active: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=lambda: {"created": [], "changed": [], "deactivated": []})

    def add(self, page: CompanyPage, changes: PageChanges) -> None:
        """Counts one page."""
        self.pages += 1
        self.received += page.received
        self.nameless += changes.nameless
        self.expected = self.expected if page.expected is None else page.expected
        found = {
            "created": len(changes.created),
            "changed": len(changes.changed),
            "unchanged": changes.unchanged,
            "duplicates": changes.duplicates,
            "unusable": changes.unusable,
        }
        self.counts = add_counts(self.counts, found)
        self.note("created", changes.created)
        self.note("changed", changes.changed)

    def note(self, kind: str, companies: Sequence[Company]) -> None:
        """Keeps the first names."""
        room = _NAMES - len(self.names[kind])
        self.names[kind] += [company.name for company in companies[:room]]


def rehearse(
    adapter: PsaAdapter,
    mirror: Mirror,
    place: Callable[[Sequence[Company]], None],
    clock: Clock,
    deadline: datetime,
) -> Rehearsal:
    """Reads pages until the end or the deadline; raises what the adapter raises, unless it is throttled half-way."""
    comparison, found = Comparison(mirror.read_known(), RowHashes(), RowHashes()), Rehearsal()
    cursor: str | None = ""
    fresh: list[Company] = []
    while cursor is not None and clock.now() < deadline:
        try:
            page = adapter.list_companies(cursor)
        except ThrottledError:
            if not found.pages:
                raise
            return found
        if page.cursor == cursor:
            raise ContractError("psa_unexpected_answer", "a page leads to itself")
        changes = comparison.take(page)
        fresh += (*changes.created, *changes.changed)
        found.add(page, changes)
        cursor = page.cursor
        if len(fresh) >= COMPANIES_AT_ONCE or cursor is None:
            place(fresh)
            fresh = []
    if cursor is None:
        _end(found, comparison, mirror)
    return found


def _end(found: Rehearsal, comparison: Comparison, mirror: Mirror) -> None:
    counts = found.counts
    is_proven = is_whole(found.expected, found.received, counts["duplicates"], found.nameless)
    leaving = comparison.said_to_leave() + (comparison.missing() if is_proven else [])
    found.is_complete, found.active = True, comparison.active
    found.counts["deactivated"] = len(leaving)
    found.note("deactivated", mirror.read(leaving[:_NAMES]))
    found.is_mass_change = is_mass_change(len(leaving), comparison.active, found.received, confirmed=0)
