"""`top` and `cursor` of listings; a cursor is opaque to callers and never trusted."""

import base64
import binascii
from collections.abc import Mapping
from typing import Final

from tenantsync.errors import RequestError

_MAX_CURSOR: Final = 2000
_MOST_DIGITS: Final = 9


def read_top(params: Mapping[str, str], *, default: int, most: int) -> int:
    """How many items are wanted; raises RequestError `invalid_request`."""
    text = params.get("top")
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > _MOST_DIGITS or not 1 <= int(text) <= most:
        raise RequestError("invalid_request", f"`top` must be a number from 1 to {most}.")
    return int(text)


def write_cursor(position: str) -> str:
    """The cursor of a position."""
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def read_cursor(params: Mapping[str, str]) -> str:
    """The position of the caller's cursor, empty without one; raises RequestError `invalid_request`."""
    return read_position(params.get("cursor") or "")


def read_position(cursor: str) -> str:
    """The inverse of `write_cursor`; raises RequestError `invalid_request`."""
    try:
        if len(cursor) > _MAX_CURSOR:
            raise ValueError(cursor[:10])
        position = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise foreign_cursor() from error
    if not all(character.isprintable() for character in position):
        raise foreign_cursor()
    return position


def foreign_cursor() -> RequestError:
    """What a listing raises for a position it knows nothing of."""
    return RequestError("invalid_request", "`cursor` is not one this service gave.")
