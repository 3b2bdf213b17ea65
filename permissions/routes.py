"""The HTTP triggers of a tenant's permissions."""

import azure.functions as func

from permissions.asking import ask_permissions, go_read_only
from permissions.ledger import show_permissions
from tenantsync.identity.caller import Role
from tenantsync.services import services
from tenantsync.web import Call, Reply, answer, json_reply

blueprint = func.Blueprint()


@blueprint.route(route="msp-portal/tenants/{tenantId}/permissions", methods=["GET"])
def permissions_show(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _show)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/tenants/{tenantId}/permissions", methods=["POST"])
def permissions_ask(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _ask)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/tenants/{tenantId}/permissions", methods=["DELETE"])
def permissions_drop(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _drop)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


def _show(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.READ)
    return json_reply(show_permissions(call.request.route_params["tenantId"], caller, services()))


def _ask(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT)
    asked = ask_permissions(call.request.route_params["tenantId"], call.json_object(), caller, services())
    return json_reply(asked, 201 if asked["authUrl"] else 200)


def _drop(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT)
    return json_reply(go_read_only(call.request.route_params["tenantId"], caller, services()))
