"""The HTTP triggers of the notification address."""

import azure.functions as func

from tenantsync.identity.caller import Role
from tenantsync.services import services
from tenantsync.web import Call, Reply, answer, json_reply
from webhooks.handler import remove_webhook, set_webhook, show_webhook

blueprint = func.Blueprint()


@blueprint.route(route="msp-portal/webhook", methods=["GET"])
def webhook_show(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _show)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/webhook", methods=["PUT"])
def webhook_set(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _set)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/webhook", methods=["DELETE"])
def webhook_remove(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _remove)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


def _show(call: Call) -> Reply:
    return json_reply(show_webhook(call.caller(services().callers, Role.CONNECT), services()))


def _set(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT)
    return json_reply(set_webhook(call.json_object(), caller, services()))


def _remove(call: Call) -> Reply:
    remove_webhook(call.caller(services().callers, Role.CONNECT), services())
    return Reply(204)
