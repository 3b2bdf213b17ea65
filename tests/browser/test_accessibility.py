"""axe over the portal's pages, in both colour schemes, on the narrowest and on a wide screen; run by `dev.py check`."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from devstack.driving import Look
from devstack.stack import Stack
from tests.browser.accessibility import assert_accessible, assert_fits

LOOKS = [Look(320, 640, "light"), Look(320, 640, "dark"), Look(1920, 1080, "light"), Look(1920, 1080, "dark")]
PAGES = {
    "": "Tenants",
    "tenants": "Tenants",  # where the API tells people to let the wizard end, for example
    "tenants/new": "Connect a tenant",
    "ops": "Operations",
    "nowhere": "There is nothing here",
}

pytestmark = [
    pytest.mark.accessibility,
    pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look.colours}-{look.width}"),
]


def test_landing_page_is_accessible_and_fits(page: Page, stack: Stack, shoot: Callable[[str], None]):
    page.goto(f"{stack.api}/connect?result=declined")
    check(page, "You declined")
    shoot("landing")


def test_welcome_page_is_accessible_and_fits(page: Page, stack: Stack, shoot: Callable[[str], None]):
    page.goto(f"{stack.api}/")
    check(page, "Every tenant connected, every number proven")
    assert page.get_by_text("Opening the portal").count() == 0
    shoot("welcome")


def test_every_page_is_accessible_and_fits(
    page: Page, stack: Stack, signed_in: Callable[[Page, str], None], shoot: Callable[[str], None]
):
    signed_in(page, "admin@northwind.example")
    for path, heading in PAGES.items():
        page.goto(f"{stack.api}/{path}")
        check(page, heading)
        shoot(path.replace("/", "-") or "start")


def check(page: Page, heading: str) -> None:
    """The page of this heading has come, is accessible, and nothing on it has to be scrolled sideways to."""
    page.get_by_role("heading", level=1, name=heading).wait_for()
    assert_accessible(page)
    assert_fits(page)
