"""The HTTP triggers of a tenant's inventory."""

import azure.functions as func

from tenants.handler import read_inventory
from tenantsync.identity.caller import Role
from tenantsync.services import services
from tenantsync.web import Call, Reply, answer, json_reply

blueprint = func.Blueprint()


@blueprint.route(route="msp-portal/tenants/{tenantId}/inventory/{resource}", methods=["GET"])
def tenant_inventory(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _inventory)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


def _inventory(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.READ)
    route, params = call.request.route_params, call.request.params
    return json_reply(read_inventory(route["tenantId"], route["resource"], params, caller, services()))
