"""What goes wrong around the wizard: a plain message, a way on, and nothing that was typed is lost."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from devstack.demo.journey import Portal
from devstack.stack import MSP, Stack
from tests.browser.conftest import Inspect
from tests.browser.steps import (
    TECHNICIAN,
    accept,
    ask_for_consent,
    begun,
    create_customer,
    enter_tenant,
    expect_confirmation,
    expect_sync,
    find_tenant,
    go_on,
    make_link,
    read_link,
    start,
    tenant_of,
)

SignIn = Callable[[Page, str], None]
Newcomer = Callable[[], Page]


def test_session_that_ends_in_mid_wizard_loses_nothing(page: Page, stack: Stack, signed_in: SignIn, inspect: Inspect):
    page.clock.install()
    signed_in(page, TECHNICIAN)
    start(page)
    create_customer(page, "Adventure Works")
    stack.http.post(f"{stack.login}/_simulator/msps/{MSP}/sign-out-everywhere", timeout=10)
    page.clock.fast_forward("02:00:00")  # the access token has run out, and no new one is to be had
    enter_tenant(page, "draft.test")
    expect(page.get_by_role("dialog", name="You have been signed out")).to_be_visible()
    inspect("signed-out")
    page.get_by_role("button", name="Sign in again").click()
    page.get_by_role("button", name=TECHNICIAN).click()
    expect(page.get_by_role("heading", name="Which tenant does Adventure Works have?")).to_be_visible()
    expect(page.get_by_label("Domain or tenant id")).to_have_value("draft.test")
    expect(page.get_by_text("Tenant found")).to_be_visible()


def test_service_that_is_down_for_a_while_is_told_and_gone_on_with(
    page: Page, stack: Stack, signed_in: SignIn, inspect: Inspect
):
    signed_in(page, TECHNICIAN)
    start(page)
    create_customer(page, "Lucerne")
    stack.kill_host()
    try:
        enter_tenant(page, "draft.test")
        expect(page.get_by_text("The service does not answer")).to_be_visible()
        inspect("down")
    finally:
        stack.start_host()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Tenant found")).to_be_visible()
    go_on(page)
    expect(page.get_by_role("heading", name="What draft.test is asked to accept")).to_be_visible()


def test_search_that_fails_is_told_beside_the_field_and_tried_again(page: Page, signed_in: SignIn, inspect: Inspect):
    signed_in(page, TECHNICIAN)
    start(page)
    page.route("**/customers?**", lambda route: route.abort())
    page.get_by_role("combobox", name="Customer").fill("Alpine")
    expect(page.get_by_role("alert")).to_contain_text("The service does not answer")
    inspect("search")
    page.unroute("**/customers?**")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("option", name="Create “Alpine”")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_who_types_before_a_step_is_drawn_goes_on_typing(page: Page, signed_in: SignIn):
    page.add_init_script(
        "const due = []; requestAnimationFrame = (draw) => due.push(draw);"
        "drawNow = () => due.splice(0).forEach((draw) => draw());"
    )
    signed_in(page, TECHNICIAN)
    start(page)
    page.get_by_role("combobox", name="Customer").fill("Fabrikam")
    page.evaluate("drawNow()")
    expect(page.get_by_role("option", name="Create “Fabrikam”")).to_be_visible()
    expect(page.get_by_role("combobox", name="Customer")).to_be_focused()


def test_offline_is_told_and_gone_on_with_when_the_network_is_back(
    page: Page, newcomer: Newcomer, signed_in: SignIn, inspect: Inspect
):
    signed_in(page, TECHNICIAN)
    link = ask_for_consent(page, "Margie", "outage.test")
    page.context.set_offline(True)
    expect(page.get_by_text("Offline. The page goes on as soon as the network is back.")).to_be_visible()
    accept(newcomer(), link)
    inspect("offline")
    page.context.set_offline(False)
    expect_confirmation(page)
    expect(page.get_by_text("Offline.")).to_have_count(0)


def test_two_tabs_share_a_draft_and_make_one_link(page: Page, stack: Stack, signed_in: SignIn, inspect: Inspect):
    signed_in(page, TECHNICIAN)
    start(page)
    create_customer(page, "Proseware")
    find_tenant(page, "tabs.test")
    second = page.context.new_page()
    second.goto(f"{stack.api}/tenants/new?step=consent")
    expect(second.get_by_role("heading", name="What tabs.test is asked to accept")).to_be_visible()
    link = make_link(page)
    expect(second.get_by_role("heading", name="The link for tabs.test is made")).to_be_visible()
    inspect("second-tab", second)
    second.get_by_role("link", name="Open it").click()
    assert read_link(second) == link


def test_back_button_after_consent_makes_nothing_twice(page: Page, newcomer: Newcomer, signed_in: SignIn):
    signed_in(page, TECHNICIAN)
    accept(newcomer(), ask_for_consent(page, "Southridge", "back.test"))
    expect_confirmation(page)
    page.go_back()
    expect(page.get_by_role("heading", name="The link for back.test is made")).to_be_visible()
    page.get_by_role("link", name="Open it").click()
    expect_confirmation(page)


def test_tenant_that_is_removed_meanwhile_is_said_and_left(
    page: Page, stack: Stack, signed_in: SignIn, inspect: Inspect
):
    signed_in(page, TECHNICIAN)
    with begun(stack, "gone.test") as address:
        page.goto(address)
        expect_sync(page)
        Portal(stack).call("DELETE", f"tenants/{tenant_of(address)}")
    expect(page.get_by_role("heading", name="This tenant is disconnected")).to_be_visible()
    inspect("removed")
    page.get_by_role("button", name="Connect it again").click()
    expect(page.get_by_role("heading", name="Which tenant does Customer of gone.test have?")).to_be_visible()
    expect(page.get_by_label("Domain or tenant id")).to_have_value("gone.test")
