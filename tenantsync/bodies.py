"""Reads the fields of a request's JSON body, with a problem that names the field."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tenantsync.errors import RequestError
from tenantsync.identity.authority import is_guid

MAX_NAME: Final = 200
_MAX_TEXT: Final = 2000
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")

Body = Mapping[str, Any]


def refuse_unknown(body: Body, known: frozenset[str]) -> None:
    """Raises RequestError that names the fields nobody knows."""
    if unknown := sorted(set(body) - known):
        raise RequestError("invalid_request", f"Unknown fields: {', '.join(unknown)[:MAX_NAME]}.")


def read_text(body: Body, name: str, *, optional: bool = False, code: str = "invalid_request") -> str:
    """A text without control characters, trimmed; empty only if it is optional and missing."""
    value = body.get(name)
    if value is None and optional:
        return ""
    if not isinstance(value, str) or not value.strip() or len(value) > _MAX_TEXT or _CONTROL.search(value):
        raise RequestError(code, f"`{name}` must be text.")
    return value.strip()


def read_guid(body: Body, name: str) -> str:
    """A GUID in lower case."""
    value = read_text(body, name).lower()
    if not is_guid(value):
        raise RequestError("invalid_request", f"`{name}` must be a GUID.")
    return value


def read_names(body: Body, name: str, known: tuple[str, ...]) -> str:
    """A list of known names, as a text with spaces."""
    values = body[name]
    if not isinstance(values, list) or not all(isinstance(value, str) and value in known for value in values):
        raise RequestError("invalid_request", f"`{name}` must be a list of: {', '.join(known)}.")
    return " ".join(sorted(set(values), key=known.index))


@dataclass(frozen=True, slots=True)
class CustomerChoice:
    """Either a customer that exists or the name of one: exactly one of the two is set."""

    customer_id: str = ""
    name: str = ""

    @classmethod
    def parse(cls, body: Body) -> "CustomerChoice":
        """From `customerId` or `customer: {"name"}`; raises RequestError."""
        customer = body.get("customer")
        if ("customerId" in body) == ("customer" in body):
            raise RequestError("invalid_request", "Give either `customerId` or `customer`.")
        if customer is None:
            customer_id = read_text(body, "customerId").lower()
            if not is_guid(customer_id):
                raise RequestError("customer_not_found")
            return cls(customer_id=customer_id)
        if not isinstance(customer, dict) or set(customer) != {"name"}:
            raise RequestError("invalid_request", '`customer` must be {"name": "..."}.')
        name = " ".join(read_text(customer, "name").split())
        if len(name) > MAX_NAME:
            raise RequestError("invalid_request", f"`customer.name` may have {MAX_NAME} characters.")
        return cls(name=name)
