"""The HTTP trigger of the audit trail."""

import azure.functions as func

from audit_trail.handler import read_audit
from tenantsync.identity.caller import Role
from tenantsync.services import services
from tenantsync.web import Call, Reply, answer, json_reply

blueprint = func.Blueprint()


@blueprint.route(route="msp-portal/audit", methods=["GET"])
def audit(req: func.HttpRequest) -> func.HttpResponse:
    reply = answer(req, _read)
    return func.HttpResponse(reply.body, status_code=reply.status, headers=reply.headers)


def _read(call: Call) -> Reply:
    caller = call.caller(services().callers, Role.CONNECT, Role.SUPPORT, Role.OPS)
    return json_reply(read_audit(call.request.params, caller, services()))
