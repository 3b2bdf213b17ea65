"""The HTTP trigger of sync-status."""

import azure.functions as func

from sync_status.handler import VOLATILE, poll_headers, read_status
from tenantsync.identity.caller import Role
from tenantsync.services import services
from tenantsync.web import Call, Reply, answer, cacheable_reply

blueprint = func.Blueprint()


@blueprint.route(route="msp-portal/tenants/{tenantId}/sync-status", methods=["GET"])
def sync_status(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _status)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


def _status(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.READ)
    status = read_status(call.request.route_params["tenantId"], caller, services())
    return cacheable_reply(call, status, VOLATILE, poll_headers(status))
