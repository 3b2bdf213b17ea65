"""What Microsoft's codes mean, whose move they are, and what to write to the person who has to act."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

_DATA: Final = Path(__file__).with_name("microsoft_codes.toml")
_AADSTS: Final = "AADSTS"


class Owner(StrEnum):
    """Whose move it is."""

    TECHNICIAN = "technician"
    CUSTOMER_ADMIN = "customer_admin"
    MSP_OPS = "msp_ops"
    MICROSOFT = "microsoft"


class Retry(StrEnum):
    """Whether the same thing may work later."""

    NO = "no"
    YES = "yes"
    PROPAGATION = "propagation"
    """Only in the minutes after consent."""
    AFTER_ACTION = "after_action"


_MAIL: Final = {
    Owner.CUSTOMER_ADMIN: (
        "Hello,\n\nwhile connecting your Microsoft 365 tenant {{tenant}}, Microsoft reported {code}: {meaning}\n\n"
        "What to do: {next_action}\n\nThe link: {{consentLink}}\n\nThank you"
    ),
    Owner.MSP_OPS: (
        "Hello support,\n\nconnecting the tenant {{tenant}} stopped with {code}: {meaning}\n\n"
        "What to do: {next_action}\n\nThank you"
    ),
}


@dataclass(frozen=True, slots=True)
class Guidance:
    """One entry of the catalogue. `problem` is our own code for it, where there is one."""

    codes: tuple[str, ...]
    meaning: str
    owner: Owner
    next_action: str
    retry: Retry
    problem: str = ""
    mail: str = ""
    observed: bool = False

    def mail_for(self, code: str) -> str:
        """Text for the person who has to act, empty when nobody has to be written to."""
        template = _MAIL.get(self.owner, "")
        return self.mail or template.format(code=code, meaning=self.meaning, next_action=self.next_action)


@cache
def all_guidance() -> tuple[Guidance, ...]:
    """The catalogue, in the order of its file."""
    entries = tomllib.loads(_DATA.read_text(encoding="utf-8"))["entry"]
    return tuple(
        Guidance(
            **{**entry, "codes": tuple(entry["codes"]), "owner": Owner(entry["owner"]), "retry": Retry(entry["retry"])}
        )
        for entry in entries
    )


@cache
def _by_code() -> Mapping[str, tuple[str, Guidance]]:
    return {code.casefold(): (code, entry) for entry in all_guidance() for code in entry.codes}


def find_guidance(code: str) -> tuple[str, Guidance] | None:
    """The code as Microsoft writes it and its entry; `65001` is taken for `AADSTS65001`."""
    wanted = f"{_AADSTS}{code}" if code.isascii() and code.isdigit() else code
    return _by_code().get(wanted.casefold())


def find_sign_in_guidance(code: str) -> Guidance | None:
    """The entry of a sign-in code (AADSTS…); Graph's codes say less than what we know by then."""
    found = find_guidance(code) if code.startswith(_AADSTS) else None
    return found[1] if found else None
