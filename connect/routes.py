"""The HTTP trigger of connect."""

import azure.functions as func

from connect.handler import start_connection
from connect.request import parse_connect_request
from tenantsync.identity.caller import Role
from tenantsync.services import services
from tenantsync.web import Call, Reply, answer, json_reply

blueprint = func.Blueprint()


@blueprint.route(route="msp-portal/tenants/connect", methods=["POST"])
def connect_tenant(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _connect)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


def _connect(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT)
    request = parse_connect_request(call.json_object(), services().settings)
    return json_reply(start_connection(request, caller, services()), 201)
