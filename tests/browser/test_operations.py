"""Operations find a sync that stands still, see why, end it, forget it and have a part of it read again."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from devstack.demo.journey import Portal
from devstack.stack import ROOT, Stack
from tests.browser.conftest import Inspect, tenant
from tests.browser.steps import OPERATIONS, SYNC_MILLISECONDS, begun, main, tenant_of
from tests.e2e.steps import follow_until, hurried
from tests.e2e.test_ops import Ops, manage


@pytest.fixture(scope="package")
def stack(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack of its own, whose watchdog looks every two seconds, with the certificate the browser trusts."""
    directory = tmp_path_factory.mktemp("watched")
    shutil.copytree(stack.directory / "certificates", directory / "stack/certificates")
    app = hurried(directory / "app")
    shutil.copytree(ROOT / "portal/dist", app / "portal/dist")
    stuck = tenant(1, "stuck.test")
    with Stack(directory / "stack", [stuck], app_directory=app) as running:
        yield running


def test_ops_find_end_and_repeat_a_stuck_sync(
    page: Page, stack: Stack, signed_in: Callable[[Page, str], None], inspect: Inspect
):
    with begun(stack, "stuck.test") as address:
        tenant_id, ops = tenant_of(address), Ops(stack)
        follow_until(Portal(stack), tenant_id, 0)
        (run,) = ops.get("runs?state=active")["items"]
        manage(stack, ops.get(f"runs/{run['runId']}")["management"]["suspendUrl"])

    signed_in(page, OPERATIONS)
    page.get_by_role("link", name="Operations").click()
    stuck = page.get_by_role("region", name="stands still")
    expect(stuck).to_contain_text("stuck.test", timeout=SYNC_MILLISECONDS)
    inspect("found")
    stuck.get_by_role("link", name="stuck.test").click()

    expect(page.get_by_role("heading", level=1, name="Sync of stuck.test")).to_be_visible()
    expect(main(page)).to_contain_text("This sync stands still.")
    page.get_by_role("button", name="Show the history").click()
    expect(page.get_by_role("list", name="History")).to_contain_text("Consent is proven.")
    inspect("read")

    page.get_by_role("button", name="End the sync").click()
    page.get_by_role("dialog").get_by_role("button", name="End the sync").click()
    expect(main(page)).to_contain_text("The sync has been ended.")
    expect(main(page)).to_contain_text("Cancelled")
    inspect("ended")

    page.get_by_role("button", name="Read again: Users").click()
    page.get_by_role("dialog").get_by_role("button", name="Read again").click()
    expect(main(page)).to_contain_text("Users only")
    users = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Users", exact=True)).last
    expect(users).to_contain_text("Complete", timeout=SYNC_MILLISECONDS)
    expect(users).to_contain_text(f"{stack.truth(tenant_id)['users']:,}")
