"""The HTTP triggers of PSA connections."""

import asyncio

import azure.durable_functions as df
import azure.functions as func

from psa_connections.handler import connect_psa, disconnect_psa, list_psas, show_psa
from psa_connections.syncing import VOLATILE, poll_headers, rehearse_sync, show_sync, start_sync
from tenantsync.identity.caller import Role
from tenantsync.orchestrations import DurableOrchestrations
from tenantsync.services import services
from tenantsync.web import Call, Reply, answer, cacheable_reply, json_reply

blueprint = df.Blueprint()


@blueprint.route(route="msp-portal/psa", methods=["GET"])
def psa_list(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _list)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/psa/{provider}", methods=["GET"])
def psa_show(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _show)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/psa/{provider}", methods=["PUT"])
def psa_connect(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _connect)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/psa/{provider}", methods=["DELETE"])
def psa_disconnect(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _disconnect)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/psa/{provider}/test", methods=["POST"])
def psa_test(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _test)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/psa/{provider}/sync", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
async def psa_sync(req: func.HttpRequest, client: str) -> func.HttpResponse:
    work = DurableOrchestrations(client)
    reply = await asyncio.to_thread(answer, req, lambda call: _sync(call, work))
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/psa/{provider}/sync-status", methods=["GET"])
def psa_sync_status(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _status)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


def _list(call: Call) -> Reply:
    return json_reply(list_psas(call.caller(services().callers, Role.READ), services()))


def _show(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.READ)
    return json_reply(show_psa(call.request.route_params["provider"], caller, services()))


def _connect(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT)
    return json_reply(connect_psa(call.request.route_params["provider"], call.json_object(), caller, services()))


def _disconnect(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT)
    disconnect_psa(call.request.route_params["provider"], caller, services())
    return Reply(204)


def _test(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT)
    body = call.json_object() if call.request.get_body() else {}
    provider = call.request.route_params["provider"]
    return json_reply(rehearse_sync(provider, body, caller, services()))


def _sync(call: Call, work: DurableOrchestrations) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT)
    route, params = call.request.route_params, call.request.params
    return json_reply(start_sync(route["provider"], params, caller, services(), work), 202)


def _status(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.READ)
    status = show_sync(call.request.route_params["provider"], caller, services())
    return cacheable_reply(call, status, VOLATILE, poll_headers(status))
