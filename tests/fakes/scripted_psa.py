"""A PSA behind the port: companies page by page, tickets with notes, and whatever failure a test wants next."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tenantsync.errors import RequestError, TenantSyncError
from tenantsync.psa.port import (
    Company,
    CompanyPage,
    CompanyType,
    ConnectionField,
    Provider,
    PsaAccount,
    PsaKind,
    PsaKinds,
    Ticket,
)

FIELDS = (
    ConnectionField(name="host", title="Host"),
    ConnectionField(name="publicKey", title="Public key"),
    ConnectionField(name="privateKey", title="Private key", is_secret=True),
    ConnectionField(name="integrationCode", title="Integration code", is_secret=True, is_required=False),
)
BODY = {"host": "psa.example.com", "publicKey": "public", "privateKey": "canary-private-key"}


@dataclass
class FakePsa:
    """What the other side has. `failures` are raised one a request; `opened` are the values adapters were made with.

    `pages` overrides the paging: the answers of the next requests for companies.
    """

    provider: Provider = Provider.CONNECTWISE
    companies: list[Company] = field(default_factory=list)
    name: str = "Northwind MSP"
    page_size: int = 100
    is_incremental: bool = True
    right_key: str = "canary-private-key"
    types: tuple[CompanyType, ...] = (
        CompanyType(type_id="1", label="Client", is_customer=True),
        CompanyType(type_id="2", label="Vendor", is_customer=False),
    )
    failures: list[TenantSyncError | None] = field(default_factory=list)
    pages: list[CompanyPage] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    opened: list[Mapping[str, str]] = field(default_factory=list)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    requests: int = 0
    before_request: Callable[[], None] = lambda: None

    def kind(self) -> PsaKind:
        return PsaKind(provider=self.provider, title=self.provider.value, fields=FIELDS, open=self._open)

    def _open(self, values: Mapping[str, str]) -> "FakeAdapter":
        if values["host"] == "10.0.0.1":
            raise RequestError("invalid_request", "The host may not be called.")
        self.opened.append(dict(values))
        return FakeAdapter(self, values)

    def take(self) -> None:
        self.requests += 1
        self.before_request()
        failure = self.failures.pop(0) if self.failures else None
        if failure:
            raise failure


class FakeAdapter:
    """A connection to a FakePsa; a wrong key is refused at every request."""

    def __init__(self, psa: FakePsa, values: Mapping[str, str]) -> None:
        self._psa, self._values = psa, values
        self.requests = 0

    @property
    def provider(self) -> Provider:
        return self._psa.provider

    @property
    def is_incremental(self) -> bool:
        return self._psa.is_incremental

    def check(self) -> PsaAccount:
        self._ask()
        return PsaAccount(name=self._psa.name, version="2026.1", types=self._psa.types, facts=(("codebase", "v1/"),))

    def list_companies(self, cursor: str, since: str = "") -> CompanyPage:
        self._psa.asked.append((cursor, since))
        self._ask()
        if self._psa.pages:
            return self._psa.pages.pop(0)
        found = [company for company in self._psa.companies if not since or company.updated_at > since]
        start = int(cursor or 0)
        page = tuple(found[start : start + self._psa.page_size])
        following = start + self._psa.page_size
        return CompanyPage(
            companies=page,
            received=len(page),
            cursor=str(following) if following < len(found) else None,
            expected=len(found),
        )

    def find_ticket(self, reference: str) -> Ticket | None:
        self._ask()
        return self._psa.tickets.get(reference)

    def recent_notes(self, ticket: Ticket) -> Sequence[str]:
        self._ask()
        return self._psa.notes.get(ticket.ticket_id, [])[-50:]

    def add_note(self, ticket: Ticket, text: str) -> None:
        self._ask()
        self._psa.notes.setdefault(ticket.ticket_id, []).append(text)

    def close_ticket(self, ticket: Ticket) -> None:
        self._ask()
        closed = Ticket(ticket_id=ticket.ticket_id, reference=ticket.reference, is_closed=True)
        self._psa.tickets[ticket.reference] = closed

    def _ask(self) -> None:
        self.requests += 1
        self._psa.take()
        if self._values["privateKey"] != self._psa.right_key:
            raise RequestError("psa_secret_lost", "The key is refused.")


def kinds_of(*psas: FakePsa) -> PsaKinds:
    return {psa.provider: psa.kind() for psa in psas}


def companies(number: int, **more: object) -> list[Company]:
    """Companies with ids 1 to `number`."""
    return [Company(external_id=str(n), name=f"Company {n}", **more) for n in range(1, number + 1)]  # type: ignore[arg-type]
