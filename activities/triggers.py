"""The activity triggers. Their inputs and outputs are kept in histories: ids, counts and codes only."""

import azure.durable_functions as df

from activities.admit_run import admit_run as admit
from activities.check_consent import check_consent as check
from activities.check_consent import list_tenants as list_watched
from activities.check_grant import check_grant as look
from activities.edge import enveloped
from activities.finish_run import finish_run as finish
from activities.plan_sync import plan_sync as plan
from activities.remove_inventory import remove_inventory as remove
from activities.sync_companies import sync_company_slice as move_companies_on
from activities.sync_slice import sync_slice as move_on
from activities.verify_consent import verify_consent as verify
from tenantsync.company_syncing import keep_unplaced
from tenantsync.services import services

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="job")
def verify_consent(job: dict) -> dict:
    return enveloped(job, lambda: verify(job["runId"], job["attempt"], services()))


@blueprint.activity_trigger(input_name="job")
def plan_sync(job: dict) -> dict:
    return enveloped(job, lambda: plan(job["runId"], services()))


@blueprint.activity_trigger(input_name="job")
def admit_run(job: dict) -> dict:
    return enveloped(job, lambda: admit(job["runId"], services()))


@blueprint.activity_trigger(input_name="job")
def sync_slice(job: dict) -> dict:
    return enveloped(job, lambda: move_on(job["runId"], job["resource"], services()))


@blueprint.activity_trigger(input_name="job")
def finish_run(job: dict) -> dict:
    return enveloped(
        job, lambda: finish(job["runId"], services(), problem=job.get("problem"), force=job.get("force", False))
    )


@blueprint.activity_trigger(input_name="job")
def remove_inventory(job: dict) -> dict:
    return enveloped(job, lambda: remove(job["mspId"], job["tenantId"], job["connectionId"], services()))


@blueprint.activity_trigger(input_name="job")
def list_tenants(job: dict) -> dict:
    return enveloped(job, lambda: list_watched(job["cursor"], services()))


@blueprint.activity_trigger(input_name="job")
def check_consent(job: dict) -> dict:
    return enveloped(job, lambda: check(job["mspId"], job["tenantId"], services()))


@blueprint.activity_trigger(input_name="job")
def check_grant(job: dict) -> dict:
    return enveloped(job, lambda: look(job, job["attempt"], services()))


@blueprint.activity_trigger(input_name="job")
def sync_company_slice(job: dict) -> dict:
    return enveloped(
        job, lambda: move_companies_on(job["mspId"], job["provider"], job["number"], services(), keep_unplaced)
    )
