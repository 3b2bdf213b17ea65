"""The timer triggers. The host runs each on one instance at a time; all may be missed or repeated without harm."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import azure.durable_functions as df
import azure.functions as func

from tenantsync import logs
from tenantsync.clock import to_rfc3339
from tenantsync.company_syncing import start_due_company_syncs
from tenantsync.errors import TenantSyncError
from tenantsync.handover import finish_handovers
from tenantsync.orchestrations import DurableOrchestrations
from tenantsync.partner.watches import mend_watches, start_watches
from tenantsync.runs.filling import fill_lists
from tenantsync.runs.syncing import start_due
from tenantsync.runs.watchdog import watch_runs
from tenantsync.services import services
from tenantsync.tickets import deliver_ticket_notes
from tenantsync.wire import WATCH_CONSENTS, consent_watch_instance_id

KEPT_LINKS: Final = timedelta(days=30)
"""So long a link that has expired is told apart from one that never was."""

blueprint = df.Blueprint()


@blueprint.timer_trigger(arg_name="timer", schedule="0 * * * * *")
def deliver_notifications(timer: func.TimerRequest) -> None:
    try:
        services().notifier.deliver_due()
    except TenantSyncError as failure:  # the next minute tries again
        logs.event("notifications_delayed", problem=failure.code)


@blueprint.timer_trigger(arg_name="timer", schedule="40 * * * * *")
def write_ticket_notes(timer: func.TimerRequest) -> None:
    try:
        deliver_ticket_notes(services())
    except TenantSyncError as failure:  # the next minute tries again
        logs.event("ticket_notes_delayed", problem=failure.code)


@blueprint.timer_trigger(arg_name="timer", schedule="0 47 3 * * *")
def forget_old_links_daily(timer: func.TimerRequest) -> None:
    now = services().clock.now()
    try:
        forgotten = services().callback_states.purge(to_rfc3339(now - KEPT_LINKS))
    except TenantSyncError as failure:  # the next day tries again
        logs.event("old_links_kept", problem=failure.code)
    else:
        logs.event("old_links_forgotten", count=forgotten)


@blueprint.timer_trigger(arg_name="timer", schedule="0 17 3 * * *")
@blueprint.durable_client_input(client_name="client")
async def watch_consents_daily(timer: func.TimerRequest, client: str) -> None:
    work = DurableOrchestrations(client)
    await asyncio.to_thread(_watch, work, services().clock.now())


@blueprint.timer_trigger(arg_name="timer", schedule="0 */5 * * * *")
@blueprint.durable_client_input(client_name="client")
async def resume_runs(timer: func.TimerRequest, client: str) -> None:
    work = DurableOrchestrations(client)
    await asyncio.to_thread(_resume, work)


@blueprint.timer_trigger(arg_name="timer", schedule="30 */10 * * * *")
@blueprint.durable_client_input(client_name="client")
async def start_due_syncs(timer: func.TimerRequest, client: str) -> None:
    work = DurableOrchestrations(client)
    await asyncio.to_thread(_start_due, work)


@blueprint.timer_trigger(arg_name="timer", schedule="15 */5 * * * *")
@blueprint.durable_client_input(client_name="client")
async def start_company_syncs(timer: func.TimerRequest, client: str) -> None:
    work = DurableOrchestrations(client)
    await asyncio.to_thread(_start_company_syncs, work)


@blueprint.timer_trigger(arg_name="timer", schedule="20 * * * * *")
@blueprint.durable_client_input(client_name="client")
async def watch_new_relationships(timer: func.TimerRequest, client: str) -> None:
    work = DurableOrchestrations(client)
    await asyncio.to_thread(_watch_new, work)


def _start_due(work: DurableOrchestrations) -> None:
    try:
        start_due(services(), work)
    except TenantSyncError as failure:  # the next pass goes on
        logs.event("syncs_not_started", problem=failure.code)


def _start_company_syncs(work: DurableOrchestrations) -> None:
    try:
        start_due_company_syncs(services(), work)
    except TenantSyncError as failure:  # the next pass goes on
        logs.event("company_syncs_not_started", problem=failure.code)


def _watch_new(work: DurableOrchestrations) -> None:
    try:
        start_watches(services(), work)
    except TenantSyncError as failure:  # the next minute tries again
        logs.event("relationships_not_watched", problem=failure.code)


def _resume(work: DurableOrchestrations) -> None:
    try:
        watch_runs(services(), work)
        finish_handovers(services())
        fill_lists(services())
    except TenantSyncError as failure:  # five minutes later it is tried again
        logs.event("runs_not_watched", problem=failure.code)


def _watch(work: DurableOrchestrations, now: datetime) -> None:
    work.start(WATCH_CONSENTS, consent_watch_instance_id(now.date().isoformat()), {"cursor": ""})
    try:
        mend_watches(services(), work)
    except TenantSyncError as failure:  # the next day tries again
        logs.event("relationships_not_watched", problem=failure.code)
