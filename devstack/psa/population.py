"""The companies of the simulated PSAs: made from a seed, with the untidiness of an MSP's real data."""

import random
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from devstack.psa.spec import Known, PsaScenario

_FIRST: Final = (
    *("Adatum", "Alpine", "Amber", "Apex", "Argo", "Aster", "Beacon", "Birch", "Blue", "Bright", "Cascade", "Cedar"),
    *("Clear", "Cobalt", "Copper", "Coral", "Crown", "Delta", "Dover", "Eagle", "Ember", "Ever", "Falcon", "First"),
    *("Forge", "Garnet", "Glen", "Golden", "Granite", "Harbor", "Haven", "Hazel", "Iron", "Ivory", "Jade", "Juniper"),
    *("Keystone", "Lake", "Lark", "Maple", "Meadow", "Müller", "Noble", "North", "Oak", "Ocean", "Onyx", "Orchard"),
    *("Pine", "Pioneer", "Quarry", "Raven", "Ridge", "River", "Sable", "Saint-Loïc", "Silver", "Summit", "Swift"),
    *("Tall", "Terra", "Union", "Vista", "West"),
)
_SECOND: Final = (
    *("Accounting", "Architects", "Bakery", "Builders", "Cabling", "Clinic", "Consulting", "Dental", "Design"),
    *("Engineering", "Foods", "Freight", "Gardens", "Hotels", "Insurance", "Interiors", "Legal", "Logistics"),
    *("Media", "Motors", "Optics", "Pharmacy", "Plumbing", "Print", "Realty", "Schools", "Security", "Surveyors"),
    *("Textiles", "Tooling", "Travel", "Veterinary"),
)
_PLACES: Final = (
    "",
    " London",
    " Leeds",
    " Bristol",
    " Austin",
    " Boston",
    " Denver",
    " Perth",
    " Sydney",
    " Cape Town",
)
_LEGAL: Final = ("Ltd", "Limited", "Inc.", "GmbH", "LLC", "& Sons", "Group", "")
_CITIES: Final = ("London", "Leeds", "Bristol", "Austin", "Boston", "Denver", "Perth", "Sydney")
_FREE_MAIL: Final = ("gmail.com", "outlook.com", "yahoo.co.uk")
_WEBSITES: Final = (
    *("https://www.{0}/", "http://{0}", "{0}", "WWW.{1}", "{0}/index.html", " https://{0}/contact?utm_source=psa "),
    *("", "https://{0}:443/", "www.{0}.", "https://{0}", "https://{1}/En", "n/a"),
)
_SAYS_NOTHING: Final = frozenset({"", "n/a"})
_FOUNDED: Final = datetime(2024, 1, 1, 8, tzinfo=UTC)
_SHARED_TENANT_NUMBERS: Final = (12, 15)


class Kind(StrEnum):
    """What a company is to the MSP."""

    CUSTOMER = "customer"
    PROSPECT = "prospect"
    LEAD = "lead"
    VENDOR = "vendor"
    PARTNER = "partner"
    OWNER = "owner"
    """The MSP itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A company, whichever PSA it is in; `domain` is what its website says once the spelling is undone."""

    number: int
    name: str
    created: datetime
    updated: datetime
    kind: Kind = Kind.CUSTOMER
    website: str = ""
    domain: str = ""
    is_active: bool = True
    is_deleted: bool = False
    phone: str = ""
    street: str = ""
    city: str = ""
    postcode: str = ""
    parent: int = 0
    """The number of the company above it, 0 for none."""
    tenant_ids: tuple[str, ...] = ()


def make_accounts(scenario: PsaScenario) -> Iterator[Account]:
    """The MSP itself, the known customers, then seeded ones up to the wanted number."""
    yield _dated(0, name="Northwind MSP", kind=Kind.OWNER, website="https://www.northwind-msp.example", city="London")
    for number, known in enumerate(scenario.known, 1):
        yield _known(number, known)
    source = random.Random(scenario.seed)  # noqa: S311 - a population, no secret
    numbers = range(len(scenario.known) + 1, scenario.companies + 1)
    combinations = source.sample(range(len(_FIRST) * len(_SECOND) * len(_PLACES)), len(numbers))
    names: list[str] = []
    for number, combination in zip(numbers, combinations, strict=True):
        names.append(_name(number, combination, names))
        yield _seeded(number, names[-1], scenario.seed)


def _known(number: int, known: Known) -> Account:
    tenants = (known.tenant_id,) if known.tenant_id else ()
    return _dated(
        number, name=known.name, website=f"https://www.{known.domain}/", domain=known.domain, tenant_ids=tenants
    )


def _name(number: int, combination: int, earlier: list[str]) -> str:
    """Every 25th is an earlier company's name in another spelling."""
    if number % 25 == 0 and earlier:
        return _respelled(earlier[-min(len(earlier), 7)], number)
    rest, first = divmod(combination, len(_FIRST))
    place, second = divmod(rest, len(_SECOND))
    legal = _LEGAL[number % len(_LEGAL)]
    return f"{_FIRST[first]} {_SECOND[second]}{_PLACES[place]} {legal}".strip()


def _respelled(name: str, number: int) -> str:
    spellings = (name.upper(), name.replace("Ltd", "Limited"), f"{name}  ", name.replace(" ", "-"), f"The {name}")
    return spellings[number // 25 % len(spellings)]


def _seeded(number: int, name: str, seed: int) -> Account:
    website, domain = _website(number, name)
    return _dated(
        number,
        name=name,
        kind=_kind(number),
        website=website,
        domain=domain,
        is_active=number % 19 != 7,
        is_deleted=number % 97 == 11,
        phone=f"+44 20 7946 {number % 10000:04d}" if number % 6 else "",
        street=f"{number % 200 + 1} High Street",
        city=_CITIES[number % len(_CITIES)],
        postcode=f"{10000 + number % 90000}",
        parent=number - 2 if number % 31 == 0 else 0,
        tenant_ids=_tenant_ids(number, seed),
    )


def _dated(number: int, **values: object) -> Account:
    created = _FOUNDED + timedelta(hours=number % 8000)
    updated = _FOUNDED + timedelta(days=400, minutes=number % 400_000)
    return Account(number=number, created=created, updated=updated, **values)  # type: ignore[arg-type]


def _kind(number: int) -> Kind:
    kinds = {1: Kind.PROSPECT, 2: Kind.PROSPECT, 3: Kind.LEAD, 4: Kind.VENDOR, 5: Kind.VENDOR, 6: Kind.PARTNER}
    return kinds.get(number % 40, Kind.CUSTOMER)


def _website(number: int, name: str) -> tuple[str, str]:
    """What somebody typed, and the host it means."""
    if number % 29 == 0:
        host = _FREE_MAIL[number % len(_FREE_MAIL)]
        return host, host
    host = f"{_slug(name)}.example"
    text = _WEBSITES[number % len(_WEBSITES)].format(host, host.upper())
    return text, "" if text in _SAYS_NOTHING else host


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def _tenant_ids(number: int, seed: int) -> tuple[str, ...]:
    """Every third customer's; two of them have the same, as after a company was split in the PSA."""
    if number % 3 or _kind(number) is not Kind.CUSTOMER:
        return ()
    first, second = _SHARED_TENANT_NUMBERS
    return (f"{seed:08x}-0000-4000-8000-{first if number == second else number:012x}",)
