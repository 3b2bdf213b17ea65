"""The orchestration triggers."""

import azure.durable_functions as df

from orchestrators import partner_plans, plans

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context")
def onboard_tenant(context: df.DurableOrchestrationContext):
    return (yield from plans.onboard_tenant(context))


@blueprint.orchestration_trigger(context_name="context")
def sync_resource(context: df.DurableOrchestrationContext):
    return (yield from plans.sync_resource(context))


@blueprint.orchestration_trigger(context_name="context")
def disconnect_tenant(context: df.DurableOrchestrationContext):
    return (yield from plans.disconnect_tenant(context))


@blueprint.orchestration_trigger(context_name="context")
def watch_consents(context: df.DurableOrchestrationContext):
    return (yield from plans.watch_consents(context))


@blueprint.orchestration_trigger(context_name="context")
def verify_grant(context: df.DurableOrchestrationContext):
    return (yield from plans.verify_grant(context))


@blueprint.orchestration_trigger(context_name="context")
def sync_companies(context: df.DurableOrchestrationContext):
    return (yield from plans.sync_companies(context))


@blueprint.orchestration_trigger(context_name="context")
def connect_batch(context: df.DurableOrchestrationContext):
    return (yield from plans.connect_batch(context))


@blueprint.orchestration_trigger(context_name="context")
def watch_relationship(context: df.DurableOrchestrationContext):
    return (yield from partner_plans.watch_relationship(context))


@blueprint.orchestration_trigger(context_name="context")
def move_to_gdap(context: df.DurableOrchestrationContext):
    return (yield from partner_plans.move_to_gdap(context))
