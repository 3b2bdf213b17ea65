"""A tenant's page: what can be done with a tenant that is connected, and that each deed is seen on it."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from devstack.stack import OTHER_MSP, Stack
from tests.browser.conftest import Inspect
from tests.browser.steps import COMPETITOR, SYNC_MILLISECONDS, TECHNICIAN, main, onboarded
from tests.e2e.steps import held
from tests.e2e.tenants import MEMBERSHIPS

SignIn = Callable[[Page, str], None]


def section(page: Page, name: str) -> None:
    """To another part of the tenant's page."""
    page.get_by_role("navigation", name="Sections").get_by_role("link", name=name).click()


def test_legacy_access_is_told_and_gdap_asked_for(page: Page, stack: Stack, signed_in: SignIn, inspect: Inspect):
    tenant_id = onboarded(stack, "legacy.test", "Legacy Ltd")
    signed_in(page, TECHNICIAN)
    page.goto(f"{stack.api}/tenants/{tenant_id}?section=access")
    expect(page.get_by_role("heading", name="This tenant still has legacy DAP")).to_be_visible()
    expect(main(page).get_by_text("Legacy DAP", exact=True)).to_be_visible()
    page.get_by_role("button", name="Ask for GDAP").click()
    expect(page.get_by_text("Waiting for approval")).to_be_visible()
    expect(page.get_by_label("Approval link")).not_to_have_value("")
    inspect("asked")


def test_sync_is_asked_for_and_its_end_is_seen(page: Page, stack: Stack, signed_in: SignIn):
    tenant_id = onboarded(stack, "again.test", "Again Ltd")
    signed_in(page, TECHNICIAN)
    page.goto(f"{stack.api}/tenants/{tenant_id}")
    with held(stack, tenant_id, MEMBERSHIPS):
        page.get_by_role("button", name="Sync now").click()
        expect(page.get_by_role("heading", level=1)).to_be_focused()
        expect(page.get_by_role("button", name="Cancel sync")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Sync now")).to_be_visible(timeout=SYNC_MILLISECONDS)
    expect(page.locator(".page-head")).to_contain_text("Complete")


def test_tenant_is_offered_to_another_msp_and_taken_over(
    page: Page, stack: Stack, newcomer: Callable[[], Page], signed_in: SignIn, inspect: Inspect
):
    tenant_id = onboarded(stack, "handed.test", "Handed Ltd")
    signed_in(page, TECHNICIAN)
    page.goto(f"{stack.api}/tenants/{tenant_id}?section=settings")
    page.get_by_role("button", name="Offer to another MSP").click()
    page.get_by_label("Tenant id of the other MSP").fill(OTHER_MSP)
    page.get_by_role("button", name="Offer it").click()
    expect(page.get_by_role("button", name="Take the offer back")).to_be_focused()
    inspect("offered")

    other = newcomer()
    signed_in(other, COMPETITOR)
    other.get_by_role("button", name="Accept", exact=True).click()
    other.get_by_role("combobox", name="Customer").fill("Ours now")
    other.get_by_role("option", name="Create “Ours now”").click()
    inspect("accepting", other)
    other.get_by_role("button", name="Accept tenant").click()
    expect(main(other).get_by_role("link", name="Ours now")).to_be_visible()

    page.reload()
    expect(page.get_by_role("heading", name="This tenant is not here any more")).to_be_visible()
    inspect("gone")


def test_disconnecting_takes_a_real_confirmation_and_leads_on(
    page: Page, stack: Stack, signed_in: SignIn, inspect: Inspect
):
    tenant_id = onboarded(stack, "left.test", "Left Ltd")
    signed_in(page, TECHNICIAN)
    page.goto(f"{stack.api}/tenants/{tenant_id}")
    section(page, "Settings")
    page.get_by_role("button", name="Disconnect", exact=True).click()
    dialog = page.get_by_role("dialog", name="Disconnect Left Ltd?")
    confirm = dialog.get_by_role("button", name="Disconnect")
    expect(confirm).to_be_disabled()
    dialog.get_by_role("textbox").fill("left.test")
    inspect("asked")
    confirm.click()
    expect(page.get_by_role("heading", name="The tenant is disconnected.")).to_be_visible()
    expect(main(page).get_by_text("Disconnected", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Inventory")).to_have_count(0)
    inspect("disconnected")
    page.get_by_role("button", name="Connect again").click()
    expect(page.get_by_label("Domain or tenant id")).to_have_value("left.test")
