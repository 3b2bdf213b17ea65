"""What a listing of companies changes in the mirror: decided page by page, written by nobody here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tenantsync.companies.mirror import Known, digest_of, is_usable, key_of
from tenantsync.psa.port import Company, CompanyPage
from tenantsync.store.row_hashes import RowHashes, hash_row

_FEW: Final = 10
_LARGE_SHARE: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class PageChanges:
    """What one page brings. `seen` and `gone` are hashes of keys, to be remembered until the listing has ended."""

    created: tuple[Company, ...]
    changed: tuple[Company, ...]
    unchanged: int
    duplicates: int
    unusable: int
    seen: tuple[str, ...]
    gone: tuple[str, ...]


class Comparison:
    """One listing against what was `known` before it; `seen` and `gone` are of its earlier slices.

    Whoever is inactive now and was active before is only noted: too many of them at once are nobody's intention.
    """

    def __init__(self, known: Mapping[str, Known], seen: RowHashes, gone: RowHashes) -> None:
        self._known = known
        self._seen_before, self._seen = seen, set[str]()
        self._gone_before, self._gone = gone, set[str]()

    def take(self, page: CompanyPage) -> PageChanges:
        """Of companies with the same id the first one counts."""
        fresh = [company for company in page.companies if self._is_new(company)]
        usable = [company for company in fresh if is_usable(company)]
        leaving = [company for company in usable if self._is_leaving(company)]
        self._gone.update(map(_mark, leaving))
        created = tuple(company for company in usable if key_of(company) not in self._known)
        changed = tuple(company for company in usable if self._has_changed(company))
        return PageChanges(
            created=created,
            changed=changed,
            unchanged=len(usable) - len(created) - len(changed) - len(leaving),
            duplicates=len(page.companies) - len(fresh),
            unusable=page.unusable + len(fresh) - len(usable),
            seen=tuple(map(_mark, fresh)),
            gone=tuple(map(_mark, leaving)),
        )

    def leaving(self, *, is_full: bool) -> list[str]:
        """Keys of the active companies that would become inactive: said so, or missing in a full listing."""
        active = [key for key, known in self._known.items() if known.is_active]
        marks = {key: hash_row(key, "") for key in active}
        return [key for key in active if self._is_gone(marks[key]) or (is_full and not self._is_seen(marks[key]))]

    @property
    def active(self) -> int:
        """How many companies were active before."""
        return sum(known.is_active for known in self._known.values())

    def _is_new(self, company: Company) -> bool:
        mark = _mark(company)
        if self._is_seen(mark):
            return False
        self._seen.add(mark)
        return True

    def _is_leaving(self, company: Company) -> bool:
        known = self._known.get(key_of(company))
        return known is not None and known.is_active and not company.is_active

    def _has_changed(self, company: Company) -> bool:
        known = self._known.get(key_of(company))
        if known is None or self._is_leaving(company):
            return False
        return known.is_active != company.is_active or known.digest != digest_of(company)

    def _is_seen(self, mark: str) -> bool:
        return mark in self._seen or mark in self._seen_before

    def _is_gone(self, mark: str) -> bool:
        return mark in self._gone or mark in self._gone_before


def is_mass_change(leaving: int, active: int, received: int, confirmed: int) -> bool:
    """Whether a person has to look first: an empty answer, or a large part of the customers gone at once."""
    if not leaving or leaving <= confirmed:
        return False
    return not received or (leaving > _FEW and leaving > active * _LARGE_SHARE)


def add_counts(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    """Two tallies in one."""
    return {name: first.get(name, 0) + second.get(name, 0) for name in _names(first, second)}


def _names(*tallies: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name for tally in tallies for name in tally))


def _mark(company: Company) -> str:
    return hash_row(key_of(company), "")
