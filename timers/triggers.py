"""The timer triggers. The host runs each on one instance at a time; both may be missed or repeated without harm."""

import asyncio
from datetime import datetime

import azure.durable_functions as df
import azure.functions as func

from tenantsync import logs
from tenantsync.errors import TenantSyncError
from tenantsync.orchestrations import DurableOrchestrations
from tenantsync.services import services
from tenantsync.wire import WATCH_CONSENTS, consent_watch_instance_id

blueprint = df.Blueprint()


@blueprint.timer_trigger(arg_name="timer", schedule="0 * * * * *")
def deliver_notifications(timer: func.TimerRequest) -> None:
    try:
        services().notifier.deliver_due()
    except TenantSyncError as failure:  # the next minute tries again
        logs.event("notifications_delayed", problem=failure.code)


@blueprint.timer_trigger(arg_name="timer", schedule="0 17 3 * * *")
@blueprint.durable_client_input(client_name="client")
async def watch_consents_daily(timer: func.TimerRequest, client: str) -> None:
    work = DurableOrchestrations(client)
    await asyncio.to_thread(_watch, work, services().clock.now())


def _watch(work: DurableOrchestrations, now: datetime) -> None:
    work.start(WATCH_CONSENTS, consent_watch_instance_id(now.date().isoformat()), {"cursor": ""})
