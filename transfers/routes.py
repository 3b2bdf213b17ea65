"""The HTTP triggers of transfers."""

import azure.functions as func

from tenantsync.identity.caller import Role
from tenantsync.services import services
from tenantsync.web import Call, Reply, answer, json_reply
from transfers.handler import accept_transfer, end_transfer, list_transfers, offer_transfer

blueprint = func.Blueprint()


@blueprint.route(route="msp-portal/tenants/{tenantId}/transfer", methods=["POST"])
def transfer_offer(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _offer)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/transfers", methods=["GET"])
def transfer_list(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _list)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/transfers/{transferId}/accept", methods=["POST"])
def transfer_accept(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _accept)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/transfers/{transferId}", methods=["DELETE"])
def transfer_end(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _end)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


def _offer(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT, Role.SUPPORT)
    route = call.request.route_params
    return json_reply(offer_transfer(route["tenantId"], call.json_object(), caller, services()), 201)


def _list(call: Call) -> Reply:
    return json_reply(list_transfers(call.caller(services().callers, Role.READ), services()))


def _accept(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT)
    route = call.request.route_params
    return json_reply(accept_transfer(route["transferId"], call.json_object(), caller, services()))


def _end(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT, Role.SUPPORT)
    return json_reply(end_transfer(call.request.route_params["transferId"], caller, services()))
