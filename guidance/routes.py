"""The HTTP triggers of help and of the API's description."""

import azure.functions as func

from guidance.handler import describe_api, help_on
from tenantsync.identity.caller import Role
from tenantsync.services import services
from tenantsync.web import Call, Reply, answer, json_reply

blueprint = func.Blueprint()


@blueprint.route(route="msp-portal/help/{code}", methods=["GET"])
def code_help(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _help)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="openapi.json", methods=["GET"])
def openapi(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, lambda _: describe_api())
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


def _help(call: Call) -> Reply:
    call.caller(services().callers, *Role)
    return json_reply(help_on(call.request.route_params["code"]))
