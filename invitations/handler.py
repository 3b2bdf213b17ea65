"""The use case: an administrator opens the link, and goes on to Microsoft or reads why not."""

from tenantsync import logs
from tenantsync.errors import TenantSyncError
from tenantsync.invitations import consent_url, find_invited, why_closed
from tenantsync.services import Services
from tenantsync.web import Reply, redirect_reply


def open_invitation(token: str, services: Services) -> Reply:
    """Always a 303, to Microsoft's consent page or to a page of the portal; never an error page."""
    portal = services.settings.portal_url
    try:
        connection = find_invited(token, services)
        if connection is None:
            return redirect_reply(f"{portal}/connect?result=invalid_link")
        result = why_closed(connection, services)
        if result:
            return redirect_reply(f"{portal}/connect/{connection.connection_id}?result={result}")
        return redirect_reply(consent_url(connection, services))
    except TenantSyncError as failure:
        logs.event("invitation_delayed", problem=failure.code)
        return show_error(portal)


def show_error(portal_url: str) -> Reply:
    """Where the browser goes when nothing more is known."""
    return redirect_reply(f"{portal_url}/connect?result=error")
