"""The HTTP triggers of sync-status and of the runs before."""

import azure.functions as func

from sync_status.handler import VOLATILE, poll_headers, read_status
from sync_status.runs import list_runs
from tenantsync.identity.caller import Role
from tenantsync.services import services
from tenantsync.web import Call, Reply, answer, cacheable_reply, json_reply

blueprint = func.Blueprint()


@blueprint.route(route="msp-portal/tenants/{tenantId}/sync-status", methods=["GET"])
def sync_status(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _status)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/tenants/{tenantId}/runs", methods=["GET"])
def run_list(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _runs)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


def _status(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.READ)
    params = call.request.params
    status = read_status(call.request.route_params["tenantId"], params.get("runId", ""), caller, services())
    return cacheable_reply(call, status, VOLATILE, poll_headers(status))


def _runs(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.READ)
    return json_reply(list_runs(call.request.route_params["tenantId"], call.request.params, caller, services()))
