"""What a technician sends to connect a PSA, merged with what is connected already, and checked against the PSA."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from tenantsync.bodies import Body, read_text, refuse_unknown
from tenantsync.errors import RequestError
from tenantsync.psa.port import CompanyPage, PsaAccount, PsaAdapter, PsaKind
from tenantsync.psa_access import count_requests, read_values
from tenantsync.services import Services
from tenantsync.store.psa_connections import PsaConnection

_CUSTOMER_TYPES: Final = "customerTypes"
_MOST_TYPES: Final = 200
_LONGEST_TYPE_ID: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A connection as it would be. `secrets` never leave this process but for the vault and the PSA itself."""

    kind: PsaKind
    values: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)
    customer_types: str
    known: PsaConnection | None
    keeps_secrets: bool

    def open(self) -> PsaAdapter:
        """The adapter; raises RequestError `psa_host_refused`."""
        return self.kind.open({**self.values, **self.secrets, _CUSTOMER_TYPES: self.customer_types})


def draft_connection(kind: PsaKind, body: Body, known: PsaConnection | None, services: Services) -> Draft:
    """Fields that are left out stay as they are, `null` or an empty text takes one away.

    Raises RequestError that names the field.
    Stored secrets go only where they went before: with another address or account they have to be sent again.
    """
    refuse_unknown(body, frozenset({*(item.name for item in kind.fields), _CUSTOMER_TYPES}))
    secret = {item.name for item in kind.fields if item.is_secret}
    given = {name: _read_field(body, name) for name in body if name != _CUSTOMER_TYPES}
    stored: dict[str, str] = orjson.loads(known.values) if known else {}
    values = _without_empty({**stored, **{name: text for name, text in given.items() if name not in secret}})
    secrets = _without_empty({name: text for name, text in given.items() if name in secret})
    keeps_secrets = known is not None and secret.isdisjoint(given) and values == stored
    if known is not None and keeps_secrets:
        secrets = {name: text for name, text in read_values(known, services).items() if name in secret}
    _refuse_missing(kind, {**values, **secrets}, is_known=known is not None)
    types = _read_types(body) if _CUSTOMER_TYPES in body else known.customer_types if known else ""
    return Draft(
        kind=kind, values=values, secrets=secrets, customer_types=types, known=known, keeps_secrets=keeps_secrets
    )


@dataclass(frozen=True, slots=True)
class Checked:
    """What the PSA has said to a draft."""

    account: PsaAccount
    first_page: CompanyPage


def check_draft(draft: Draft, msp_id: str, services: Services) -> Checked:
    """Asks the PSA who it is and for a first page; raises what the adapter raises, or RequestError."""
    adapter = draft.open()
    try:
        account = adapter.check()
        _refuse_other_account(draft, account)
        refuse_unknown_types(draft, account)
        return Checked(account, adapter.list_companies(""))
    finally:
        count_requests(msp_id, adapter, services)


def _refuse_missing(kind: PsaKind, values: Mapping[str, str], *, is_known: bool) -> None:
    missing = [item.name for item in kind.fields if item.is_required and not values.get(item.name)]
    if missing:
        again = " Secrets have to be sent again when anything else of the account changes." if is_known else ""
        raise RequestError("invalid_request", f"Missing: {', '.join(missing)}.{again}")


def _refuse_other_account(draft: Draft, account: PsaAccount) -> None:
    """Another company's ids would be taken for those of the customers that are here."""
    before = draft.known.account_name if draft.known else ""
    if before and account.name and before != account.name:
        raise RequestError("psa_account_changed", f"Connected is {before}, this is {account.name}.")


def refuse_unknown_types(draft: Draft, account: PsaAccount) -> None:
    """Raises RequestError when a type was chosen that the PSA does not have."""
    known = {item.type_id for item in account.types}
    if unknown := sorted(set(draft.customer_types.split()) - known):
        raise RequestError("invalid_request", f"`{_CUSTOMER_TYPES}`: the PSA has no type {', '.join(unknown)[:200]}.")


def _read_field(body: Body, name: str) -> str:
    return "" if body[name] == "" else read_text(body, name, optional=True)


def _read_types(body: Body) -> str:
    types: Any = body[_CUSTOMER_TYPES]
    if not isinstance(types, list) or len(types) > _MOST_TYPES or not all(map(_is_type_id, types)):
        raise RequestError("invalid_request", f"`{_CUSTOMER_TYPES}` must be a list of ids of company types.")
    return " ".join(dict.fromkeys(types))


def _is_type_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_TYPE_ID and value.isascii() and " " not in value


def _without_empty(values: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in values.items() if text}
