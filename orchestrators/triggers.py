"""The orchestration triggers."""

import azure.durable_functions as df

from orchestrators import lanes, partner_plans, plans
from orchestrators.context import correlated

blueprint = df.Blueprint()


@blueprint.orchestration_trigger(context_name="context")
def onboard_tenant(context: df.DurableOrchestrationContext):
    return (yield from plans.onboard_tenant(correlated(context)))


@blueprint.orchestration_trigger(context_name="context")
def sync_resource(context: df.DurableOrchestrationContext):
    return (yield from lanes.sync_resource(correlated(context)))


@blueprint.orchestration_trigger(context_name="context")
def disconnect_tenant(context: df.DurableOrchestrationContext):
    return (yield from plans.disconnect_tenant(correlated(context)))


@blueprint.orchestration_trigger(context_name="context")
def watch_consents(context: df.DurableOrchestrationContext):
    return (yield from plans.watch_consents(correlated(context)))


@blueprint.orchestration_trigger(context_name="context")
def verify_grant(context: df.DurableOrchestrationContext):
    return (yield from plans.verify_grant(correlated(context)))


@blueprint.orchestration_trigger(context_name="context")
def sync_companies(context: df.DurableOrchestrationContext):
    return (yield from plans.sync_companies(correlated(context)))


@blueprint.orchestration_trigger(context_name="context")
def connect_batch(context: df.DurableOrchestrationContext):
    return (yield from plans.connect_batch(correlated(context)))


@blueprint.orchestration_trigger(context_name="context")
def watch_relationship(context: df.DurableOrchestrationContext):
    return (yield from partner_plans.watch_relationship(correlated(context)))


@blueprint.orchestration_trigger(context_name="context")
def move_to_gdap(context: df.DurableOrchestrationContext):
    return (yield from partner_plans.move_to_gdap(correlated(context)))
