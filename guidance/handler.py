"""The use cases: what a code means and what to do about it; the API's own description."""

import re
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson
import yaml

from tenantsync.errors import RequestError
from tenantsync.guidance import find_guidance
from tenantsync.problems import Problem, all_problems
from tenantsync.web import Reply

_CODE: Final = re.compile(r"[A-Za-z0-9_]{1,80}")
_ASK_SUPPORT: Final = (
    "Try once more. If it stays, look the code up at https://login.microsoftonline.com/error and give support the code "
    "with the correlation id."
)
_DOCUMENT: Final = Path(__file__).resolve().parent.parent / "openapi.yaml"


def help_on(code: str) -> dict[str, Any]:
    """Help on a code of Microsoft's or of ours; an unknown one gets honest general help and `known: false`."""
    if not _CODE.fullmatch(code):
        raise RequestError("invalid_request", "A code has letters, digits and underscores only.")
    found = find_guidance(code)
    if found:
        name, guidance = found
        return {
            "code": name,
            "known": True,
            "source": "microsoft",
            "meaning": guidance.meaning,
            "owner": guidance.owner.value,
            "nextAction": guidance.next_action,
            "retry": guidance.retry.value,
            "mail": guidance.mail_for(name) or None,
        }
    return _own(code) or _unknown(code)


def _own(code: str) -> dict[str, Any] | None:
    problem: Problem | None = next((item for item in all_problems() if item.code == code.lower()), None)
    if problem is None:
        return None
    return {
        "code": problem.code,
        "known": True,
        "source": "opspilot365",
        "meaning": f"{problem.title}.",
        "owner": problem.owner.value,
        "nextAction": problem.next_action,
        "retry": "after_action",
        "mail": None,
    }


def _unknown(code: str) -> dict[str, Any]:
    return {
        "code": code,
        "known": False,
        "source": "unknown",
        "meaning": "This catalogue does not know the code. Microsoft adds new ones and changes their meaning.",
        "owner": "msp_ops",
        "nextAction": _ASK_SUPPORT,
        "retry": "after_action",
        "mail": None,
    }


@cache
def openapi_document() -> bytes:
    """openapi.yaml as JSON."""
    return orjson.dumps(yaml.safe_load(_DOCUMENT.read_text(encoding="utf-8")))


def describe_api() -> Reply:
    """The document, for anybody: it holds no secret and no data."""
    return Reply(200, openapi_document(), {"Content-Type": "application/json"})
