"""The HTTP triggers of health and of what operations see and do."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import azure.durable_functions as df
import azure.functions as func

from ops.actions import purge, retry_resource, terminate
from ops.draining import change_drain, show_drain
from ops.handler import read_health
from ops.health import read_parts
from ops.history import read_history
from ops.runs import list_runs, show_run
from ops.throttling import show_throttling
from tenantsync.identity.caller import Caller, Role
from tenantsync.orchestrations import DurableOrchestrations
from tenantsync.services import services
from tenantsync.web import Call, Reply, answer, json_reply

blueprint = df.Blueprint()


@blueprint.route(route="health", methods=["GET"])
def health(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, lambda _: read_health())
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="ops/runs", methods=["GET"])
def ops_runs(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, lambda call: json_reply(list_runs(call.request.params, _ops(call), services())))
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="ops/runs/{runId}", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
async def ops_run(req: func.HttpRequest, client: str) -> func.HttpResponse:
    return await _about_run(req, client, lambda _, *about: show_run(*about))


@blueprint.route(route="ops/runs/{runId}/history", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
async def ops_run_history(req: func.HttpRequest, client: str) -> func.HttpResponse:
    return await _about_run(req, client, _history)


@blueprint.route(route="ops/runs/{runId}/terminate", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
async def ops_run_terminate(req: func.HttpRequest, client: str) -> func.HttpResponse:
    return await _about_run(req, client, lambda _, *about: terminate(*about), status=202)


@blueprint.route(route="ops/runs/{runId}/purge", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
async def ops_run_purge(req: func.HttpRequest, client: str) -> func.HttpResponse:
    return await _about_run(req, client, lambda _, *about: purge(*about))


@blueprint.route(route="ops/runs/{runId}/resources/{resource}/retry", methods=["POST"])
@blueprint.durable_client_input(client_name="client")
async def ops_resource_retry(req: func.HttpRequest, client: str) -> func.HttpResponse:
    return await _about_run(req, client, _retry, status=202)


@blueprint.route(route="ops/drain", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
async def ops_drain(req: func.HttpRequest, client: str) -> func.HttpResponse:
    return await _with_durable(req, client, show_drain)


@blueprint.route(route="ops/drain", methods=["PUT"])
@blueprint.durable_client_input(client_name="client")
async def ops_drain_begin(req: func.HttpRequest, client: str) -> func.HttpResponse:
    return await _with_durable(req, client, partial(change_drain, is_paused=True))


@blueprint.route(route="ops/drain", methods=["DELETE"])
@blueprint.durable_client_input(client_name="client")
async def ops_drain_end(req: func.HttpRequest, client: str) -> func.HttpResponse:
    return await _with_durable(req, client, partial(change_drain, is_paused=False))


@blueprint.route(route="ops/throttling", methods=["GET"])
def ops_throttling(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, lambda call: json_reply(show_throttling(call.request.params, _ops(call), services())))
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


@blueprint.route(route="ops/health", methods=["GET"])
@blueprint.durable_client_input(client_name="client")
async def ops_health(req: func.HttpRequest, client: str) -> func.HttpResponse:
    return await _with_durable(req, client, read_parts)


async def _with_durable(
    req: func.HttpRequest, client: str, use_case: Callable[..., dict[str, Any]]
) -> func.HttpResponse:
    work = DurableOrchestrations(client)
    reply = await asyncio.to_thread(answer, req, lambda call: json_reply(use_case(_ops(call), services(), work)))
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


def _ops(call: Call) -> Caller:
    return call.caller(services().callers, Role.OPS)


async def _about_run(
    req: func.HttpRequest, client: str, use_case: Callable[..., dict[str, Any]], status: int = 200
) -> func.HttpResponse:
    work = DurableOrchestrations(client)

    def act(call: Call) -> Reply:
        caller = _ops(call)
        return json_reply(use_case(call, call.request.route_params["runId"], caller, services(), work), status)

    reply = await asyncio.to_thread(answer, req, act)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


def _history(call: Call, run_id: str, *more: Any) -> dict[str, Any]:
    return read_history(run_id, call.request.params.get("instance", ""), *more)


def _retry(call: Call, run_id: str, *more: Any) -> dict[str, Any]:
    return retry_resource(run_id, call.request.route_params["resource"], *more)
