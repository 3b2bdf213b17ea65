"""The activity triggers. Their inputs and outputs are kept in histories: ids, counts and codes only."""

import azure.durable_functions as df

from activities.admit_run import admit_run as admit
from activities.check_consent import check_consent as check
from activities.check_consent import list_tenants as list_watched
from activities.check_grant import check_grant as look
from activities.check_relationship import check_relationship as look_at_relationship
from activities.connect_items import connect_items as connect_some
from activities.edge import enveloped
from activities.finish_run import finish_run as finish
from activities.move_tenant import move_tenant as move_next
from activities.plan_sync import plan_sync as plan
from activities.remove_inventory import remove_inventory as remove
from activities.sync_companies import sync_company_slice as move_companies_on
from activities.sync_slice import sync_slice as move_on
from activities.verify_consent import verify_consent as verify
from tenantsync.matching.companies import place_companies
from tenantsync.services import services
from tenantsync.wire import (
    ADMIT_RUN,
    CHECK_CONSENT,
    CHECK_GRANT,
    CHECK_RELATIONSHIP,
    CONNECT_ITEMS,
    FINISH_RUN,
    LIST_TENANTS,
    MOVE_TENANT,
    PLAN_SYNC,
    REMOVE_INVENTORY,
    SYNC_COMPANY_SLICE,
    SYNC_SLICE,
    VERIFY_CONSENT,
)

blueprint = df.Blueprint()


@blueprint.activity_trigger(input_name="job")
def verify_consent(job: dict) -> dict:
    return enveloped(VERIFY_CONSENT, job, lambda: verify(job["runId"], job["attempt"], services()))


@blueprint.activity_trigger(input_name="job")
def plan_sync(job: dict) -> dict:
    return enveloped(PLAN_SYNC, job, lambda: plan(job["runId"], services()))


@blueprint.activity_trigger(input_name="job")
def admit_run(job: dict) -> dict:
    return enveloped(ADMIT_RUN, job, lambda: admit(job["runId"], services()))


@blueprint.activity_trigger(input_name="job")
def sync_slice(job: dict) -> dict:
    return enveloped(SYNC_SLICE, job, lambda: move_on(job["runId"], job["resource"], services()))


@blueprint.activity_trigger(input_name="job")
def finish_run(job: dict) -> dict:
    return enveloped(
        FINISH_RUN,
        job,
        lambda: finish(job["runId"], services(), problem=job.get("problem"), force=job.get("force", False)),
    )


@blueprint.activity_trigger(input_name="job")
def remove_inventory(job: dict) -> dict:
    return enveloped(
        REMOVE_INVENTORY, job, lambda: remove(job["mspId"], job["tenantId"], job["connectionId"], services())
    )


@blueprint.activity_trigger(input_name="job")
def list_tenants(job: dict) -> dict:
    return enveloped(LIST_TENANTS, job, lambda: list_watched(job["cursor"], services()))


@blueprint.activity_trigger(input_name="job")
def check_consent(job: dict) -> dict:
    return enveloped(CHECK_CONSENT, job, lambda: check(job["mspId"], job["tenantId"], services()))


@blueprint.activity_trigger(input_name="job")
def check_grant(job: dict) -> dict:
    return enveloped(CHECK_GRANT, job, lambda: look(job, job["attempt"], services()))


@blueprint.activity_trigger(input_name="job")
def sync_company_slice(job: dict) -> dict:
    return enveloped(
        SYNC_COMPANY_SLICE,
        job,
        lambda: move_companies_on(job["mspId"], job["provider"], job["number"], services(), place_companies),
    )


@blueprint.activity_trigger(input_name="job")
def connect_items(job: dict) -> dict:
    return enveloped(CONNECT_ITEMS, job, lambda: connect_some(job["mspId"], job["batchId"], services()))


@blueprint.activity_trigger(input_name="job")
def check_relationship(job: dict) -> dict:
    return enveloped(CHECK_RELATIONSHIP, job, lambda: look_at_relationship(job, services()))


@blueprint.activity_trigger(input_name="job")
def move_tenant(job: dict) -> dict:
    return enveloped(MOVE_TENANT, job, lambda: move_next(job, services()))
