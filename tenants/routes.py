"""The HTTP triggers of an MSP's tenants."""

import asyncio

import azure.durable_functions as df
import azure.functions as func

from tenants.inventory import read_inventory
from tenants.life import cancel, disconnect
from tenants.listing import change_tenant, list_tenants, show_tenant
from tenantsync.identity.caller import Role
from tenantsync.orchestrations import DurableOrchestrations
from tenantsync.runs.resyncing import resync, retry
from tenantsync.services import services
from tenantsync.web import Call, Reply, answer, json_reply

blueprint = df.Blueprint()


@blueprint.route(route="msp-portal/tenants", methods=["GET"])
def tenant_list(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _list)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/tenants/{tenantId}", methods=["GET"])
def tenant_details(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _show)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/tenants/{tenantId}", methods=["PATCH"])
def tenant_change(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _change)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/tenants/{tenantId}", methods=["DELETE"])
@blueprint.durable_client_input(client_name="client")
async def tenant_disconnect(req: func.HttpRequest, client: str) -> func.HttpResponse:
    work = DurableOrchestrations(client)
    reply = await asyncio.to_thread(answer, req, lambda call: _act(call, disconnect, work))
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/tenants/{tenantId}/resync", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
async def tenant_resync(req: func.HttpRequest, client: str) -> func.HttpResponse:
    work = DurableOrchestrations(client)
    reply = await asyncio.to_thread(answer, req, lambda call: _act(call, _resync_as_asked(call), work))
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/tenants/{tenantId}/resources/{resource}/retry", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
async def resource_retry(req: func.HttpRequest, client: str) -> func.HttpResponse:
    work = DurableOrchestrations(client)
    reply = await asyncio.to_thread(answer, req, lambda call: _act(call, _retry_as_asked(call), work))
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/tenants/{tenantId}/cancel", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
async def tenant_cancel(req: func.HttpRequest, client: str) -> func.HttpResponse:
    work = DurableOrchestrations(client)
    reply = await asyncio.to_thread(answer, req, lambda call: _act(call, _cancel_as_asked(call), work))
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/tenants/{tenantId}/inventory/{resource}", methods=["GET"])
def tenant_inventory(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _inventory)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


def _list(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.READ)
    return json_reply(list_tenants(call.request.params, caller, services()))


def _show(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.READ)
    return json_reply(show_tenant(call.request.route_params["tenantId"], caller, services()))


def _change(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT)
    return json_reply(change_tenant(call.request.route_params["tenantId"], call.json_object(), caller, services()))


def _resync_as_asked(call: Call):
    return lambda tenant_id, *more: resync(tenant_id, call.request.params.get("kind", ""), *more)


def _retry_as_asked(call: Call):
    return lambda tenant_id, *more: retry(tenant_id, call.request.route_params["resource"], *more)


def _cancel_as_asked(call: Call):
    return lambda tenant_id, *more: cancel(tenant_id, call.request.params.get("runId", ""), *more)


def _act(call: Call, use_case, work: DurableOrchestrations) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT)
    return json_reply(use_case(call.request.route_params["tenantId"], caller, services(), work), 202)


def _inventory(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.READ)
    route, params = call.request.route_params, call.request.params
    return json_reply(read_inventory(route["tenantId"], route["resource"], params, caller, services()))
