"""The HTTP trigger of health."""

import azure.functions as func

from ops.handler import read_health
from tenantsync.web import answer

blueprint = func.Blueprint()


@blueprint.route(route="health", methods=["GET"])
def health(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, lambda _: read_health())
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)
