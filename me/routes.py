"""The HTTP trigger of the caller's own view."""

import azure.functions as func

from me.handler import describe_caller
from tenantsync.identity.caller import Role
from tenantsync.services import services
from tenantsync.web import Call, Reply, answer, json_reply

blueprint = func.Blueprint()


@blueprint.route(route="msp-portal/me", methods=["GET"])
def me_show(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _show)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


def _show(call: Call) -> Reply:
    return json_reply(describe_caller(call.caller(services().callers, *Role), services()))
