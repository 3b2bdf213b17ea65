"""Customers from each PSA and tickets back to it, on the whole stack: one journey for each of the three."""

import pytest

from devstack.demo.journey import AdminBrowser, Portal
from devstack.demo.psa_stories import (
    bring_companies,
    find_customer,
    find_references,
    open_ticket,
    psa_of,
    wait_until_closed,
)
from devstack.stack import Stack
from tests.e2e.steps import run_timer

PROVIDERS = ("connectwise", "autotask", "halopsa")
Told = dict[str, tuple[str, str]]


@pytest.fixture(scope="module")
def told(stack: Stack) -> Told:
    """By PSA, a customer connected with a ticket that has been told, and the ticket."""
    connected = {provider: connect_with_ticket(stack, provider, f"{provider}.test") for provider in PROVIDERS}
    run_timer(stack, "write_ticket_notes")
    return connected


def connect_with_ticket(stack: Stack, provider: str, domain: str) -> tuple[str, str]:
    """Companies are synced, the domain's customer is connected with a ticket; the ids of customer and ticket."""
    portal = Portal(stack)
    bring_companies(portal, psa_of(stack), provider)
    customer = find_customer(portal, domain, provider)
    ticket = open_ticket(stack, provider, customer)
    wish = {"ref": f"{provider}:{ticket['reference']}", "closeWhenReady": True}
    body = {"tenant": domain, "customerId": customer["customerId"], "ticketRef": wish}
    connected = portal.call("POST", "tenants/connect", body)
    AdminBrowser(stack).open(connected["authUrl"])
    assert list(portal.follow(connected["tenantId"]))[-1]["state"] == "completed"
    return customer["customerId"], ticket["ticketId"]


@pytest.mark.parametrize("provider", ["connectwise", "autotask", "halopsa"])
def test_customer_comes_from_the_psa_and_its_ticket_is_told(stack: Stack, told: Told, provider: str):
    customer_id, ticket_id = told[provider]
    ticket = wait_until_closed(stack, provider, ticket_id)
    assert provider in find_references(Portal(stack), customer_id)
    assert all(note["isInternal"] for note in ticket["notes"])
    texts = [note["text"] for note in ticket["notes"]]
    assert len(texts) == len(set(texts)) >= 3
    assert "complete" in texts[-1]
    usage = psa_of(stack).ask(stack.http, "GET", f"{provider}/usage")
    assert (usage["violations"], usage["throttled"]) == ([], 0)


@pytest.mark.parametrize("provider", ["connectwise", "autotask", "halopsa"])
def test_unchanged_companies_stay_as_they_are_and_a_new_one_comes(stack: Stack, provider: str):
    portal, psa = Portal(stack), psa_of(stack)
    bring_companies(portal, psa, provider)
    again = bring_companies(portal, psa, provider)["result"]
    assert (again["created"], again["changed"], again["deactivated"]) == (0, 0, 0)
    psa.ask(stack.http, "POST", f"{provider}/companies", {"name": f"Newcomer of {provider}"})
    assert bring_companies(portal, psa, provider)["result"]["created"] == 1
    assert find_customer(portal, f"Newcomer of {provider}", provider)
