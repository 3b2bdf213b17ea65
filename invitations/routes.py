"""The HTTP trigger of invitations."""

import azure.functions as func

from invitations.handler import open_invitation, show_error
from tenantsync.services import services
from tenantsync.web import Call, Reply, answer

blueprint = func.Blueprint()


@blueprint.route(route="msp-portal/invitations", methods=["GET"])
def invitation(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _open, _crashed)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


def _open(call: Call) -> Reply:
    return open_invitation(call.request.params.get("token", ""), services())


def _crashed() -> Reply:
    return show_error(services().settings.portal_url)
