"""The plans of delegated administration: how a GDAP relationship is watched, how customers are moved from DAP."""

from tenantsync.wire import CHECK_RELATIONSHIP, MOVE_TENANT

from orchestrators import policy
from orchestrators.context import Context, Plan, attempt, wait


def watch_relationship(context: Context) -> Plan:
    """Input `{"mspId", "tenantId", "key"}`: looks, and waits as the look says, from the request to the end.

    It may take years. A look that fails decides nothing: the permission in the MSP's tenant may come back.
    """
    job = context.get_input()
    for _ in range(policy.LOOKS_A_GENERATION):
        outcome = yield from attempt(context.call_activity(CHECK_RELATIONSHIP, job))
        if outcome.get("ended"):
            return {"ok": True}
        yield from wait(context, outcome.get("delaySeconds", policy.FAILED_LOOK_SECONDS))
    context.continue_as_new(job)
    return None


def move_to_gdap(context: Context) -> Plan:
    """Input `{"mspId", "moveId", "after"}`: one customer after the other, in the order of their tenant ids."""
    job = context.get_input()
    for _ in range(policy.SLICES_A_GENERATION):
        outcome = yield from attempt(context.call_activity(MOVE_TENANT, job))
        if outcome.get("ended"):
            return {"ok": True}
        if outcome["ok"]:
            job = {**job, "after": outcome["after"], "lost": 0}
        else:
            job = {**job, "lost": job.get("lost", 0) + 1, "code": outcome["code"]}
            yield from wait(context, policy.FAILED_MOVE_SECONDS)
    context.continue_as_new(job)
    return None
