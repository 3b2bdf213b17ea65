"""The HTTP triggers of GDAP relationships."""

import asyncio

import azure.durable_functions as df
import azure.functions as func

from relationships.handler import ask_relationship, end_relationship, extend_relationship
from relationships.listing import list_relationships, list_templates, show_relationship
from tenantsync.identity.caller import Role
from tenantsync.orchestrations import DurableOrchestrations
from tenantsync.partner.watches import start_watches
from tenantsync.services import services
from tenantsync.web import Call, Reply, answer, json_reply

blueprint = df.Blueprint()


@blueprint.route(route="msp-portal/relationships", methods=["GET"])
def relationship_list(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _list)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/relationships", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
async def relationship_ask(req: func.HttpRequest, client: str) -> func.HttpResponse:
    work = DurableOrchestrations(client)
    reply = await asyncio.to_thread(answer, req, lambda call: _ask(call, work))
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/relationships/templates", methods=["GET"])
def relationship_templates(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _templates)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/relationships/{relationshipId}", methods=["GET"])
def relationship_show(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _show)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/relationships/{relationshipId}", methods=["DELETE"])
def relationship_end(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _end)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/relationships/{relationshipId}/extend", methods=["POST"])
def relationship_extend(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _extend)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


def _list(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.READ)
    return json_reply(list_relationships(call.request.params, caller, services()))


def _ask(call: Call, work: DurableOrchestrations) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT)
    asked = ask_relationship(call.json_object(), caller, services())
    start_watches(services(), work)
    return json_reply(asked, 201)


def _templates(call: Call) -> Reply:
    call.caller(services().callers, Role.READ)
    return json_reply(list_templates())


def _show(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.READ)
    return json_reply(show_relationship(call.request.route_params["relationshipId"], caller, services()))


def _extend(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT)
    relationship_id = call.request.route_params["relationshipId"]
    return json_reply(extend_relationship(relationship_id, call.json_object(), caller, services()))


def _end(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT)
    return json_reply(end_relationship(call.request.route_params["relationshipId"], caller, services()), 202)
