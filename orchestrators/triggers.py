"""The orchestration triggers."""

import azure.durable_functions as df

from orchestrators import plans

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context")
def onboard_tenant(context: df.DurableOrchestrationContext):
    return (yield from plans.onboard_tenant(context))


@blueprint.orchestration_trigger(context_name="context")
def sync_resource(context: df.DurableOrchestrationContext):
    return (yield from plans.sync_resource(context))
