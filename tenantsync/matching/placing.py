"""Works out what becomes of a PSA's companies, and writes it; `tenantsync.matching.companies` says what with."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Final
from uuid import UUID, uuid5

import orjson

from tenantsync.bodies import MAX_NAME
from tenantsync.clock import parse_rfc3339, to_rfc3339
from tenantsync.matching.rules import Landscape, Verdict
from tenantsync.psa.port import Company
from tenantsync.services import Services
from tenantsync.store.customers import Customer, CustomerState, Reference, name_key
from tenantsync.store.placements import Placement, Rule
from tenantsync.store.suggestions import Suggestion, suggestion_id

_MADE: Final = UUID("0c7c5f0a-9a1f-4a0e-8a1c-7d6f0b7a4c55")
_MOST_DOMAINS: Final = 10
_MOST_NAMES: Final = 20
_SETTLES_AFTER: Final = timedelta(hours=1)
"""A listing arrives in slices: until then a link made by rule gives way to what a later slice shows."""
_KINDS: Final = ("created", "linked", "updated", "deactivated", "unchanged", "left_out", "suggested")

Edit = Callable[[Customer], Customer]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedCounts:
    """What became of the companies, or in a dry run would. Every company is in exactly one of the first six.

    `suggested` of the created ones may be customers that were there already, for a person to decide. `left_out` are
    ones out of use that never were customers, and ones whose customer a person has deleted. `names` has the first few
    companies of each kind.
    """

    created: int = 0
    linked: int = 0
    updated: int = 0
    deactivated: int = 0
    unchanged: int = 0
    left_out: int = 0
    suggested: int = 0
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def tally(self) -> dict[str, int]:
        """The counts by their names."""
        return {kind: getattr(self, kind) for kind in _KINDS}

    def __add__(self, other: "PlacedCounts") -> "PlacedCounts":
        """Both together."""
        mine, others = self.tally(), other.tally()
        counts = {kind: mine[kind] + others[kind] for kind in _KINDS}
        kinds = {**self.names, **other.names}
        names = {kind: (*self.names.get(kind, ()), *other.names.get(kind, ()))[:_MOST_NAMES] for kind in kinds}
        return PlacedCounts(**counts, names=names)


class Placing:
    """What is to be written, worked out first, so that a dry run is the same work."""

    def __init__(self, msp_id: str, before: Landscape, now: datetime) -> None:
        self._msp_id = msp_id
        self._before = before
        self._now = now
        self._at = to_rfc3339(now)
        self._placements: dict[str, Placement] = {}
        self._edits: dict[str, list[Edit]] = {}
        self._made: dict[str, Customer] = {}
        self._suggestions: list[Suggestion] = []
        self._linked: set[str] = set()
        self._tally = Counter[str]()
        self._names: dict[str, list[str]] = {}

    def place(self, told: Mapping[str, Company]) -> None:
        known = self._before.placements
        facts = {key: _with_facts(known.get(key) or self._unplaced(key), item) for key, item in told.items()}
        landscape = replace(self._before, placements={**known, **facts})
        wanted = []
        for key, placement in facts.items():
            if landscape.customer_of(key):
                self._follow(landscape, key)
            elif placement.is_active and not placement.is_left_out:
                wanted.append(key)
            else:
                self._leave_out(placement)
        loosened = self._loosen(landscape, wanted)
        self._decide(_without(landscape, loosened), sorted({*wanted, *loosened}))

    def counts(self) -> PlacedCounts:
        names = {kind: tuple(found) for kind, found in self._names.items()}
        return PlacedCounts(**{kind: self._tally[kind] for kind in _KINDS}, names=names)

    def store(self, services: Services) -> None:
        """Customers first, what is known of the companies last: whatever is interrupted is done again."""
        for customer_id, edits in self._edits.items():
            self._change(customer_id, edits, services)
        taken = {name_key(customer.name) for customer in self._before.customers.values()}
        services.customers.put_made([*self._made.values()], taken)
        services.suggestions.put_all(self._suggestions)
        new = [item for key, item in self._placements.items() if key not in self._before.placements]
        services.placements.put_all(new)
        for key in self._placements.keys() & self._before.placements.keys():
            self._renew(key, services)

    def _follow(self, landscape: Landscape, external_id: str) -> None:
        """A company that is a customer: the fields no person has set follow it."""
        placement, customer_id = landscape.placements[external_id], landscape.customer_of(external_id)
        customer = landscape.customers[customer_id]
        reference = self._reference(placement)
        changed = customer.with_reference(reference)
        was_active = customer.state is CustomerState.ACTIVE
        kind = "unchanged" if changed == customer else "updated"
        self._count("deactivated" if was_active and changed.state is not customer.state else kind, placement.name)
        if changed != customer:
            self._edit(customer_id, lambda fresh: fresh.with_reference(reference))
        if placement.rule:
            self._remember(placement)
        else:  # a crash has kept the reason from being written
            verdict = landscape.judge(external_id)
            rule = verdict.rule if verdict.customer_id == customer_id else Rule.MADE
            self._remember(replace(placement, customer_id=customer_id, rule=rule, placed_at=self._at))

    def _leave_out(self, placement: Placement) -> None:
        self._count("left_out", placement.name)
        if placement.external_id in self._before.placements:
            self._remember(placement)

    def _loosen(self, landscape: Landscape, wanted: Iterable[str]) -> list[str]:
        """Companies of earlier slices whose link by rule is not certain any more."""
        rivals = {rival for key in wanted for rival in landscape.rivals(key)}
        return [key for key in rivals if self._is_loose(landscape, key)]

    def _is_loose(self, landscape: Landscape, external_id: str) -> bool:
        placement = landscape.placements[external_id]
        if placement.rule not in (Rule.TENANT_ID, Rule.DOMAIN):
            return False
        is_settled = self._now - parse_rfc3339(placement.placed_at) > _SETTLES_AFTER
        return not is_settled and landscape.judge(external_id).customer_id != placement.customer_id

    def _decide(self, landscape: Landscape, external_ids: Sequence[str]) -> None:
        verdicts = {key: landscape.judge(key) for key in external_ids}
        self._linked = {verdict.customer_id for verdict in verdicts.values()}
        for key, verdict in verdicts.items():
            before = self._before.customer_of(key)
            if before:
                self._edit(before, self._removal(key))
            placement = landscape.placements[key]
            customer_id = verdict.customer_id or self._make(landscape, key, verdict)
            if verdict.customer_id:
                self._link(placement, customer_id)
            self._remember(replace(placement, customer_id=customer_id, rule=verdict.rule, placed_at=self._at))

    def _removal(self, external_id: str) -> Edit:
        return lambda fresh: fresh.without_reference(self._before.provider, external_id)

    def _link(self, placement: Placement, customer_id: str) -> None:
        reference = self._reference(placement)
        self._edit(customer_id, lambda fresh: fresh.with_reference(reference))
        self._count("linked", placement.name)

    def _make(self, landscape: Landscape, external_id: str, verdict: Verdict) -> str:
        """A customer of the company's own, and the ones it may be instead."""
        placement = landscape.placements[external_id]
        customer_id = _made_id(placement, landscape.customers)
        made = Customer(
            msp_id=self._msp_id,
            customer_id=customer_id,
            name=placement.name,
            created_at=self._at,
            updated_at=self._at,
            origin=placement.provider,
            edited="",
        )
        self._made[customer_id] = made.with_reference(self._reference(placement))
        self._count("created", placement.name)
        self._suggest(landscape, external_id, customer_id, verdict)
        return customer_id

    def _suggest(self, landscape: Landscape, external_id: str, customer_id: str, verdict: Verdict) -> None:
        placement = landscape.placements[external_id]
        candidates = landscape.rank(external_id, self._linked | {customer_id})
        if not candidates:
            return
        self._count("suggested", placement.name)
        self._suggestions.append(
            Suggestion(
                msp_id=self._msp_id,
                suggestion_id=suggestion_id(self._msp_id, placement.provider, external_id),
                provider=placement.provider,
                external_id=external_id,
                company_name=placement.name,
                customer_id=customer_id,
                ambiguity=verdict.ambiguity,
                candidates=orjson.dumps([item.to_json() for item in candidates]).decode(),
                created_at=self._at,
            )
        )

    def _unplaced(self, external_id: str) -> Placement:
        return Placement(msp_id=self._msp_id, provider=self._before.provider, external_id=external_id)

    def _reference(self, placement: Placement) -> Reference:
        return Reference(
            provider=placement.provider,
            external_id=placement.external_id,
            key=placement.key,
            name=placement.name,
            domains=tuple(placement.domains.split()),
            is_active=placement.is_active,
        )

    def _count(self, kind: str, name: str) -> None:
        self._tally[kind] += 1
        if kind != "unchanged" and len(self._names.setdefault(kind, [])) < _MOST_NAMES:
            self._names[kind].append(name)

    def _edit(self, customer_id: str, edit: Edit) -> None:
        self._edits.setdefault(customer_id, []).append(edit)

    def _remember(self, placement: Placement) -> None:
        if placement != self._before.placements.get(placement.external_id):
            self._placements[placement.external_id] = placement

    def _change(self, customer_id: str, edits: Sequence[Edit], services: Services) -> None:
        def edit(fresh: Customer) -> Customer:
            changed = fresh
            for one in edits:
                changed = one(changed)
            return replace(changed, updated_at=self._at) if changed != fresh else fresh

        expected = edit(self._before.customers[customer_id]).name
        if name_key(expected) != name_key(self._before.customers[customer_id].name):
            services.customers.claim_name(self._msp_id, expected, customer_id)
        services.customers.change(self._msp_id, customer_id, edit)

    def _renew(self, external_id: str, services: Services) -> None:
        """Facts always; the place only if nobody has placed the company meanwhile."""
        wanted, seen = self._placements[external_id], self._before.placements[external_id]

        def edit(fresh: Placement) -> Placement:
            is_as_seen = (fresh.customer_id, fresh.rule) == (seen.customer_id, seen.rule)
            place = wanted if is_as_seen else fresh
            return replace(
                wanted,
                customer_id=place.customer_id,
                rule=place.rule,
                placed_at=place.placed_at,
                refused=fresh.refused,
                is_left_out=fresh.is_left_out,
            )

        services.placements.change(self._msp_id, wanted.provider, external_id, edit)


def _with_facts(placement: Placement, company: Company) -> Placement:
    name = " ".join(company.name.split())[:MAX_NAME].strip()
    return replace(
        placement,
        name=name or company.key[:MAX_NAME] or company.external_id[:MAX_NAME],
        key=company.key[:MAX_NAME],
        domains=" ".join(company.domains[:_MOST_DOMAINS]),
        tenant_ids=" ".join(company.entra_tenant_ids[:_MOST_DOMAINS]),
        is_active=company.is_active,
    )


def _without(landscape: Landscape, external_ids: Sequence[str]) -> Landscape:
    """The landscape in which these companies are nobody yet."""
    customers, placements = dict(landscape.customers), dict(landscape.placements)
    for key in external_ids:
        customer_id = landscape.customer_of(key)
        customers[customer_id] = customers[customer_id].without_reference(landscape.provider, key)
        placements[key] = replace(placements[key], customer_id="", rule="")
    return replace(landscape, customers=customers, placements=placements)


def _made_id(placement: Placement, taken: Collection[str]) -> str:
    """Follows from the company, so that a repetition makes the same customer; not one that is somebody else.

    That is one people said it is not, or one of an account that was connected before.
    """
    name = f"{placement.msp_id}/{placement.provider}/{placement.external_id}"
    refused = placement.refused.split()
    ids = (str(uuid5(_MADE, f"{name}/{number}")) for number in count())
    return next(made for made in ids if made not in refused and made not in taken)
