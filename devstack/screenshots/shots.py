"""Which pictures there are, and how to get to what they show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import Page

from devstack.driving import Look
from devstack.stack import Stack

WIDE: Final = Look()
NARROW: Final = Look(width=320, height=640)
DARK: Final = Look(colours="dark")
TENANTS: Final[tuple[Mapping[str, Any], ...]] = (
    {
        "tenantId": "5c4ee000-0000-4000-8000-000000000001",
        "domain": "contoso.com",
        "displayName": "Contoso",
        "users": 2000,
    },
)


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: `docs/screenshots/NAME.png`, after `steps` have led a new person's page to what it shows."""

    name: str
    steps: Callable[[Page, Stack], None]
    look: Look = WIDE


def landing(page: Page, stack: Stack) -> None:
    """What the customer's administrator reads after consent."""
    page.goto(f"{stack.api}/connect?result=verifying")
    page.get_by_role("heading", level=1).wait_for()


SHOTS: Final = (
    Shot("administrator-thanked", landing),
    Shot("administrator-thanked-dark", landing, DARK),
    Shot("administrator-thanked-narrow", landing, NARROW),
)
