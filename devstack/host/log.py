"""The host's log on stderr: one line an event, no query strings, no bodies."""

import logging
import sys
from typing import Final

_logger: Final = logging.getLogger("devstack.host")


def set_up_logging() -> None:
    """Everything of the app and the host goes to stderr, from INFO up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s %(message)s"))
    logging.getLogger().handlers[:] = [handler]
    logging.getLogger().setLevel(logging.INFO)
    for name in ("aiohttp.access", "azure", "asyncio", "msal"):
        logging.getLogger(name).setLevel(logging.WARNING)


def log_line(text: str) -> None:
    _logger.info("%s", text)


def log_failure(text: str, error: BaseException) -> None:
    _logger.error("%s", text, exc_info=error)
