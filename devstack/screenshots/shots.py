"""Which pictures there are, and how to get to what they show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Page

from devstack.driving import Look, sign_in
from devstack.screenshots.story import (
    ADATUM,
    CONTOSO,
    FABRIKAM,
    LITWARE,
    PROSEWARE,
    TREY,
    WINGTIP,
    ask_consent,
    begin,
    bring_customers,
    finish,
    run_of,
    set_tags,
    wait_for_shares,
)
from devstack.stack import Stack

LOOKS: Final[Mapping[str, Look]] = {
    "": Look(),
    "-dark": Look(colours="dark"),
    "-phone": Look(width=390, height=844),
}
"""By what is added to the picture's name."""
_TECHNICIAN: Final = "tech@northwind.example"
_ADMINISTRATOR: Final = "admin@northwind.example"
_SYNC_MILLISECONDS: Final = 120_000


@dataclass(frozen=True, slots=True)
class Shot:
    """One thing to see: `docs/screenshots/NAME.png`, after `steps` have led a new person's page there."""

    name: str
    steps: Callable[[Page, Stack], None]
    also: tuple[str, ...] = ()
    """Further looks at the same page, by what is added to the name."""
    is_whole: bool = False
    """To the page's end, not only what a screen shows at once."""


def choose_customer(page: Page, stack: Stack) -> None:
    """Step 1, while a customer is looked for."""
    bring_customers(stack)
    sign_in(page, f"{stack.api}/tenants/new", _TECHNICIAN)
    page.get_by_role("combobox", name="Customer").fill("con")
    page.get_by_role("option", name="Fabrikam").wait_for(state="hidden")
    page.get_by_role("option", name="Contoso").wait_for()


def find_tenant(page: Page, stack: Stack) -> None:
    """Step 2, when the tenant was found."""
    bring_customers(stack)
    sign_in(page, f"{stack.api}/tenants/new", _TECHNICIAN)
    page.get_by_role("combobox", name="Customer").fill("Contoso")
    page.get_by_role("option", name="Contoso").first.click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Domain or tenant id").fill(CONTOSO["domain"])
    page.get_by_text("Tenant found").wait_for()


def choose_access(page: Page, stack: Stack) -> None:
    """Step 3, before the link is made."""
    find_tenant(page, stack)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="What contoso.com is asked to accept").wait_for()


def wait_for_consent(page: Page, stack: Stack) -> None:
    """Step 3, when the link can be sent."""
    choose_access(page, stack)
    page.get_by_role("radio", name="Consent only").check()
    page.get_by_role("button", name="Make the consent link").click()
    page.get_by_label("Consent link").wait_for()


def microsoft_consent(page: Page, stack: Stack) -> None:
    """Microsoft's own page, as the simulator has it."""
    bring_customers(stack)
    page.goto(ask_consent(stack, LITWARE))


def administrator(page: Page, stack: Stack) -> None:
    """What the customer's administrator reads after consent."""
    page.goto(f"{stack.api}/connect?result=verifying")
    page.get_by_role("heading", level=1).wait_for()


def watch_sync(page: Page, stack: Stack) -> None:
    """Step 4, when something is skipped and something is slowed down."""
    bring_customers(stack)
    begin(stack, PROSEWARE)
    sign_in(page, f"{stack.api}/tenants/{PROSEWARE['tenantId']}/onboarding", _TECHNICIAN)
    wait_for_shares(stack, PROSEWARE, 60)
    page.get_by_text("Microsoft has asked us to slow down").first.wait_for(timeout=_SYNC_MILLISECONDS)


def operations(page: Page, stack: Stack) -> None:
    """All syncs, one under way."""
    bring_customers(stack)
    finish(stack, FABRIKAM)
    finish(stack, WINGTIP)
    finish(stack, PROSEWARE)
    sign_in(page, f"{stack.api}/ops", _ADMINISTRATOR)
    begin(stack, CONTOSO)
    page.reload()
    page.get_by_role("row", name="contoso.com").get_by_text("Syncing").wait_for()
    page.get_by_role("row", name="proseware.com").last.wait_for()


def one_run(page: Page, stack: Stack) -> None:
    """What a sync did when, after its end."""
    bring_customers(stack)
    finish(stack, PROSEWARE)
    sign_in(page, f"{stack.api}/ops/runs/{run_of(stack, PROSEWARE)}", _ADMINISTRATOR)
    page.get_by_role("heading", name="Timeline").wait_for()


def confirm(page: Page, stack: Stack) -> None:
    """Step 5."""
    bring_customers(stack)
    finish(stack, CONTOSO)
    sign_in(page, f"{stack.api}/tenants/{CONTOSO['tenantId']}/onboarding", _TECHNICIAN)
    page.get_by_role("heading", name="Every number is proven").wait_for()
    page.get_by_role("heading", name="Settings").wait_for()
    page.get_by_text("Verified domains").wait_for()


def all_tenants(page: Page, stack: Stack) -> None:
    """Each customer in a state of its own."""
    bring_customers(stack)
    for tenant in (CONTOSO, FABRIKAM, ADATUM, TREY, WINGTIP, PROSEWARE):
        finish(stack, tenant)
    ask_consent(stack, LITWARE)
    set_tags(stack, CONTOSO, "gold", "berlin")
    set_tags(stack, FABRIKAM, "silver")
    sign_in(page, f"{stack.api}/", _TECHNICIAN)
    page.get_by_role("link", name="Litware").wait_for()


def one_tenant(page: Page, stack: Stack) -> None:
    """A tenant as it is known after its onboarding."""
    bring_customers(stack)
    finish(stack, CONTOSO)
    set_tags(stack, CONTOSO, "gold", "berlin")
    sign_in(page, f"{stack.api}/tenants/{CONTOSO['tenantId']}", _TECHNICIAN)
    page.get_by_text("Devices by platform").wait_for()


SHOTS: Final = (
    Shot("wizard-1-customer", choose_customer),
    Shot("wizard-2-tenant", find_tenant),
    Shot("wizard-3-consent", choose_access, is_whole=True),
    Shot("wizard-3-link", wait_for_consent),
    Shot("microsoft-consent", microsoft_consent, is_whole=True),
    Shot("administrator", administrator),
    Shot("wizard-4-sync", watch_sync, also=("-dark", "-phone"), is_whole=True),
    Shot("operations", operations, is_whole=True),
    Shot("operations-run", one_run, is_whole=True),
    Shot("wizard-5-confirmation", confirm, also=("-dark",), is_whole=True),
    Shot("tenants", all_tenants, also=("-dark",)),
    Shot("tenant", one_tenant, is_whole=True),
)
"""In this order, as later ones find what earlier ones have brought about."""
