"""axe over the portal's pages, in both colour schemes, on the narrowest and on a wide screen; run by `dev.py check`."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from devstack.driving import Look
from devstack.stack import Stack
from tests.browser.accessibility import assert_accessible

pytestmark = pytest.mark.accessibility

LOOKS = [Look(320, 640, "light"), Look(320, 640, "dark"), Look(1920, 1080, "light"), Look(1920, 1080, "dark")]


def named(look: Look) -> str:
    return f"{look.colours}-{look.width}"


@pytest.mark.parametrize("look", LOOKS, ids=named)
def test_landing_page_is_accessible_and_fits(page: Page, stack: Stack, shoot: Callable[[str], None]):
    page.goto(f"{stack.api}/connect?result=declined")
    page.get_by_role("heading", level=1).wait_for()
    assert_accessible(page)
    assert_fits(page)
    shoot("landing")


def assert_fits(page: Page) -> None:
    """Nothing has to be scrolled sideways to."""
    wide, there = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= there, f"{page.url} is {wide} px wide, {there} are there"
