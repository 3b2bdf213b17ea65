"""What may come of a consent link, in the technician's browser and in the administrator's."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from devstack.demo.journey import AdminBrowser, Portal
from devstack.stack import ROOT, Stack
from tests.browser.conftest import Inspect
from tests.browser.steps import (
    COMPETITOR,
    SYNC_MILLISECONDS,
    TECHNICIAN,
    accept,
    ask_for_consent,
    create_customer,
    decline,
    enter_tenant,
    expect_confirmation,
    main,
    onboarded,
    read_link,
    start,
    tenant_of,
)
from tests.e2e.steps import spread

PROBLEMS = ROOT / "tests/fixtures/problem_documents.json"
SignIn = Callable[[Page, str], None]
Newcomer = Callable[[], Page]


@pytest.fixture(scope="module")
def taken(stack: Stack) -> str:
    """A tenant that Northwind has for Fourth Coffee; its id."""
    return onboarded(stack, "taken.test", "Fourth Coffee")


def test_declined_consent_is_told_to_both_and_asked_for_again(
    page: Page, newcomer: Newcomer, signed_in: SignIn, inspect: Inspect
):
    signed_in(page, TECHNICIAN)
    link, admin = ask_for_consent(page, "Wide World", "decline.test"), newcomer()
    decline(admin, link)
    inspect("administrator", admin)
    expect(page.get_by_role("heading", name="The administrator declined")).to_be_visible()
    expect(main(page)).to_contain_text("Nothing was granted, and nothing was read.")
    inspect("technician")
    page.get_by_role("button", name="Make a new link").click()
    assert read_link(page) != link
    admin.goto(link)
    admin.get_by_role("button", name="Accept").click()
    expect(admin.get_by_role("heading", name="This link is no longer valid")).to_be_visible()


def test_new_link_goes_along_with_gdap_that_waits_for_approval(
    page: Page, stack: Stack, signed_in: SignIn, inspect: Inspect
):
    connected = Portal(stack).connect("twolinks.test", "Two Links", access={"model": "gdap"})
    AdminBrowser(stack).open(connected["authUrl"], "cancel")
    signed_in(page, TECHNICIAN)
    page.goto(f"{stack.api}/tenants/{connected['tenantId']}/onboarding")
    refusal = json.loads(PROBLEMS.read_text())["tenant_in_two_clouds"]
    page.route("**/tenants/connect", lambda route: refuse(route, refusal), times=1)
    page.get_by_role("button", name="Make a new link").click()
    expect(page.get_by_role("button", name="Connect it again")).to_be_visible()  # by the wizard, which asks which cloud
    expect(main(page).locator(".button.is-main")).to_have_text("Make a new link")
    page.get_by_role("button", name="Make a new link").click()
    expect(page.get_by_label("First: consent")).not_to_have_value(connected["authUrl"])
    expect(page.get_by_label("Second: GDAP approval")).to_have_value(connected["access"]["approvalUrl"])
    page.get_by_text("Read the message").click()
    expect(main(page)).to_contain_text("Then open this link and approve the roles")
    inspect("renewed")


def test_tenant_of_another_cloud_is_told_and_the_cloud_chosen_again(page: Page, signed_in: SignIn, inspect: Inspect):
    documents = json.loads(PROBLEMS.read_text())
    signed_in(page, TECHNICIAN)
    start(page)
    create_customer(page, "Two Clouds")
    page.route("**/preflight?**", lambda route: refuse(route, documents[cloud_problem(route.request.url)]))
    enter_tenant(page, "clouds.test")
    expect(page.get_by_role("alert")).to_contain_text("the worldwide cloud and the US Government cloud")
    inspect("two")
    page.get_by_role("button", name="US Government").click()
    expect(page.get_by_role("alert")).to_contain_text("It is in the US Government cloud.")
    expect(page.get_by_role("alert")).to_contain_text("Your operations team")
    inspect("other")
    page.get_by_role("button", name="Choose another cloud").click()
    expect(page.get_by_role("group", name="Which Microsoft cloud is meant?")).to_be_visible()


def test_consent_of_another_tenant_is_not_taken_and_explained(
    page: Page, newcomer: Newcomer, signed_in: SignIn, inspect: Inspect
):
    signed_in(page, TECHNICIAN)
    link, admin = ask_for_consent(page, "Wingtip Toys", "wrong.test"), newcomer()
    admin.goto(link)
    admin.get_by_label("Signed in as").select_option(label="admin@other.test")
    admin.get_by_role("button", name="Accept").click()
    expect(admin.get_by_role("heading", name="This is another organization")).to_be_visible()
    inspect("administrator", admin)
    expect(page.get_by_role("heading", name="Consent came from another tenant")).to_be_visible()
    page.get_by_text("How the administrator removes the app from the other tenant").click()
    expect(main(page)).to_contain_text("Application id")
    inspect("technician")
    page.get_by_role("button", name="Connect that tenant instead").click()
    expect(page.get_by_role("heading", name="Which tenant does Wingtip Toys have?")).to_be_visible()
    expect(page.get_by_label("Domain or tenant id")).to_have_value("b0000000-0000-4000-8000-000000000005")
    expect(page.get_by_text("Tenant found")).to_be_visible()


def test_own_tenant_that_is_connected_already_is_named_and_linked(
    page: Page, stack: Stack, taken: str, signed_in: SignIn, inspect: Inspect
):
    signed_in(page, TECHNICIAN)
    start(page)
    create_customer(page, "Coho Winery")
    enter_tenant(page, "taken.test")
    way = page.get_by_role("link", name="Open Fourth Coffee")
    expect(way).to_be_visible()
    inspect("own")
    way.click()
    expect(page).to_have_url(f"{stack.api}/tenants/{taken}")


@pytest.mark.usefixtures("taken")
def test_tenant_of_another_msp_is_refused_without_a_word_about_it(page: Page, signed_in: SignIn, inspect: Inspect):
    signed_in(page, COMPETITOR)
    start(page)
    create_customer(page, "Coho Winery")
    enter_tenant(page, "taken.test")
    expect(page.get_by_role("alert")).to_contain_text("tenant_already_connected")
    inspect("foreign")
    told = main(page).inner_text()
    assert not [word for word in ("Fourth Coffee", "Northwind") if word in told], told
    expect(main(page).get_by_role("link", name="Open")).to_have_count(0)


def test_slow_propagation_is_explained_and_waited_for(
    page: Page, stack: Stack, newcomer: Newcomer, signed_in: SignIn, inspect: Inspect
):
    signed_in(page, TECHNICIAN)
    accept(newcomer(), ask_for_consent(page, "Litware", "slow.test"))
    expect(page.get_by_role("heading", name="The administrator has accepted")).to_be_visible()
    expect(main(page)).to_contain_text("Microsoft is still spreading the consent", timeout=SYNC_MILLISECONDS)
    inspect("spreading")
    spread(stack, tenant_of(page.url))
    expect_confirmation(page)


def cloud_problem(url: str) -> str:
    """The code of what the API says to a tenant that is in two clouds."""
    return "tenant_in_other_cloud" if "cloud=us_government" in url else "tenant_in_two_clouds"


def refuse(route: Route, document: dict[str, Any]) -> None:
    """Answers as the API does."""
    content = json.dumps(document)
    route.fulfill(status=document["status"], content_type="application/problem+json", body=content)
