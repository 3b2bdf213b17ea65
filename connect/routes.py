"""The HTTP triggers of connect, and of the look before it."""

import asyncio

import azure.durable_functions as df
import azure.functions as func

from connect.handler import start_connection
from connect.looking import look_at_tenant
from connect.request import parse_connect_request, parse_preflight_request
from tenantsync.identity.caller import Role
from tenantsync.orchestrations import DurableOrchestrations
from tenantsync.partner.watches import start_watches
from tenantsync.services import services
from tenantsync.web import Call, Reply, answer, json_reply

blueprint = df.Blueprint()


@blueprint.route(route="msp-portal/tenants/connect", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
async def connect_tenant(req: func.HttpRequest, client: str) -> func.HttpResponse:
    work = DurableOrchestrations(client)
    reply = await asyncio.to_thread(answer, req, lambda call: _connect(call, work))
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/tenants/preflight", methods=["GET"])
def tenant_preflight(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _look)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


def _connect(call: Call, work: DurableOrchestrations) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT)
    request = parse_connect_request(call.json_object(), services().settings)
    connected = start_connection(request, caller, services())
    if request.gdap:
        start_watches(services(), work)
    return json_reply(connected, 201)


def _look(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT)
    request = parse_preflight_request(call.request.params, services().settings)
    return json_reply(look_at_tenant(request, caller, services()))
