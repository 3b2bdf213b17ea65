"""What people do at the portal and at Microsoft's pages, step by step; everything is found by what it is called."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Locator, Page, expect

from devstack.demo.journey import AdminBrowser, Portal
from devstack.driving import consent
from devstack.stack import Stack
from tests.e2e.steps import held
from tests.e2e.tenants import USERS

TECHNICIAN: Final = "tech@northwind.example"
COMPETITOR: Final = "tech@tailspin.example"
OPERATIONS: Final = "ops@northwind.example"
SYNC_MILLISECONDS: Final = 45_000
"""Within which a small tenant has arrived, on a machine with other work to do."""


def main(page: Page) -> Locator:
    """The page's content, without the frame around it."""
    return page.get_by_role("main")


def go_on(page: Page) -> None:
    """To the wizard's next step."""
    page.get_by_role("button", name="Continue").click()


def start(page: Page) -> None:
    """From wherever one is to the wizard."""
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Connect a tenant").click()
    expect(page.get_by_role("heading", name="Which customer is it?")).to_be_visible()


def create_customer(page: Page, name: str) -> None:
    """The first step, with a customer who is not there yet."""
    page.get_by_role("combobox", name="Customer").fill(name)
    page.get_by_role("option", name=f"Create “{name}”").click()
    go_on(page)
    expect(page.get_by_role("heading", name=f"Which tenant does {name} have?")).to_be_visible()


def enter_tenant(page: Page, domain: str) -> None:
    """Types a domain; what comes of it is the caller's to see."""
    page.get_by_label("Domain or tenant id").fill(domain)


def find_tenant(page: Page, domain: str) -> None:
    """The second step, with a tenant that is there and free."""
    enter_tenant(page, domain)
    expect(page.get_by_text("Tenant found")).to_be_visible()
    go_on(page)
    expect(page.get_by_role("heading", name=f"What {domain} is asked to accept")).to_be_visible()


def make_link(page: Page) -> str:
    """The third step, without GDAP; the link to send to the administrator."""
    page.get_by_role("radio", name="Consent only").check()
    page.get_by_role("button", name="Make the consent link").click()
    return read_link(page)


def read_link(page: Page) -> str:
    """The link that is shown while the administrator is waited for."""
    expect(page.get_by_role("heading", name="Send the link to the customer")).to_be_visible()
    return page.get_by_label("Consent link").input_value()


def ask_for_consent(page: Page, customer: str, domain: str) -> str:
    """All three steps; the link to send."""
    start(page)
    create_customer(page, customer)
    find_tenant(page, domain)
    return make_link(page)


def accept(admin: Page, link: str) -> None:
    """The customer's administrator opens the link, accepts and signs in."""
    admin.goto(link)
    consent(admin)
    expect(admin.get_by_role("heading", name="Thank you, that is all we needed")).to_be_visible()


def decline(admin: Page, link: str) -> None:
    """The customer's administrator opens the link and does not accept."""
    admin.goto(link)
    consent(admin, "cancel")
    expect(admin.get_by_role("heading", name="You declined")).to_be_visible()


def expect_confirmation(page: Page) -> None:
    """The last step has come."""
    settled = re.compile("Every number is proven|Complete but for")
    expect(page.get_by_role("heading", level=2, name=settled)).to_be_visible(timeout=SYNC_MILLISECONDS)


def expect_sync(page: Page) -> int:
    """The sync is shown, with so many percent."""
    expect(page.get_by_role("heading", name="Reading the inventory")).to_be_visible()
    return int(page.get_by_role("progressbar", name="Sync as a whole").get_attribute("value") or "0")


def tenant_of(address: str) -> str:
    """The id in the address of a tenant's page."""
    return address.split("/tenants/")[1].split("/", maxsplit=1)[0]


@contextmanager
def begun(stack: Stack, domain: str) -> Iterator[str]:
    """Where a sync is shown that has begun, by way of the API; it goes on to its end after the block."""
    connected = Portal(stack).connect(domain, f"Customer of {domain}")
    with held(stack, connected["tenantId"], USERS):
        AdminBrowser(stack).open(connected["authUrl"])
        yield f"{stack.api}/tenants/{connected['tenantId']}/onboarding"


def onboarded(stack: Stack, domain: str, customer: str) -> str:
    """A tenant that is connected and synced already, by way of the API; its id."""
    portal = Portal(stack)
    connected = portal.connect(domain, customer)
    AdminBrowser(stack).open(connected["authUrl"])
    tenant_id = str(connected["tenantId"])
    portal.wait_for(f"tenants/{tenant_id}", lambda tenant: tenant["state"] == "completed")
    return tenant_id
