"""A sync that is watched: what is skipped, what survives a reload, and what happens to the tenant meanwhile."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from devstack.stack import Stack
from tests.browser.conftest import Inspect
from tests.browser.steps import SYNC_MILLISECONDS, TECHNICIAN, begun, expect_confirmation, expect_sync, main, tenant_of

SignIn = Callable[[Page, str], None]


def test_tenant_without_intune_is_complete_and_says_why_devices_are_skipped(
    page: Page, stack: Stack, signed_in: SignIn, inspect: Inspect
):
    signed_in(page, TECHNICIAN)
    with begun(stack, "nointune.test") as address:
        page.goto(address)
        expect_sync(page)
        devices = page.get_by_role("listitem").filter(has_text="Intune devices")
        expect(devices).to_contain_text("Skipped")
        inspect("4-sync")
    expect_confirmation(page)
    expect(page.get_by_role("heading", name="Every number is proven")).to_be_visible()
    expect(main(page)).to_contain_text("Not licensed in this tenant: Intune devices.")
    tile = page.get_by_role("listitem").filter(has_text=re.compile(r"^\s*Devices"))
    expect(tile).to_have_text(re.compile(r"Devices\s*\S\s*Not licensed in this tenant"))
    inspect("5-confirmation")


def test_sync_survives_reload_second_tab_and_being_closed(
    page: Page, stack: Stack, signed_in: SignIn, inspect: Inspect
):
    signed_in(page, TECHNICIAN)
    with begun(stack, "reload.test") as address:
        page.goto(address)
        before = expect_sync(page)
        page.reload()
        assert expect_sync(page) >= before
        second = page.context.new_page()
        second.goto(address)
        assert expect_sync(second) >= before
        inspect("second-tab", second)
    page.close()
    second.close()
    later = second.context.new_page()
    later.goto(f"{stack.api}/")
    row = later.get_by_role("row").filter(has_text="Customer of reload.test")
    expect(row).to_contain_text("Complete", timeout=SYNC_MILLISECONDS)
    row.get_by_role("link").click()
    truth = stack.truth(tenant_of(address))
    expect(main(later).get_by_text(f"{truth['users']:,}", exact=True).first).to_be_visible()
