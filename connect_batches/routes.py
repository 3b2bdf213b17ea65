"""The HTTP triggers of lists of tenants."""

import asyncio

import azure.durable_functions as df
import azure.functions as func

from connect_batches.handler import list_batches, send_batch, show_batch
from connect_batches.request import parse_key
from tenantsync.identity.caller import Role
from tenantsync.orchestrations import DurableOrchestrations
from tenantsync.partner.customers import gdap_customers
from tenantsync.services import services
from tenantsync.web import Call, Reply, answer, json_reply

blueprint = df.Blueprint()


@blueprint.route(route="msp-portal/tenants/connect-batches", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
async def batch_send(req: func.HttpRequest, client: str) -> func.HttpResponse:
    work = DurableOrchestrations(client)
    reply = await asyncio.to_thread(answer, req, lambda call: _send(call, work))
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/tenants/connect-batches", methods=["GET"])
def batch_list(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _list)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/tenants/connect-batches/{batchId}", methods=["GET"])
def batch_show(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _show)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


def _send(call: Call, work: DurableOrchestrations) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT)
    body, key = call.json_object(), parse_key(call.request.headers)
    return json_reply(send_batch(body, key, caller, services(), work, gdap_customers), 202)


def _list(call: Call) -> Reply:
    return json_reply(list_batches(call.caller(services().callers, Role.READ), services()))


def _show(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.READ)
    return json_reply(show_batch(call.request.route_params["batchId"], call.request.params, caller, services()))
