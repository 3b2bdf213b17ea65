"""Reads the rows PSAs send: only the keys that are asked for, within limits, and never trusting their form."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NoReturn
from uuid import UUID

from tenantsync.clock import to_rfc3339
from tenantsync.errors import ContractError, DataError
from tenantsync.psa.port import Company, CompanyPage

_LONGEST_NAME: Final = 500
_LONGEST_TEXT: Final = 1_000
_LONGEST_HOST: Final = 253
_NO_DATE_UNTIL_YEAR: Final = 1900
_BLANKS: Final = re.compile(r"[\s\x00-\x1f\x7f]+")
_SEPARATORS: Final = re.compile(r"[\s,;|<>()]+")
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"(?:{_LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]")
_NO_GUID: Final = UUID(int=0)

Row = Mapping[str, Any]


def read_listing(body: object, key: str = "") -> list[Any]:
    """The rows of an answer, below `key` if there is one; raises ContractError when there is no list."""
    rows = body.get(key) if key and isinstance(body, Mapping) else body
    if not isinstance(rows, list):
        raise ContractError("psa_unexpected_answer", "the listing is no list")
    return rows


def read_object(body: object) -> Row:
    """An answer that must be an object; raises ContractError."""
    if not isinstance(body, Mapping):
        raise ContractError("psa_unexpected_answer", "the answer is no object")
    return body


def read_integer(body: object, key: str) -> int:
    """A number the answer must have; raises ContractError."""
    value = read_object(body).get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ContractError("psa_unexpected_answer", f"the answer has no `{key}`")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyRows:
    """An answer's companies; the other fields are as in CompanyPage."""

    companies: tuple[Company, ...]
    received: int
    unusable: int
    unusable_ids: tuple[str, ...]

    def page(self, cursor: str | None, expected: int | None) -> CompanyPage:
        """The page they make."""
        return CompanyPage(
            companies=self.companies,
            received=self.received,
            unusable=self.unusable,
            unusable_ids=self.unusable_ids,
            cursor=cursor,
            expected=expected,
        )


def read_companies(rows: list[Any], read: Callable[[Row], Company | None]) -> CompanyRows:
    """The companies among the rows, and the rows that could not be understood. `read` gives None for no customer."""
    companies, unusable = [], list[object]()
    for row in rows:
        try:
            company = read(row) if isinstance(row, Mapping) else _refuse()
        except DataError:
            unusable.append(row)
            continue
        if company is not None:
            companies.append(company)
    return CompanyRows(
        companies=tuple(companies),
        received=len(rows),
        unusable=len(unusable),
        unusable_ids=tuple(filter(None, map(_id_of, unusable))),
    )


def read_number(row: Row, key: str = "id") -> int:
    """A whole number; raises DataError."""
    value = row.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise DataError("objects_unusable", f"`{key}` is no number")


def read_name(row: Row, key: str) -> str:
    """A text that must be there and no longer than any PSA allows; raises DataError."""
    value = row.get(key)
    name = _BLANKS.sub(" ", value).strip() if isinstance(value, str) and len(value) <= _LONGEST_NAME else ""
    if not name:
        raise DataError("objects_unusable", f"`{key}` is missing or too long")
    return name


def read_text(row: Row, key: str) -> str:
    """A text or number as text, cut to a sensible length; empty for anything else."""
    value = row.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _BLANKS.sub(" ", value[:_LONGEST_TEXT]).strip() if isinstance(value, str) else ""


def read_part(row: Row, key: str) -> Row:
    """A nested object, empty when there is none."""
    value = row.get(key)
    return value if isinstance(value, Mapping) else {}


def read_parts(row: Row, key: str) -> list[Row]:
    """Nested objects, as many as there are."""
    value = row.get(key)
    return [part for part in value if isinstance(part, Mapping)] if isinstance(value, list) else []


def read_time(row: Row, key: str) -> str:
    """RFC 3339 UTC. A time without zone is UTC; no time, and the dates that stand for none (1900, 0001), are empty."""
    try:
        moment = datetime.fromisoformat(read_text(row, key))
        if moment.year <= _NO_DATE_UNTIL_YEAR:
            return ""
        return to_rfc3339(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return ""


def read_address(row: Row, *keys: str) -> str:
    """The parts of an address that are there, on one line."""
    return ", ".join(filter(None, (read_text(row, key) for key in keys)))


def read_domains(*texts: object) -> tuple[str, ...]:
    """Host names in what people enter as website, domain or mail address: lower case, without `www.`, each once."""
    words = (word for text in texts if isinstance(text, str) for word in _SEPARATORS.split(text[:_LONGEST_TEXT]))
    return tuple(dict.fromkeys(filter(None, map(_host_of, words))))


def read_guids(rows: list[Row], key: str) -> tuple[str, ...]:
    """Lower-case GUIDs of the rows, each once; whatever is none is left out."""
    return tuple(dict.fromkeys(filter(None, (_guid(row.get(key)) for row in rows))))


def _host_of(word: str) -> str:
    address = re.split(r"[/?#]", word.rpartition("://")[2], maxsplit=1)[0]
    host = address.rpartition("@")[2].partition(":")[0].lower().rstrip(".").removeprefix("www.")
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    return host if len(host) <= _LONGEST_HOST and _HOST.fullmatch(host) else ""


def _guid(value: object) -> str:
    try:
        guid = UUID(value) if isinstance(value, str) else _NO_GUID
    except ValueError:
        return ""
    return "" if guid == _NO_GUID else str(guid)


def _id_of(row: object) -> str:
    try:
        return str(read_number(row)) if isinstance(row, Mapping) else ""
    except DataError:
        return ""


def _refuse() -> NoReturn:
    raise DataError("objects_unusable", "the row is no object")
