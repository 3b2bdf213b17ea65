"""What every PSA gives: companies page by page, and notes on tickets. All three adapters are used through this only."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Provider(StrEnum):
    """The PSAs there are; the values are part of routes and stored rows."""

    CONNECTWISE = "connectwise"
    AUTOTASK = "autotask"
    HALOPSA = "halopsa"


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A company as its PSA has it, reduced to what we keep; unknown keys never get this far.

    `external_id` is unique within one connection. `key` is the PSA's own short name or number. `domains` are lower-case
    host names without `www.`, free-mail providers included. `entra_tenant_ids` are lower-case GUIDs, of PSAs that know
    them. `types` are labels of the PSA's own tables. `updated_at` is RFC 3339 UTC, empty when unknown.
    """

    external_id: str
    name: str
    key: str = ""
    domains: tuple[str, ...] = ()
    entra_tenant_ids: tuple[str, ...] = ()
    is_active: bool = True
    types: tuple[str, ...] = ()
    phone: str = ""
    address: str = ""
    parent_id: str = ""
    updated_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyPage:
    """One answer's companies; `cursor` None is the end of the listing, else where the next page begins.

    `expected` is how many the PSA says there are, None when it does not say. `received` counts rows as they came:
    `unusable` of them could not be understood, and others may be no customers (vendors, the MSP itself). Of the
    unusable ones that have an id `unusable_ids` has it: they are there, whatever else is wrong with them.
    """

    companies: tuple[Company, ...] = ()
    received: int = 0
    unusable: int = 0
    unusable_ids: tuple[str, ...] = ()
    cursor: str | None = None
    expected: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyType:
    """An entry of the PSA's own table of company types; `is_customer` is what we take it for until a person says."""

    type_id: str
    label: str
    is_customer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PsaAccount:
    """What a check has found out: whose PSA it is, which version, and the types people may choose from.

    `facts` are the discovered addresses (codebase, zone, authorization host) worth keeping; never a secret.
    """

    name: str
    version: str = ""
    types: tuple[CompanyType, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A ticket that was found; `reference` is what people call it."""

    ticket_id: str
    reference: str
    title: str = ""
    is_closed: bool = False


class PsaAdapter(Protocol):
    """One connection to one PSA. Raises the taxonomy of `tenantsync.errors`; never waits or retries by itself.

    Not shared by threads.
    """

    @property
    def provider(self) -> Provider: ...

    @property
    def is_incremental(self) -> bool:
        """Whether `since` is proven to find everything that has changed."""
        ...

    @property
    def requests(self) -> int:
        """How many requests this adapter has made so far."""
        ...

    def check(self) -> PsaAccount:
        """Discovery, credentials and permissions; raises RequestError `psa_*` that says which of them is wrong."""
        ...

    def list_companies(self, cursor: str, since: str = "") -> CompanyPage:
        """One request's worth of companies: from the beginning when `cursor` is empty, else of a page's cursor.

        `since` (RFC 3339) asks only for what changed after it, inactive ones included.
        """
        ...

    def find_ticket(self, reference: str) -> Ticket | None:
        """The ticket people call so, or None."""
        ...

    def recent_notes(self, ticket: Ticket) -> Sequence[str]:
        """Texts of the ticket's latest notes (some fifty)."""
        ...

    def add_note(self, ticket: Ticket, text: str) -> None:
        """Adds an internal note, exactly as given."""
        ...

    def close_ticket(self, ticket: Ticket) -> None:
        """Moves the ticket to its closed state; closing a closed one changes nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionField:
    """One thing a connection must be told; `name` is camelCase, as in the API's bodies."""

    name: str
    title: str
    is_secret: bool = False
    is_required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PsaKind:
    """A kind of PSA: what a connection to it needs, and how one is opened.

    `open` takes the values of `fields` by name, and `customerTypes`: type ids separated by spaces, empty for the rule
    that `CompanyType.is_customer` follows. It asks nobody anything yet, but raises RequestError `psa_host_refused` for
    a host that may not be called.
    """

    provider: Provider
    title: str
    fields: tuple[ConnectionField, ...]
    open: Callable[[Mapping[str, str]], PsaAdapter]


PsaKinds = Mapping[Provider, PsaKind]
"""All of them; `tenantsync.psa.registry.psa_kinds(settings)` makes it, `Services.psa_kinds` holds it."""
