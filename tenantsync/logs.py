"""One logger for the product: an event name and named fields a line, with anything secret-looking masked."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_SECRETS: Final = re.compile(
    r"eyJ[\w-]{8,}(?:\.[\w-]*){1,2}"  # tokens
    r"|(?<=\bcode=)[^&\s]+|(?<=\bstate=)[^&\s]+|(?<=token=)[^&\s]+|(?<=sig=)[^&\s]+|(?<=secret=)[^&\s]+"
    r"|(?<=AccountKey=)[^;\s]+"
    r"|[\w.+-]+@[\w-]+\.[\w.-]+",  # mail addresses and user principal names
    re.IGNORECASE,
)
_correlation: ContextVar[str] = ContextVar("correlation_id", default="")
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
def correlated(correlation_id: str) -> Iterator[None]:
    """Everything logged or audited inside carries this id."""
    token = _correlation.set(correlation_id)
    try:
        yield
    finally:
        _correlation.reset(token)


def correlation_id() -> str:
    """The id of what is being done, empty outside of a request."""
    return _correlation.get()


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
    known = {**fields, "correlation_id": _correlation.get() or None}
    return " ".join([name, *(f"{key}={value}" for key, value in known.items() if value is not None)])
