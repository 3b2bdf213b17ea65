"""The HTTP triggers of the callback. They await the Durable client, so the blocking use case runs in a thread."""

import asyncio

import azure.durable_functions as df
import azure.functions as func

from callback.handler import receive_forwarded, receive_redirect, show_error
from tenantsync.identity.caller import Role
from tenantsync.identity.consent import CallbackFields
from tenantsync.orchestrations import DurableOrchestrations, Orchestrations
from tenantsync.services import services
from tenantsync.web import Call, Reply, answer

blueprint = df.Blueprint()


@blueprint.route(route="msp-portal/tenants/callback", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
async def consent_redirect(req: func.HttpRequest, client: str) -> func.HttpResponse:
    orchestrations = DurableOrchestrations(client)
    reply = await asyncio.to_thread(answer, req, lambda call: _redirect(call, orchestrations), _crashed)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="msp-portal/tenants/callback", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
async def consent_forwarded(req: func.HttpRequest, client: str) -> func.HttpResponse:
    orchestrations = DurableOrchestrations(client)
    reply = await asyncio.to_thread(answer, req, lambda call: _forward(call, orchestrations))
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


def _redirect(call: Call, orchestrations: Orchestrations) -> Reply:
    return receive_redirect(CallbackFields.parse(call.request.params), services(), orchestrations)


def _crashed() -> Reply:
    return show_error(services().settings.portal_url)


def _forward(call: Call, orchestrations: Orchestrations) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT)
    return receive_forwarded(CallbackFields.parse(call.text_fields()), caller, services(), orchestrations)
