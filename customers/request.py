"""What people say of a customer, checked field by field."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from tenantsync.bodies import MAX_NAME, Body, read_text, refuse_unknown
from tenantsync.errors import RequestError
from tenantsync.identity.authority import is_guid, parse_tenant
from tenantsync.psa.port import Provider
from tenantsync.store.customers import Reference

_FIELDS: Final = frozenset({"name", "domains", "contacts", "externalReferences", "notes"})
_MOST: Final = {"domains": 50, "contacts": 20, "externalReferences": 10}
_NULLABLE: Final = frozenset({"name", "domains"})
_MAX_NOTES: Final = 4000
_MAX_EMAIL: Final = 254
_MAX_SHORT: Final = 100
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def parse_fields(body: Body) -> dict[str, Any]:
    """The fields that are given, as the customer's row holds them; raises RequestError that names the wrong one.

    A `name` or `domains` of null stays None.
    """
    refuse_unknown(body, _FIELDS)
    return {_COLUMNS.get(name, name): _parse_field(name, body) for name in body}


def _parse_field(name: str, body: Body) -> Any:
    return None if name in _NULLABLE and body[name] is None else _PARSERS[name](body)


def _parse_name(body: Body) -> str:
    """The name with single spaces."""
    name = " ".join(_short(body, "name", MAX_NAME).split())
    if not name.isprintable():
        raise RequestError("invalid_request", "`name` must not contain control characters.")
    return name


def _parse_domains(body: Body) -> str:
    return " ".join(dict.fromkeys(map(_parse_domain, _list(body, "domains"))))


def _parse_domain(value: object) -> str:
    try:
        domain = parse_tenant(value if isinstance(value, str) else "")
    except RequestError:
        domain = ""
    if not domain or is_guid(domain):
        raise RequestError("invalid_request", "`domains` must be a list of domains (contoso.com).")
    return domain


def _parse_contacts(body: Body) -> str:
    return orjson.dumps([_parse_contact(item) for item in _list(body, "contacts")]).decode()


def _parse_contact(value: object) -> dict[str, str]:
    contact = _object(value, "contacts", frozenset({"name", "email", "phone", "role"}))
    email = _short(contact, "email", _MAX_EMAIL, optional=True)
    if email and not _EMAIL.fullmatch(email):
        raise RequestError("invalid_request", "`contacts`: `email` must be an address.")
    return {
        "name": _short(contact, "name", MAX_NAME),
        "email": email,
        "phone": _short(contact, "phone", _MAX_SHORT, optional=True),
        "role": _short(contact, "role", _MAX_SHORT, optional=True),
    }


def _parse_references(body: Body) -> tuple[Reference, ...]:
    found = [_parse_reference(item) for item in _list(body, "externalReferences")]
    if len({item.identity for item in found}) < len(found):
        raise RequestError("invalid_request", "`externalReferences`: one company is given twice.")
    return tuple(found)


def _parse_reference(value: object) -> Reference:
    reference = _object(value, "externalReferences", frozenset({"provider", "externalId", "key"}))
    provider = reference.get("provider")
    if provider not in tuple(Provider):
        raise RequestError("invalid_request", f"`provider` must be one of {', '.join(Provider)}.")
    external_id = _short(reference, "externalId", _MAX_SHORT)
    key = _short(reference, "key", MAX_NAME, optional=True)
    return Reference(provider=str(provider), external_id=external_id, key=key)


def _parse_notes(body: Body) -> str:
    """Lines are kept; null or nothing but spaces takes the notes away."""
    notes = body["notes"] or ""
    if not isinstance(notes, str) or len(notes) > _MAX_NOTES or _CONTROL.search(notes):
        raise RequestError("invalid_request", f"`notes` must be text of up to {_MAX_NOTES} characters.")
    return notes.strip()


def _list(body: Body, name: str) -> list[Any]:
    value = body[name]
    if not isinstance(value, list) or len(value) > _MOST[name]:
        raise RequestError("invalid_request", f"`{name}` must be a list of up to {_MOST[name]}.")
    return value


def _object(value: object, name: str, known: frozenset[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not known.issuperset(value):
        raise RequestError("invalid_request", f"`{name}`: each may have {', '.join(sorted(known))}, and nothing else.")
    return value


def _short(body: Body, name: str, most: int, *, optional: bool = False) -> str:
    """An optional text may be null or empty, too."""
    if optional and not body.get(name):
        return ""
    value = read_text(body, name)
    if len(value) > most:
        raise RequestError("invalid_request", f"`{name}` may have {most} characters.")
    return value


_COLUMNS: Final = {"externalReferences": "references"}
_PARSERS: Final[Mapping[str, Callable[[Body], Any]]] = {
    "name": _parse_name,
    "domains": _parse_domains,
    "contacts": _parse_contacts,
    "externalReferences": _parse_references,
    "notes": _parse_notes,
}
