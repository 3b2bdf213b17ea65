"""The ticket an onboarding reports to: named by the technician, checked as to its form and its PSA only."""

import re
from dataclasses import dataclass
from typing import Final

from tenantsync.bodies import Body, read_text, refuse_unknown
from tenantsync.errors import RequestError
from tenantsync.identity.caller import Caller
from tenantsync.psa.port import Provider
from tenantsync.services import Services

_REFERENCE: Final = re.compile(r"(?:(?P<provider>[a-z]+):)?#?(?P<number>[A-Za-z0-9][A-Za-z0-9._/-]{0,63})")
_FORM: Final = "`ticketRef` must be a ticket's number, or the PSA and the number: connectwise:12345."


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketChoice:
    """A ticket; `provider` is empty when the technician left it to the MSP's only PSA."""

    reference: str = ""
    provider: str = ""
    closes: bool = False


NO_TICKET: Final = TicketChoice()


def parse_ticket(body: Body) -> TicketChoice:
    """From `ticketRef`: a text, or `{"ref", "closeWhenReady"}`; raises RequestError."""
    value = body.get("ticketRef")
    if value is None:
        return NO_TICKET
    wish: Body = value if isinstance(value, dict) else {"ref": value}
    refuse_unknown(wish, frozenset({"ref", "closeWhenReady"}))
    closes = wish.get("closeWhenReady", False)
    if not isinstance(closes, bool):
        raise RequestError("invalid_request", "`ticketRef.closeWhenReady` must be true or false.")
    found = _REFERENCE.fullmatch(read_text({"ticketRef": wish.get("ref")}, "ticketRef"))
    if found is None or found["provider"] not in (None, *Provider):
        raise RequestError("invalid_request", _FORM)
    return TicketChoice(reference=found["number"], provider=found["provider"] or "", closes=closes)


def find_provider(ticket: TicketChoice, caller: Caller, services: Services) -> str:
    """The ticket's PSA, empty without a ticket; raises RequestError unless it is connected, and the only one."""
    if not ticket.reference:
        return ""
    connected = [item.provider for item in services.psa_connections.list_of(caller.msp_id)]
    if ticket.provider in connected:
        return ticket.provider
    if ticket.provider or not connected:
        raise RequestError("psa_not_connected", f"The ticket {ticket.reference} cannot be reached.")
    if len(connected) > 1:
        raise RequestError("invalid_request", f"{_FORM} Connected are: {', '.join(connected)}.")
    return connected[0]
