"""The story of an MSP's PSAs: companies become customers, one is connected, and its ticket is told how that goes."""

import time
from collections.abc import Mapping
from typing import Any, Final

from devstack.demo.journey import AdminBrowser, JourneyError, Portal
from devstack.demo.screen import Screen
from devstack.psa.local import LocalPsa
from devstack.stack import Stack

Told = tuple[dict[str, Any] | None, list[Mapping[str, Any]]]
"""The last sync-status, if there is one, and the problems that were told."""
_CUSTOMER: Final = "Contoso"
_TOLD_SECONDS: Final = 180.0
"""Notes leave by a timer of every minute."""
_POLL_SECONDS: Final = 1.0


def play_psa(stack: Stack, screen: Screen, domain: str) -> Told:
    """One PSA brings the customer and has the ticket; what the others call it is found by domain and Entra tenant."""
    portal, psa = Portal(stack), psa_of(stack)
    bring_companies(portal, psa, "connectwise", screen)
    customer = find_customer(portal, _CUSTOMER, "connectwise")
    ticket = open_ticket(stack, "connectwise", customer)
    wish = {"ref": f"connectwise:{ticket['reference']}", "closeWhenReady": True}
    body = {"tenant": domain, "customerId": customer["customerId"], "ticketRef": wish}
    connected = portal.call("POST", "tenants/connect", body)
    screen.say(f"Connecting {domain} for {customer['name']}, told to ticket {wish['ref']}")
    AdminBrowser(stack).open(connected["authUrl"])
    status: dict[str, Any] = {}
    for status in portal.follow(connected["tenantId"]):
        screen.show(status)
    told = wait_until_closed(stack, "connectwise", ticket["ticketId"])
    screen.say(f"Ticket {told['reference']} is closed. Its notes:")
    for note in told["notes"]:
        screen.say(f"  {note['text'].partition(chr(10))[0]}")
    for provider in ("autotask", "halopsa"):
        bring_companies(portal, psa, provider, screen)
    references = find_references(portal, customer["customerId"])
    screen.say(f"{customer['name']} is {', '.join(f'{key} {value}' for key, value in sorted(references.items()))}")
    if set(references) != {"connectwise", "autotask", "halopsa"}:
        raise JourneyError("Not every PSA's company was recognised as the customer.")
    return status, [{"code": "ticket_closed"}]


def psa_of(stack: Stack) -> LocalPsa:
    """The stack's PSAs; raises JourneyError when it has none."""
    if stack.psa is None:
        raise JourneyError("This stack has no PSA.")
    return stack.psa


def bring_companies(portal: Portal, psa: LocalPsa, provider: str, screen: Screen | None = None) -> dict[str, Any]:
    """Connects a PSA and syncs its companies; the last state of the sync. Raises JourneyError unless it completes."""
    shown = portal.call("PUT", f"psa/{provider}", psa.values()[provider])
    portal.call("POST", f"psa/{provider}/sync?kind=full")
    status = portal.wait_for(f"psa/{provider}/sync-status", lambda found: found["state"] != "running")
    result = status["result"]
    if status["state"] != "completed":
        raise JourneyError(f"{shown['title']}: the sync ended as {status['state']}: {status['problem']}")
    if screen is not None:
        counts = ", ".join(f"{count} {name}" for name, count in result["placed"].items() if count)
        screen.say(f"{shown['title']}: {result['created']} companies in {result['requests']} requests; {counts}")
    return status


def find_customer(portal: Portal, name: str, provider: str) -> dict[str, Any]:
    """The customer of this name that a PSA has; raises JourneyError when there is none."""
    for item in portal.call("GET", f"customers?search={name}&provider={provider}")["items"]:
        if item["name"] == name:
            found: dict[str, Any] = item
            return found
    raise JourneyError(f"There is no customer {name}.")


def find_references(portal: Portal, customer_id: str) -> dict[str, str]:
    """What each PSA calls the customer."""
    shown = portal.call("GET", f"customers/{customer_id}")
    return {item["provider"]: item["externalId"] for item in shown["externalReferences"]}


def open_ticket(stack: Stack, provider: str, customer: Mapping[str, Any]) -> dict[str, str]:
    """A ticket for the customer, as somebody opens it in the PSA: `ticketId` and `reference`."""
    company = next(item for item in customer["externalReferences"] if item["provider"] == provider)
    document = {"title": f"Onboard {customer['name']}", "externalId": company["externalId"]}
    ticket: dict[str, str] = psa_of(stack).ask(stack.http, "POST", f"{provider}/tickets", document)
    return ticket


def wait_until_closed(stack: Stack, provider: str, ticket_id: str) -> dict[str, Any]:
    """The ticket with its notes, once it is closed; raises JourneyError when that takes too long."""
    deadline = time.monotonic() + _TOLD_SECONDS
    while time.monotonic() < deadline:
        ticket: dict[str, Any] = psa_of(stack).ask(stack.http, "GET", f"{provider}/tickets/{ticket_id}")
        if ticket["isClosed"]:
            return ticket
        stack.check()
        time.sleep(_POLL_SECONDS)
    raise JourneyError(f"The ticket was not closed within {_TOLD_SECONDS:.0f} seconds.")
