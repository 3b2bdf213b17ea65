"""Signing in and out: what is told when it does not work, and what stays behind in the browser."""

from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from devstack.stack import Stack
from tests.browser.conftest import Inspect
from tests.browser.steps import COMPETITOR, OPERATIONS, TECHNICIAN, ask_for_consent

KEPT = """[...Object.keys(localStorage), ...Object.keys(sessionStorage)].filter(key => key !== "msal.version")"""


def test_signing_out_leaves_nothing_of_the_person_in_the_browser(
    page: Page, stack: Stack, signed_in: Callable[[Page, str], None]
):
    signed_in(page, TECHNICIAN)
    ask_for_consent(page, "Blue Yonder", "leave.test")
    assert any("consent-links" in key for key in page.evaluate(KEPT))
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in with Microsoft")).to_be_visible()
    expect(page).to_have_url(f"{stack.api}/")
    assert page.evaluate(KEPT) == []


def test_address_survives_a_reload_with_its_filter(page: Page, stack: Stack, signed_in: Callable[[Page, str], None]):
    signed_in(page, OPERATIONS)
    page.goto(f"{stack.api}/ops?state=stuck")
    expect(page.get_by_role("heading", level=1, name="Operations")).to_be_visible()
    expect(page).to_have_url(f"{stack.api}/ops?state=stuck")


def test_sign_in_page_that_is_away_is_told(page: Page, stack: Stack, inspect: Inspect):
    page.route("**/config.json", _without_metadata)
    page.route(f"{stack.login}/**", lambda route: route.abort())
    page.goto(f"{stack.api}/")
    page.get_by_role("button", name="Sign in with Microsoft").click()
    expect(page.get_by_role("alert")).to_contain_text("The service does not answer")
    inspect("away")


def test_sign_in_that_was_cancelled_is_told_in_plain_words(page: Page, stack: Stack):
    page.goto(f"{stack.api}/")
    page.get_by_role("button", name="Sign in with Microsoft").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("alert")).to_contain_text("It was cancelled at Microsoft")
    page.get_by_role("button", name="Sign in with Microsoft").click()
    page.get_by_role("button", name=TECHNICIAN).click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_account_that_is_not_let_in_can_be_changed_for_another(
    page: Page, stack: Stack, signed_in: Callable[[Page, str], None], inspect: Inspect
):
    signed_in(page, TECHNICIAN)
    page.route("**/msp-portal/me", _refuse)
    page.goto(f"{stack.api}/")
    expect(page.get_by_role("alert")).to_contain_text("This organization is not allowed")
    inspect("refused")
    page.get_by_role("button", name="Use another account").click()
    expect(page.get_by_role("button", name=COMPETITOR)).to_be_visible()


def _refuse(route: Route) -> None:
    problem = {
        "status": 403,
        "code": "msp_not_allowed",
        "owner": "msp_ops",
        "title": "This organization is not allowed",
    }
    more = {"detail": "It has no contract.", "nextAction": "Ask your operations team.", "correlationId": "c"}
    route.fulfill(status=403, content_type="application/problem+json", json={**problem, **more})


def _without_metadata(route: Route) -> None:
    answer = route.fetch()
    config = answer.json()
    del config["authorityMetadata"]
    route.fulfill(response=answer, json=config)
