"""The portal in a real browser, on the whole stack; every journey has a tenant of its own."""

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from devstack.driving import Look, NoBrowserError, find_browser, new_person, open_browser, sign_in
from devstack.stack import Stack
from tests.browser.accessibility import assert_accessible, assert_fits
from tests.browser.watch import Watch
from tests.e2e.tenants import SPREADING_SECONDS

expect.set_options(timeout=15_000)  # the portal asks every few seconds, and the machine has other work to do
SHOTS = Path(__file__).parents[2] / ".devstack" / "screenshots"
_FAILED = pytest.StashKey[bool]()
_LEFT_OUT = "no browser"


def tenant(number: int, domain: str, **more: Any) -> dict[str, Any]:
    """A tenant of a scenario file."""
    return {"tenantId": f"b0000000-0000-4000-8000-{number:012x}", "domain": domain, "users": 120, **more}


WITHOUT_INTUNE = [
    "User.Read.All",
    "Group.Read.All",
    "Directory.Read.All",
    "SecurityEvents.Read.All",
    "Reports.Read.All",
]
TENANTS = (
    tenant(1, "happy.test"),
    tenant(2, "phone.test"),
    tenant(3, "decline.test"),
    tenant(4, "wrong.test"),
    tenant(5, "other.test"),
    tenant(6, "taken.test"),
    tenant(7, "slow.test", propagationSeconds=SPREADING_SECONDS),
    tenant(8, "keyboard.test"),
    tenant(9, "nointune.test", intune=False),
    tenant(10, "reload.test"),
    tenant(11, "draft.test"),
    tenant(12, "tabs.test"),
    tenant(13, "back.test"),
    tenant(14, "gone.test"),
    tenant(15, "outage.test"),
    tenant(16, "legacy.test"),
    tenant(17, "left.test"),
    tenant(18, "handed.test"),
    tenant(19, "again.test"),
    tenant(20, "leave.test"),
    tenant(21, "short.test", grantedPermissions=WITHOUT_INTUNE),
    tenant(22, "whole.test"),
    tenant(23, "twolinks.test"),
)
Inspect = Callable[..., None]
"""Called with the name of a step, and with the page if it is not the first person's."""


# Of the package, not of the session: Playwright keeps an event loop running, in which nobody else's could start


@pytest.fixture(scope="package")
def executable() -> str:
    """The browser's; without one everything is skipped, which the summary lists."""
    try:
        return find_browser()
    except NoBrowserError as error:
        pytest.skip(f"{_LEFT_OUT}: {error}")


@pytest.fixture(scope="package")
def stack(executable: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One stack for all journeys."""
    legacy = {"contracts": [known["tenantId"] for known in TENANTS if known["domain"] == "legacy.test"]}
    with Stack(tmp_path_factory.mktemp("stack"), TENANTS, partner=legacy) as running:
        yield running


@pytest.fixture(scope="package")
def browser(executable: str, stack: Stack) -> Iterator[Browser]:
    """One browser for all journeys."""
    with open_browser(executable, stack.certificates.certificate) as running:
        yield running


@pytest.fixture
def look() -> Look:
    """A desktop in light colours; tests choose otherwise by parametrizing it."""
    return Look()


@pytest.fixture
def watch(stack: Stack) -> Iterator[Watch]:
    """What goes wrong behind the pages fails the test, but for what is in its `expected`."""
    watched = Watch((stack.api, stack.login), stack.api)
    yield watched
    assert not watched.unexpected, "\n".join(watched.unexpected)


@pytest.fixture
def newcomer(
    browser: Browser, look: Look, watch: Watch, request: pytest.FixtureRequest
) -> Iterator[Callable[[], Page]]:
    """Opens a page for one more person, who was never here before; when a test fails, a picture of each is kept."""
    contexts: list[BrowserContext] = []

    def arrive() -> Page:
        contexts.append(new_person(browser, look))
        watch.attend(contexts[-1])
        return contexts[-1].new_page()

    yield arrive
    if request.node.stash.get(_FAILED, False):
        keep_pictures(request.node.name, [page for context in contexts for page in context.pages])
    for context in contexts:
        context.close()


@pytest.fixture
def page(newcomer: Callable[[], Page]) -> Page:
    """The first person's page."""
    return newcomer()


@pytest.fixture
def shoot(page: Page, request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Keeps a picture of the whole page under a name."""

    def keep(name: str) -> None:
        page.screenshot(path=shot_path(request.node.name, name), full_page=True)

    return keep


@pytest.fixture
def inspect(page: Page, request: pytest.FixtureRequest) -> Inspect:
    """A step has been reached: what is shown is accessible, fits, and a picture of it is kept."""

    def examine(name: str, shown: Page = page) -> None:
        assert_accessible(shown)
        assert_fits(shown)
        shown.screenshot(path=shot_path(request.node.name, name), full_page=True)

    return examine


@pytest.fixture
def signed_in(stack: Stack) -> Callable[[Page, str], None]:
    """Signs somebody in to the portal, by the account page of the sign-in service."""
    return lambda page, username: sign_in(page, f"{stack.api}/", username)


def keep_pictures(test: str, pages: Sequence[Page]) -> None:
    """What each page of a failed test shows; one that has crashed shows nothing."""
    for number, page in enumerate(pages, start=1):
        with contextlib.suppress(Error):
            page.screenshot(path=shot_path(test, f"failure-{number}"), full_page=True)


def shot_path(test: str, name: str) -> Path:
    """`.devstack/screenshots/TEST-NAME.png`."""
    return SHOTS / f"{re.sub(r'[^a-zA-Z0-9]+', '-', test).strip('-')}-{name}.png"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Remembers for the teardown that a test has failed."""
    report: Any = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says loudly which journeys were left out for want of a browser."""
    reports = [*terminalreporter.getreports("skipped"), *terminalreporter.getreports("error")]
    left_out = [report.nodeid for report in reports if _LEFT_OUT in str(report.longrepr)]
    if left_out:
        terminalreporter.section("LEFT OUT, AS THERE IS NO BROWSER: python3 dev.py setup", red=True, bold=True)
        terminalreporter.write_line("\n".join(left_out))
