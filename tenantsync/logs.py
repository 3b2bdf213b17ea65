"""One logger for the product: an event name and named fields a line, with anything secret-looking masked."""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final
from uuid import uuid4

_SECRETS: Final = re.compile(
    r"eyJ[\w-]{8,}(?:\.[\w-]*){1,2}"  # tokens
    r"|(?<=\bcode=)[^&\s]+|(?<=\bstate=)[^&\s]+|(?<=token=)[^&\s]+|(?<=sig=)[^&\s]+|(?<=secret=)[^&\s]+"
    r"|(?<=AccountKey=)[^;\s]+"
    r"|(?<=with url: )\S+"  # what urllib3 says of a host that does not answer
    r"|[\w.+-]+(?:@|%40)[\w-]+\.[\w.-]+",  # mail addresses and user principal names
    re.IGNORECASE,
)
_GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CORRELATION: Final = "correlation_id"
_context: ContextVar[Mapping[str, str]] = ContextVar("context")
_QUIET: Final = ("azure", "msal", "urllib3")


def redact(text: str) -> str:
    """`text` with tokens, keys, codes and addresses replaced by `***`."""
    return _SECRETS.sub("***", text)


class _Redactor(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return True


_logger = logging.getLogger("tenantsync")
_logger.addFilter(_Redactor())
for _name in _QUIET:  # their INFO lines carry whole URLs
    logging.getLogger(_name).setLevel(logging.WARNING)


@contextmanager
def correlated(correlation_id: str, **ids: str) -> Iterator[None]:
    """Everything logged, audited or traced inside carries this id, and those of what it is about (`run_id` ...)."""
    token = _context.set({_CORRELATION: correlation_id, **ids})
    try:
        yield
    finally:
        _context.reset(token)


@contextmanager
def about(**ids: str) -> Iterator[None]:
    """Everything logged or traced inside carries these ids, too."""
    token = _context.set({**context(), **ids})
    try:
        yield
    finally:
        _context.reset(token)


def context() -> Mapping[str, str]:
    """The ids of what is being done, empty ones left out."""
    return {name: value for name, value in _context.get({}).items() if value}


def correlation_id() -> str:
    """The id of what is being done, empty outside of a request."""
    return _context.get({}).get(_CORRELATION, "")


def parse_correlation_id(text: str) -> str:
    """A caller's id: a GUID in lower case; anything else is replaced by a new one."""
    return text.lower() if _GUID.fullmatch(text) else str(uuid4())


def request_id() -> str:
    """The id for a request to somebody else: the one of what is being done where it is a GUID, else a new one."""
    return parse_correlation_id(correlation_id())


def event(name: str, /, **fields: object) -> None:
    """Logs something that happened; fields are ids, counts and codes."""
    _logger.info("%s", _line(name, fields))


def alert(name: str, /, **fields: object) -> None:
    """Logs, as an error, something an operator is to be woken for."""
    _logger.error("%s", _line(name, fields))


def failure(name: str, /, error: BaseException, **fields: object) -> None:
    """Logs a failure that needs somebody's eyes, with its trace."""
    _logger.error("%s", _line(name, fields), exc_info=error)


def _line(name: str, fields: dict[str, object]) -> str:
    known = context()
    about = {key: value for key, value in known.items() if key not in {*fields, _CORRELATION}}
    told = {**fields, **about, _CORRELATION: known.get(_CORRELATION)}
    return " ".join([name, *(f"{key}={value}" for key, value in told.items() if value is not None)])
