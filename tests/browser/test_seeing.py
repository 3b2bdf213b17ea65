"""Forced colours, a page that is enlarged four times, and a focus that stays where it was."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from devstack.demo.journey import Portal
from devstack.driving import Look
from devstack.stack import Stack
from tests.browser.conftest import Inspect
from tests.browser.keyboard import press
from tests.browser.steps import TECHNICIAN, begun, main, onboarded, tenant_of

SignIn = Callable[[Page, str], None]
ENLARGED = Look(320, 256)
"""1280 pixels, enlarged four times."""
_BACKGROUND = "element => getComputedStyle(element).backgroundColor"
_IS_COVERED = """element => {
  const header = document.querySelector('header');
  return !header.contains(element) && element.getBoundingClientRect().bottom <= header.getBoundingClientRect().bottom;
}"""


@pytest.fixture(scope="module")
def short(stack: Stack) -> str:
    """A tenant that lacks a permission, whose sync has begun: others are looked at meanwhile; its id."""
    with begun(stack, "short.test") as address:
        return tenant_of(address)


@pytest.mark.usefixtures("short")
def test_forced_colours_leave_bars_legends_and_places_to_be_told_apart(page: Page, stack: Stack, signed_in: SignIn):
    tenant_id = onboarded(stack, "whole.test", "Whole Ltd")
    page.emulate_media(forced_colors="active")
    signed_in(page, "admin@northwind.example")
    page.goto(f"{stack.api}/tenants/{tenant_id}")
    swatches = page.locator(".donut .swatch")
    expect(swatches.first).to_be_visible()
    assert len(set(backgrounds(swatches))) == swatches.count() > 1
    assert_one_stands_out(page.get_by_role("navigation", name="Sections").get_by_role("link"))
    page.goto(f"{stack.api}/ops")
    assert_one_stands_out(page.get_by_role("navigation", name="Main").get_by_role("link"))
    bar = page.get_by_role("progressbar", name="Progress of whole.test")
    full = bar.screenshot()
    bar.evaluate("element => element.value = 50")
    assert bar.screenshot() != full
    page.goto(f"{stack.api}/tenants/new")
    assert_one_stands_out(page.locator(".steps-mark"))
    page.get_by_role("combobox", name="Customer").fill("o")
    entered = page.get_by_role("option").first
    expect(entered).to_have_attribute("data-combobox-option-default", "true")
    expect(entered).to_have_css("outline-style", "solid")


@pytest.mark.parametrize("look", [ENLARGED], ids=["400-percent"])
def test_enlarged_page_fits_hides_no_focus_and_leads_to_what_is_missing(
    page: Page, stack: Stack, short: str, signed_in: SignIn, inspect: Inspect
):
    path = f"tenants/{short}/sync-status"
    Portal(stack).wait_for(path, lambda status: status["state"] == "completed_with_issues")
    signed_in(page, TECHNICIAN)
    page.goto(f"{stack.api}/tenants/{short}/onboarding")
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    page.get_by_text("Certificates: what proves each number").click()
    inspect("enlarged")
    page.get_by_role("link", name="Done").last.focus()
    while not page.locator("header :focus").count():
        page.keyboard.press("Shift+Tab")
        assert not page.evaluate(f"({_IS_COVERED})(document.activeElement)"), page.locator(":focus").inner_text()
    page.get_by_role("link", name="Ask for what is missing").click()
    expect(page.get_by_role("button", name="Ask for consent again")).to_be_visible()


def test_focus_stays_where_something_was_pressed(page: Page, stack: Stack, short: str, signed_in: SignIn):
    signed_in(page, TECHNICIAN)
    page.goto(f"{stack.api}/tenants/{short}?section=permissions")
    ask = page.get_by_role("button", name="Ask for consent again")
    ask.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Consent link: What the inventory needs")).to_be_visible()
    expect(ask).to_be_focused()
    page.goto(f"{stack.api}/tenants/{short}?section=settings")
    press(page, page.get_by_role("button", name="Change"))
    expect(main(page).get_by_role("combobox", name="Customer")).to_be_focused()
    page.keyboard.type("Somebody else")
    expect(page.get_by_role("option", name="Create “Somebody else”")).to_be_enabled()
    page.keyboard.press("Enter")
    expect(main(page).get_by_role("button", name="Change")).to_be_focused()


def backgrounds(elements: Locator) -> list[str]:
    """The colour behind each."""
    return [str(element.evaluate(_BACKGROUND)) for element in elements.all()]


def assert_one_stands_out(elements: Locator) -> None:
    """Where one is looks unlike all others."""
    expect(elements.first).to_be_visible()
    found = backgrounds(elements)
    assert len(set(found)) > 1, found
