"""What a listing of companies changes in the mirror: decided page by page, written by nobody here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tenantsync.companies.mirror import Known, digest_of, is_usable, key_of
from tenantsync.psa.port import Company, CompanyPage
from tenantsync.store.keys import encode_key
from tenantsync.store.row_hashes import RowHashes, hash_row

_FEW: Final = 3
_LARGE_SHARE: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class PageChanges:
    """What one page brings. `seen` and `gone` are hashes of keys, to be remembered until the listing has ended.

    Of `nameless` rows not even the id is known.
    """

    created: tuple[Company, ...]
    changed: tuple[Company, ...]
    unchanged: int
    duplicates: int
    unusable: int
    nameless: int
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
        spoilt = [hash_row(encode_key(company_id), "") for company_id in page.unusable_ids]
        self._seen.update(spoilt)
        self._gone.update(map(_mark, leaving))
        created = tuple(company for company in usable if key_of(company) not in self._known)
        changed = tuple(company for company in usable if self._has_changed(company))
        return PageChanges(
            created=created,
            changed=changed,
            unchanged=len(usable) - len(created) - len(changed) - len(leaving),
            duplicates=len(page.companies) - len(fresh),
            unusable=page.unusable + len(fresh) - len(usable),
            nameless=page.unusable - len(spoilt),
            seen=(*map(_mark, fresh), *spoilt),
            gone=tuple(map(_mark, leaving)),
        )

    def said_to_leave(self) -> list[str]:
        """Keys of the active companies that are inactive now, as the PSA says."""
        return [key for key in self._active() if self._is_gone(hash_row(key, ""))]

    def missing(self) -> list[str]:
        """Keys of the active companies that were not listed."""
        return [key for key in self._active() if not self._is_seen(hash_row(key, ""))]

    @property
    def active(self) -> int:
        """How many companies were active before."""
        return len(self._active())

    def _active(self) -> list[str]:
        return [key for key, known in self._known.items() if known.is_active]

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
    """Whether a person has to look first: an empty answer, or all or a large part of the customers gone at once."""
    if not leaving or leaving <= confirmed:
        return False
    return not received or leaving == active > 1 or (leaving > _FEW and leaving > active * _LARGE_SHARE)


def is_whole(expected: int | None, received: int, duplicates: int, nameless: int) -> bool:
    """Whether a listing had every company: only then one that was not in it is gone."""
    return received - duplicates - nameless >= (expected or 0) and not nameless


def add_counts(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    """Two tallies in one."""
    return {name: first.get(name, 0) + second.get(name, 0) for name in _names(first, second)}


def _names(*tallies: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name for tally in tallies for name in tally))


def _mark(company: Company) -> str:
    return hash_row(key_of(company), "")
