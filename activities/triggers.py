"""The activity triggers. Their inputs and outputs are kept in histories: ids, counts and codes only."""

import azure.durable_functions as df

from activities.edge import enveloped
from activities.finish_run import finish_run as finish
from activities.plan_sync import plan_sync as plan
from activities.sync_slice import sync_slice as move_on
from activities.verify_consent import verify_consent as verify
from tenantsync.services import services

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="job")
def verify_consent(job: dict) -> dict:
    return enveloped(lambda: verify(job["runId"], job["attempt"], services()))


@blueprint.activity_trigger(input_name="job")
def plan_sync(job: dict) -> dict:
    return enveloped(lambda: plan(job["runId"], services()))


@blueprint.activity_trigger(input_name="job")
def sync_slice(job: dict) -> dict:
    return enveloped(lambda: move_on(job["runId"], job["resource"], services()))


@blueprint.activity_trigger(input_name="job")
def finish_run(job: dict) -> dict:
    return enveloped(
        lambda: finish(job["runId"], services(), problem=job.get("problem"), force=job.get("force", False))
    )
