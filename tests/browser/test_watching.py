"""What makes a journey fail although the person saw nothing of it."""

import pytest
from playwright.sync_api import Page

from devstack.stack import Stack
from tests.browser.watch import Watch

LANDING = "connect?result=declined"


@pytest.mark.parametrize(
    ("script", "event", "noticed"),
    [
        ("console.error('broken')", "console", "console: broken"),
        ("setTimeout(() => { throw new Error('thrown') })", "weberror", "script: thrown"),
        ("fetch('/missing.js')", "response", "answer: 404"),
        ("fetch('http://localhost:9/').catch(() => 0)", "console", "console: "),
        (
            "document.head.append(Object.assign(document.createElement('style'), {textContent: 'p{}'}))",
            "console",
            "console: ",
        ),
    ],
    ids=["console", "exception", "missing", "policy-fetch", "policy-style"],
)
def test_error_behind_the_page_is_noticed(
    page: Page, watch: Watch, stack: Stack, script: str, event: str, noticed: str
):
    page.goto(f"{stack.api}/{LANDING}")
    assert not watch.unexpected

    def is_noticed(_: object) -> bool:
        """Also when the page has something of its own to tell before."""
        return any(line.startswith(noticed) for line in watch.unexpected)

    with page.context.expect_event(event, is_noticed):
        page.evaluate(script)
    watch.expected.append("")


def test_request_to_another_origin_is_noticed(page: Page, watch: Watch, stack: Stack):
    page.goto(f"{stack.graph}/v1.0/users")
    assert watch.unexpected == [f"another origin: GET {stack.graph}/v1.0/users"]
    watch.expected.append("another origin")


def test_refusal_of_the_api_is_the_portals_to_show(page: Page, watch: Watch, stack: Stack):
    page.goto(f"{stack.api}/{LANDING}")
    with page.expect_event("console"):
        assert page.evaluate("fetch('/api/msp-portal/tenants').then(answer => answer.status)") == 401
    assert not watch.unexpected
