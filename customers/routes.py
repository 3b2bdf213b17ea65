"""The HTTP triggers of an MSP's customers."""

import azure.functions as func

from customers.handler import change_customer, create_customer, remove_customer
from customers.showing import describe, find_customer, list_customers, tag_of
from customers.suggestions import decide_suggestion, list_suggestions
from tenantsync.identity.caller import Role
from tenantsync.services import services
from tenantsync.web import Call, Reply, answer, json_reply

blueprint = func.Blueprint()


@blueprint.route(route="msp-portal/customers", methods=["GET"])
def customer_list(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _list)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/customers", methods=["POST"])
def customer_create(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _create)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/customers/{customerId}", methods=["GET"])
def customer_details(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _show)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/customers/{customerId}", methods=["PATCH"])
def customer_change(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _change)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/customers/{customerId}", methods=["DELETE"])
def customer_remove(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _remove)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/customers/suggestions", methods=["GET"])
def suggestion_list(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _suggestions)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/customers/suggestions/{suggestionId}", methods=["POST"])
def suggestion_decide(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _decide)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


def _list(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.READ)
    return json_reply(list_customers(call.request.params, caller, services()))


def _create(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT)
    customer, shown = create_customer(call.json_object(), caller, services())
    return json_reply(shown, 201, {"ETag": tag_of(customer)})


def _show(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.READ)
    customer = find_customer(call.request.route_params["customerId"], caller, services())
    return json_reply(describe(customer, services()), headers={"ETag": tag_of(customer)})


def _change(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT)
    route, if_match = call.request.route_params, call.request.headers.get("if-match", "")
    customer, shown = change_customer(route["customerId"], call.json_object(), if_match, caller, services())
    return json_reply(shown, headers={"ETag": tag_of(customer)})


def _remove(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT)
    remove_customer(call.request.route_params["customerId"], caller, services())
    return Reply(204)


def _suggestions(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.READ)
    return json_reply(list_suggestions(call.request.params, caller, services()))


def _decide(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT)
    route = call.request.route_params
    return json_reply(decide_suggestion(route["suggestionId"], call.json_object(), caller, services()))
