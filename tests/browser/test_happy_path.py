"""From the customer to the confirmation: with the mouse, on a phone, and with the keyboard alone."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from devstack.driving import Look
from devstack.stack import Stack
from tests.browser.conftest import Inspect
from tests.browser.keyboard import go_to, press
from tests.browser.steps import (
    TECHNICIAN,
    create_customer,
    expect_confirmation,
    find_tenant,
    main,
    make_link,
    start,
    tenant_of,
)

CERTIFIED = {
    "Users": "users",
    "Groups": "groups",
    "Group memberships": "memberships",
    "Intune devices": "devices",
    "Exchange mailboxes": "mailboxes",
}
STORED = 2
"""The column, counted from the first number."""


@pytest.mark.parametrize(
    ("look", "domain"),
    [(Look(), "happy.test"), (Look(320, 640, "dark"), "phone.test")],
    ids=["desktop", "phone"],
)
def test_tenant_is_connected_and_every_number_is_the_true_one(
    page: Page,
    newcomer: Callable[[], Page],
    stack: Stack,
    signed_in: Callable[[Page, str], None],
    inspect: Inspect,
    domain: str,
):
    signed_in(page, TECHNICIAN)
    start(page)
    inspect("1-customer")
    create_customer(page, f"Customer of {domain}")
    inspect("2-tenant")
    find_tenant(page, domain)
    inspect("3-consent")
    link = make_link(page)
    inspect("3-waiting")

    admin = newcomer()
    admin.goto(link)
    expect(admin.get_by_role("heading", name="Permissions requested")).to_be_visible()
    inspect("microsoft-consent", admin)
    admin.get_by_role("button", name="Accept").click()
    admin.get_by_role("button", name="Continue").click()
    expect(admin.get_by_role("heading", name="Thank you, that is all we needed")).to_be_visible()
    inspect("administrator", admin)

    expect_confirmation(page)
    inspect("5-confirmation")
    expect_numbers(page, stack.truth(tenant_of(page.url)))
    page.get_by_label("Tags").fill("gold")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    page.get_by_role("link", name="Done").first.click()
    expect(page.get_by_role("heading", level=1, name=domain)).to_be_visible()
    for section in page.get_by_role("navigation", name="Sections").get_by_role("link").all():
        section.click()
        expect(page).to_have_url(re.compile(f"section={section.inner_text().lower()}"))
        expect(main(page).get_by_role("heading", level=2).first).to_be_visible()
        expect(main(page).get_by_text("Loading")).to_have_count(0)
        inspect(f"tenant-{section.inner_text().lower()}")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Tenants").click()
    row = page.get_by_role("row").filter(has_text=f"Customer of {domain}")
    expect(row).to_contain_text("Complete")
    expect(row).to_contain_text("gold")
    inspect("tenants")


def test_keyboard_alone_suffices(page: Page, newcomer: Callable[[], Page], stack: Stack):
    page.goto(f"{stack.api}/")
    press(page, page.get_by_role("button", name="Sign in with Microsoft"))
    press(page, page.get_by_role("button", name=re.compile(TECHNICIAN)))
    press(page, page.get_by_role("link", name="Connect a tenant").first)
    expect(page.get_by_role("heading", level=1, name="Connect a tenant")).to_be_focused()

    go_to(page, page.get_by_role("combobox", name="Customer"))
    page.keyboard.type("Keyboard")
    expect(page.get_by_role("option", name="Create “Keyboard”")).to_be_enabled()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Continue")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Which tenant does Keyboard have?")).to_be_focused()
    go_to(page, page.get_by_label("Domain or tenant id"))
    page.keyboard.type("keyboard.test")
    expect(page.get_by_text("Tenant found")).to_be_visible()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="What keyboard.test is asked to accept")).to_be_focused()
    go_to(page, page.get_by_role("radio", checked=True))
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Consent only")).to_be_checked()
    press(page, page.get_by_role("button", name="Make the consent link"))
    expect(page.get_by_role("heading", level=1, name="Connecting keyboard.test")).to_be_focused()
    go_to(page, page.get_by_label("Consent link"))
    accept_by_keyboard(newcomer(), page.get_by_label("Consent link").input_value())

    expect_confirmation(page)
    expect(page.locator(":focus")).not_to_have_count(0)
    go_to(page, page.get_by_label("Tags"))
    page.keyboard.type("silver")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove the tag silver")).to_be_visible()
    press(page, page.get_by_role("link", name="Done").last)
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def accept_by_keyboard(admin: Page, link: str) -> None:
    """The administrator's part."""
    admin.goto(link)
    press(admin, admin.get_by_role("button", name="Accept"))
    press(admin, admin.get_by_role("button", name="Continue"))
    expect(admin.get_by_role("heading", name="Thank you, that is all we needed")).to_be_visible()


def expect_numbers(page: Page, truth: dict[str, Any]) -> None:
    """Every number of the confirmation is what the simulator knows."""
    licences, score = truth["licenses"], truth["secureScore"]
    expect(tile(page, "Users", truth["users"])).to_contain_text(f"{truth['guests']:,} of them guests")
    for name, key in (
        ("Groups", "groups"),
        ("Memberships", "memberships"),
        ("Devices", "devices"),
        ("Mailboxes", "mailboxes"),
    ):
        expect(tile(page, name, truth[key])).to_be_visible()
    seats = f"{licences['assigned']:,} of {licences['seats']:,} seats assigned"
    expect(tile(page, "Subscriptions", licences["subscriptions"])).to_contain_text(seats)
    for product in licences["bySku"]:
        assigned = f"{product['consumed']:,} of {product['enabled']:,} assigned"
        expect(main(page).get_by_text(assigned).first).to_be_visible()
    expect(main(page)).to_contain_text(f"{score['current']:g} of {score['max']:g} points")
    for platform, count in truth["devicesByPlatform"].items():
        expect(item(page, rf"^\s*{platform}\s*{count:,}(?!\d)")).to_be_visible()
    for count in truth["devicesByCompliance"].values():
        expect(item(page, rf"\D{count:,}(?!\d)\s*\d+%").first).to_be_visible()
    expect_certificates(page, truth)


def expect_certificates(page: Page, truth: dict[str, Any]) -> None:
    """As many are stored as there are."""
    page.get_by_text("Certificates: what proves each number").click()
    for name, key in CERTIFIED.items():
        row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=name, exact=True))
        expect(row.get_by_role("cell").nth(STORED)).to_have_text(f"{truth[key]:,}")


def item(page: Page, pattern: str) -> Locator:
    """Of a list, by what it says."""
    return page.get_by_role("listitem").filter(has_text=re.compile(pattern))


def tile(page: Page, name: str, value: int) -> Locator:
    """A number that is marked as proven."""
    return item(page, rf"^\s*{name}\s+Proven\s*{value:,}(?!\d)")
