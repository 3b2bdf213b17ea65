"""The HTTP triggers of legacy DAP."""

import asyncio

import azure.durable_functions as df
import azure.functions as func

from dap.listing import list_legacy
from dap.moving import show_move, start_move
from tenantsync.identity.caller import Role
from tenantsync.orchestrations import DurableOrchestrations
from tenantsync.services import services
from tenantsync.web import Call, Reply, answer, json_reply

blueprint = df.Blueprint()


@blueprint.route(route="msp-portal/dap", methods=["GET"])
def dap_list(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _list)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/dap/moves", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
async def dap_move(req: func.HttpRequest, client: str) -> func.HttpResponse:
    work = DurableOrchestrations(client)
    reply = await asyncio.to_thread(answer, req, lambda call: _move(call, work))
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/dap/moves/{moveId}", methods=["GET"])
def dap_move_show(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _show)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


def _list(call: Call) -> Reply:
    return json_reply(list_legacy(call.caller(services().callers, Role.READ), services()))


def _move(call: Call, work: DurableOrchestrations) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT)
    begun = start_move(call.json_object(), caller, services(), work)
    return json_reply(begun, 202 if begun["moveId"] else 200)


def _show(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.READ)
    return json_reply(show_move(call.request.route_params["moveId"], caller, services()))
