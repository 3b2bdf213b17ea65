"""Starts a run's orchestration from a worker thread, once: the run's id is the orchestration's."""

import asyncio
from typing import Any, Final

from callback.outcome import StartRun
from tenantsync.errors import TransientError
from tenantsync.store.runs import Run
from tenantsync.wire import ONBOARD_TENANT

_TIMEOUT_SECONDS: Final = 60


def run_starter(client: Any) -> StartRun:
    """A StartRun for use in a thread while the event loop of the Durable client runs on."""
    loop = asyncio.get_running_loop()

    def start(run: Run) -> None:
        asyncio.run_coroutine_threadsafe(_start_once(client, run), loop).result(_TIMEOUT_SECONDS)

    return start


async def _start_once(client: Any, run: Run) -> None:
    """An ended instance would be started anew by `start_new`, so existing in any state is enough to leave it alone."""
    if await client.get_status(run.run_id):
        return
    job = {"runId": run.run_id, "tenantId": run.tenant_id}
    try:
        await client.start_new(ONBOARD_TENANT, run.run_id, job)
    except Exception as error:  # the SDK raises nothing narrower, neither for "exists" nor for "host is away"
        if not await client.get_status(run.run_id):
            raise TransientError("service_unavailable", "the orchestration could not be started") from error
