"""The two ways Microsoft's answer reaches us, and what each is told: the browser a clean page, the portal JSON."""

from typing import Final
from urllib.parse import quote

from callback.outcome import CallbackRefusedError, SignInNeeded, accept_callback, find_connection_id
from tenantsync import logs
from tenantsync.errors import TenantSyncError
from tenantsync.identity.caller import Caller
from tenantsync.identity.consent import CallbackFields
from tenantsync.orchestrations import Orchestrations
from tenantsync.services import Services
from tenantsync.web import Reply, json_reply, redirect_reply

_RESULT_BY_PROBLEM: Final = {
    "consent_declined": "declined",
    "wrong_tenant": "wrong_tenant",
    "link_expired": "expired",
    "link_replaced": "expired",
    "link_cancelled": "expired",
    "state_used": "expired",
    "invalid_state": "invalid_link",
}


def receive_redirect(fields: CallbackFields, services: Services, orchestrations: Orchestrations) -> Reply:
    """GET: always a 303, to Microsoft's sign-in or to a portal page that says how it went; never an error page."""
    portal = services.settings.portal_url
    try:
        outcome = accept_callback(fields, services, orchestrations)
    except CallbackRefusedError as refusal:
        if refusal.run_started:  # a reload after success
            return redirect_reply(_page(portal, refusal.connection_id, "verifying"))
        result = _RESULT_BY_PROBLEM.get(refusal.code, "error")
        return redirect_reply(_page(portal, refusal.connection_id, result))
    except TenantSyncError as failure:
        logs.event("callback_delayed", problem=failure.code)
        return redirect_reply(_page(portal, _connection_id(fields, services), "error"))
    if isinstance(outcome, SignInNeeded):
        return redirect_reply(outcome.sign_in_url)
    return redirect_reply(_page(portal, outcome.connection_id, "verifying"))


def receive_forwarded(
    fields: CallbackFields, caller: Caller, services: Services, orchestrations: Orchestrations
) -> Reply:
    """POST: 202 with what has been started, 200 with the sign-in still needed, or the problem."""
    outcome = accept_callback(fields, services, orchestrations, msp_id=caller.msp_id)
    if isinstance(outcome, SignInNeeded):
        return json_reply({"connectionId": outcome.connection_id, "signInUrl": outcome.sign_in_url})
    return json_reply(outcome.body, 202)


def show_error(portal_url: str) -> Reply:
    """Where the browser goes when nothing more is known."""
    return redirect_reply(_page(portal_url, "", "error"))


def _connection_id(fields: CallbackFields, services: Services) -> str:
    try:
        return find_connection_id(fields, services)
    except TenantSyncError:  # the store itself is away
        return ""


def _page(portal_url: str, connection_id: str, result: str) -> str:
    path = f"/connect/{quote(connection_id)}" if connection_id else "/connect"
    return f"{portal_url}{path}?result={result}"
